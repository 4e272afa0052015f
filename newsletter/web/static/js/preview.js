// The mail beside the source. What it says comes from the server, in a frame that runs no script and has no origin.

import { post, token } from "../forms.js";

const PAUSE_MS = 60;

export class Preview {
  // `place` holds the frames, `choice()` gives what is shown (topics, name, scheme, form) as pairs,
  // `anchor()` the part of the mail to show, `onFacts` gets what the server says about the text.
  constructor({ source, factsUrl, mailUrl, place, choice, anchor, onFacts }) {
    Object.assign(this, { source, factsUrl, mailUrl, place, choice, anchor, onFacts });
    this.count = 0;
    this.shown = this.wanted; // the page came with its mail
    source.textarea.addEventListener("input", () => this.soon());
  }

  get wanted() {
    return JSON.stringify([this.source.text, this.choice()]);
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), PAUSE_MS);
  }

  // Ask once at a time: whatever was typed meanwhile is asked about when the answer is there.
  async refresh() {
    clearTimeout(this.timer);
    if (this.isAsking) {
      this.asksAgain = true;
      return;
    }
    this.isAsking = true;
    this.asksAgain = false;
    const isThere = await this.ask();
    this.isAsking = false;
    this.place.toggleAttribute("aria-busy", !isThere);
    if (this.asksAgain) this.refresh();
  }

  async ask() {
    const data = new FormData();
    for (const [name, value] of [["text", this.source.text], ...this.choice()]) data.append(name, value);
    try {
      if (this.wanted !== this.shown) this.showMail(); // at the same time: the server composes a text once
      const answer = await post(this.factsUrl, data);
      if (answer.ok) this.onFacts(await answer.json());
      return answer.ok;
    } catch {
      return false;
    }
  }

  // Load the mail into a new frame behind the old one and change them when it is there: nothing flashes, and the
  // browser's history gets no entry.
  showMail() {
    this.count += 1;
    this.shown = this.wanted;
    this.next?.remove();
    const frame = this.place.querySelector("iframe").cloneNode();
    frame.removeAttribute("src");
    frame.name = `mail-${this.count}`;
    frame.classList.add("next");
    this.next = frame;
    const form = this.form(frame.name);
    this.place.append(frame, form);
    frame.addEventListener("load", () => this.change(frame)); // only now: appending has already loaded an empty page
    form.submit();
    form.remove();
  }

  change(frame) {
    if (frame !== this.next) return;
    this.next = null;
    for (const old of this.place.querySelectorAll("iframe")) if (old !== frame) old.remove();
    frame.classList.remove("next");
  }

  form(target) {
    const form = document.createElement("form");
    const anchor = this.anchor();
    form.method = "post";
    form.action = anchor ? `${this.mailUrl}#${encodeURIComponent(anchor)}` : this.mailUrl;
    form.target = target;
    form.hidden = true;
    const pairs = [["form_token", token()], ["text", this.source.text], ...this.choice()];
    for (const [name, value] of pairs) {
      const field = document.createElement("textarea");
      field.name = name;
      field.value = value;
      form.append(field);
    }
    return form;
  }
}
