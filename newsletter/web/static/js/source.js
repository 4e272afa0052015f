// The source of an issue: a plain textarea over a layer that shows the same lines with their numbers, which of
// them are in the edition beside it, and which a finding points at. Without this module the textarea stands alone.

const HEADING = /^(#{1,6}\s+)(.*?)(\s*\{[^{}]*\})?\s*$/;
const FIELD = /^(\*\*[^*]+?(?::\*\*|\*\*:))(.*)$/;
const QUIET_LINE = /^(---\s*|:{3,}.*|<!--.*)$/;
const LINK_TARGET = /(\]\([^)\s]*\))/;

export class Source {
  constructor(textarea, layer) {
    this.textarea = textarea;
    this.layer = layer;
    this.lines = [];
    this.marks = { ranges: [], wrong: [] };
    textarea.closest(".src").classList.add("layered");
    textarea.addEventListener("input", () => this.paint());
    document.addEventListener("selectionchange", () => {
      if (document.activeElement === textarea) this.showCaret();
    });
    this.paint();
  }

  get text() {
    return this.textarea.value;
  }

  // Write anew only the lines between the first and the last that changed.
  paint() {
    const lines = this.text.split("\n");
    let top = 0;
    while (top < lines.length && top < this.lines.length && lines[top] === this.lines[top]) top += 1;
    let end = lines.length;
    let oldEnd = this.lines.length;
    while (end > top && oldEnd > top && lines[end - 1] === this.lines[oldEnd - 1]) {
      end -= 1;
      oldEnd -= 1;
    }
    for (let at = oldEnd - 1; at >= top; at -= 1) this.layer.children[at].remove();
    const fresh = document.createDocumentFragment();
    for (const line of lines.slice(top, end)) fresh.append(lineElement(line));
    this.layer.insertBefore(fresh, this.layer.children[top] ?? null);
    this.lines = lines;
    this.applyMarks();
    this.showCaret();
  }

  // `ranges`: [first line, last line, is in this edition]; `wrong`: lines that a blocking finding names.
  setMarks(marks) {
    this.marks = marks;
    this.applyMarks();
  }

  applyMarks() {
    const state = new Array(this.lines.length).fill("");
    for (const [first, last, isIn] of this.marks.ranges) {
      for (let line = first; line <= Math.min(last, state.length); line += 1) state[line - 1] = isIn ? "in" : "no";
    }
    const wrong = new Set(this.marks.wrong);
    Array.from(this.layer.children).forEach((element, at) => {
      element.classList.toggle("in", state[at] === "in");
      element.classList.toggle("no", state[at] === "no");
      element.classList.toggle("wrong", wrong.has(at + 1));
    });
  }

  get caretLine() {
    return this.text.slice(0, this.textarea.selectionStart).split("\n").length;
  }

  showCaret() {
    this.current?.classList.remove("cur");
    this.current = this.layer.children[this.caretLine - 1];
    this.current?.classList.add("cur");
  }

  goTo(line) {
    const at = this.lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    this.textarea.focus({ preventScroll: true });
    this.textarea.setSelectionRange(at, at);
    this.layer.children[line - 1]?.scrollIntoView({ block: "center" });
    this.showCaret();
  }

  // Put `text` in the place of all of it, as one step that the browser's own undo can take back.
  replace(text) {
    const old = this.text;
    let top = 0;
    while (top < text.length && top < old.length && text[top] === old[top]) top += 1;
    let end = text.length;
    let oldEnd = old.length;
    while (end > top && oldEnd > top && text[end - 1] === old[oldEnd - 1]) {
      end -= 1;
      oldEnd -= 1;
    }
    this.textarea.focus({ preventScroll: true });
    this.textarea.setSelectionRange(top, oldEnd);
    this.insert(text.slice(top, end));
  }

  insert(words) {
    this.textarea.focus({ preventScroll: true });
    const kind = words ? "insertText" : "delete";
    if (!document.execCommand(kind, false, words)) {
      this.textarea.setRangeText(words);
      this.textarea.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
}

function lineElement(line) {
  const element = document.createElement("div");
  element.className = "l";
  const heading = HEADING.exec(line);
  const field = FIELD.exec(line);
  if (heading) {
    element.classList.add("h");
    element.append(heading[1], ...withQuietLinks(line.slice(heading[1].length, line.length - tail(line, heading))));
    if (tail(line, heading)) element.append(span("at", line.slice(line.length - tail(line, heading))));
  } else if (field) {
    element.append(span("q", field[1]), ...withQuietLinks(field[2]));
  } else if (QUIET_LINE.test(line)) {
    element.append(span("q", line));
  } else {
    element.append(...withQuietLinks(line));
  }
  return element;
}

function tail(line, heading) {
  return heading[3] ? line.length - line.lastIndexOf(heading[3].trim()) : 0;
}

function withQuietLinks(words) {
  return words.split(LINK_TARGET).map((part, at) => (at % 2 ? span("q", part) : part));
}

function span(name, words) {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = words;
  return element;
}
