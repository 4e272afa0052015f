// Writing an issue: the source, the mail beside it, and what the server says about both.

import { post } from "../forms.js";
import { Preview } from "./preview.js";
import { Saver } from "./saving.js";
import { Source } from "./source.js";

const main = document.querySelector("[data-compose]");
const part = (name) => main.querySelector(`[data-${name}]`);
const choiceForm = part("choice");
for (const plain of main.querySelectorAll("[data-plain]")) plain.hidden = true;

const source = new Source(main.querySelector("textarea"), part("lines"));
let facts = { anchors: [], ranges: [], wrong: [] };

const saver = new Saver({
  source,
  action: main.dataset.save,
  revision: main.querySelector("[name=revision]").value,
  storageKey: main.dataset.key,
  status: part("status"),
  onMet: (met) => showNote(met.html),
  onSaved: (told) => {
    part("title").textContent = told.title;
    document.title = told.title;
  },
});

const preview = new Preview({
  source,
  factsUrl: main.dataset.facts,
  mailUrl: main.dataset.mail,
  place: part("frames"),
  choice: () => [...new FormData(choiceForm)].filter(([name]) => name !== "width"),
  anchor: () => anchorAt(source.caretLine),
  onFacts: (told) => {
    facts = told;
    for (const name of ["outline", "edition", "steps", "inbox"]) fill(part(name), told[name]);
    if (!main.querySelector(".pv-pick").open) fill(part("choices"), told.choices);
    if (!main.querySelector(".pf-all").open) fill(part("findings"), told.findings);
    source.setMarks(told);
    showPlace();
  },
});

// Escaped by the server's templates, like the page itself. What is the same stays, and keeps its focus.
function fill(element, html) {
  if (element.lastHtml !== html) element.innerHTML = html;
  element.lastHtml = html;
}

// The part of the mail that belongs to a line of the source: the last item or section that begins at or above it.
function anchorAt(line) {
  return facts.anchors.filter(([first]) => first <= line).at(-1)?.[1] ?? "";
}

function showPlace() {
  const line = source.caretLine;
  for (const row of part("outline").querySelectorAll("[data-from]")) {
    row.classList.toggle("on", Number(row.dataset.from) <= line && line <= Number(row.dataset.to));
  }
}

function showNote(html) {
  part("notes").innerHTML = html;
}

document.addEventListener("selectionchange", showPlace);

main.addEventListener("click", (event) => {
  const target = event.target.closest("[data-line], [data-pick], [name=move], [data-mine], [data-take], [data-drop]");
  if (!target) return;
  event.preventDefault();
  if (target.dataset.line) source.goTo(Number(target.dataset.line));
  else if (target.dataset.pick !== undefined) pick(target.dataset.pick);
  else if (target.name === "move") move(...target.value.split(" ").map(Number));
  else if (target.dataset.mine) putMine(target.dataset.mine);
  else if (target.hasAttribute("data-take")) takeKept();
  else dropKept();
});

// Show another edition: `query` is what the link would have asked for.
function pick(query) {
  const wanted = new URLSearchParams(query);
  choiceForm.querySelector("[name=show]").value = wanted.get("show") ?? "all";
  choiceForm.querySelector("[name=name]").value = wanted.get("name") ?? "";
  const topics = wanted.getAll("topics");
  for (const box of choiceForm.querySelectorAll("[name=topics]")) box.checked = topics.includes(box.value);
  main.querySelector(".pv-pick").open = false;
  preview.refresh();
}

choiceForm.addEventListener("change", (event) => {
  if (event.target.name === "topics") choiceForm.querySelector("[name=show]").value = "some";
  if (event.target.name !== "width") preview.refresh();
});
choiceForm.addEventListener("submit", (event) => event.preventDefault());

async function move(number, by) {
  const data = new FormData();
  data.append("text", source.text);
  data.append("move", `${number} ${by}`);
  const before = source.text;
  const answer = await post(main.dataset.move, data);
  const told = await answer.json();
  if (!answer.ok) saver.say(told.detail, true);
  else if (source.text === before) source.replace(told.text);
}

// Ours in the place of what somebody else saved; theirs stays as a version.
function putMine(revision) {
  part("notes").replaceChildren();
  saver.goOnFrom(Number(revision));
  saver.save();
}

if (saver.remembered) {
  const note = document.getElementById("kept-words").content.cloneNode(true);
  part("notes").append(note);
}

function takeKept() {
  const kept = saver.remembered;
  part("notes").replaceChildren();
  if (kept) source.replace(kept.text);
}

function dropKept() {
  saver.forget();
  part("notes").replaceChildren();
}

// Pictures: chosen, pasted or dropped; their Markdown goes where the caret is.
const picker = Object.assign(document.createElement("input"), { type: "file", accept: "image/*" });
picker.addEventListener("change", () => upload(picker.files));
part("pictures").addEventListener("click", (event) => {
  event.preventDefault();
  picker.click();
});
for (const name of ["paste", "drop"]) {
  source.textarea.addEventListener(name, (event) => {
    const files = (event.clipboardData ?? event.dataTransfer).files;
    if (!files.length) return;
    event.preventDefault();
    upload(files);
  });
}

async function upload(files) {
  for (const file of files) {
    saver.say(`Taking in ${file.name}`);
    const data = new FormData();
    data.append("file", file);
    const answer = await post(main.dataset.picture, data);
    const told = await answer.json();
    if (answer.ok) source.insert(told.markdown);
    else saver.say(told.detail, true);
  }
  picker.value = "";
}

// Before the drawer opens the text is saved, so that what is reviewed is what was written.
document.addEventListener("drawer:open", (event) => event.detail.waits.push(saver.save()));

document.addEventListener("keydown", (event) => {
  const mod = event.ctrlKey || event.metaKey;
  if (mod && event.key === "s") return act(event, () => saver.save());
  if (mod && event.key === "Enter") return act(event, () => main.querySelector("[data-drawer]").click());
  if (mod && (event.key === "]" || event.key === "[")) {
    const steps = part("steps").querySelectorAll("a");
    return act(event, () => steps[event.key === "]" ? 1 : 0].click());
  }
  if (event.key === "F8") return act(event, () => nextFinding(event.shiftKey ? -1 : 1));
  if (event.altKey && !mod && ["ArrowUp", "ArrowDown"].includes(event.key)) {
    const rows = [...part("outline").querySelectorAll("[data-from]")];
    const number = rows.findIndex((row) => row.classList.contains("on"));
    if (number >= 0) act(event, () => move(number, event.key === "ArrowUp" ? -1 : 1));
  }
});

function act(event, what) {
  event.preventDefault();
  what();
}

function nextFinding(by) {
  const lines = [...new Set([...part("findings").querySelectorAll("li [data-line]")].map((a) => Number(a.dataset.line)))];
  lines.sort((one, other) => one - other);
  const here = source.caretLine;
  const next = by > 0 ? lines.find((line) => line > here) : lines.findLast((line) => line < here);
  if (lines.length) source.goTo(next ?? (by > 0 ? lines[0] : lines.at(-1)));
}

preview.refresh();
