// The seconds in which a launch can be taken back, counted in the toast and in the page's title. The server says
// when they end, so a reload or another tab counts to the same moment.

const toast = document.querySelector("[data-leaves-in-ms]");
if (toast) {
  const end = performance.now() + Number(toast.dataset.leavesInMs);
  const seconds = toast.querySelector(".secs");
  toast.querySelector(".go").style.setProperty("--left", `${toast.dataset.leavesInMs}ms`);
  const title = document.title;
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    seconds.textContent = `in ${left} s`;
    document.title = `${left} s · ${title}`;
    if (left > 0) setTimeout(tick, 250);
    else setTimeout(() => location.reload(), 1000);
  };
  tick();
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches?.("input, textarea, select");
    if (event.key === "z" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      toast.querySelector("form").requestSubmit();
    }
  });
}
