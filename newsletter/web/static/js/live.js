// Progress: asks for the page's live part once a second and puts it in place of the old one. Without this module
// the page says the same after a reload.

const EVERY_MS = 1000;
const SPEAK_MS = 5000; // a screen reader hears of it no more often

const live = document.querySelector("[data-live]");
const spoken = document.querySelector("[data-spoken]");
let lastSpoken = 0;

async function ask() {
  try {
    const answer = await fetch(live.dataset.live, { headers: { Accept: "application/json" }, redirect: "error" });
    if (answer.ok) return show(await answer.json());
  } catch {
    document.querySelector("[data-offline]")?.removeAttribute("hidden");
  }
  return wait();
}

function show(told) {
  document.querySelector("[data-offline]")?.setAttribute("hidden", "");
  document.title = told.title;
  if (told.state !== live.dataset.state) return location.replace(told.page); // other buttons, or the report
  live.innerHTML = told.html; // escaped by the server's templates, like the page itself
  if (spoken && performance.now() - lastSpoken > SPEAK_MS) {
    spoken.textContent = told.words;
    lastSpoken = performance.now();
  }
  return wait();
}

function wait() {
  setTimeout(ask, EVERY_MS);
}

if (live) wait();
