// A link marked data-drawer opens its page as a dialog beside the one that is there. Without this module, or when
// anything goes wrong, it is a link like any other.

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-drawer]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  if (await mayLeave(link)) open(link.href);
});

// Whoever has words that are not saved yet may ask for a moment (see compose.js).
async function mayLeave(link) {
  const asked = new CustomEvent("drawer:open", { cancelable: true, detail: { waits: [] } });
  link.dispatchEvent(Object.assign(asked, {}));
  document.dispatchEvent(asked);
  const answers = await Promise.all(asked.detail.waits);
  return answers.every(Boolean);
}

async function open(href) {
  try {
    const answer = await fetch(href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const drawer = page.querySelector(".drawer");
    if (!answer.ok || answer.redirected || !drawer) throw new Error("no drawer");
    show(document.importNode(drawer, true));
  } catch {
    location.assign(href);
  }
}

function show(drawer) {
  const dialog = document.createElement("dialog");
  dialog.className = "drawer-dialog";
  dialog.setAttribute("aria-labelledby", "drawer-title");
  dialog.append(drawer);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest(".shut")) {
      event.preventDefault();
      dialog.close();
    }
  });
  dialog.showModal();
  dialog.dispatchEvent(new CustomEvent("drawer:shown", { bubbles: true }));
}
