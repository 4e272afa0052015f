// Single keys of the desk, only outside fields: N new issue, / search, G then I P T O S to go to a place.

const PLACES = { i: "issues", p: "people", t: "topics", o: "outbox", s: "settings" };
let going = 0;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, textarea, select")) return;
  const key = event.key.toLowerCase();
  if (performance.now() - going < 1500 && PLACES[key]) return follow(`[data-key="g ${key}"]`, event);
  going = key === "g" ? performance.now() : 0;
  if (key === "n") follow('[data-key="n"]', event);
  if (key === "/") focus('input[type="search"]', event);
});

function follow(selector, event) {
  const target = document.querySelector(selector);
  if (target) {
    event.preventDefault();
    target.click();
  }
}

function focus(selector, event) {
  const field = document.querySelector(selector);
  if (field) {
    event.preventDefault();
    field.focus();
  }
}
