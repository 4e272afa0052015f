// Autosave: 600 ms after the last key and when the field is left. What is not on the server yet is in this browser.

import { post } from "../forms.js";

const PAUSE_MS = 600;
const AGAIN_MS = 5000;

export class Saver {
  // `status` is where we say how things stand, `onMet` is told when somebody else saved in between.
  constructor({ source, action, revision, storageKey, status, onMet, onSaved }) {
    Object.assign(this, { source, action, revision, storageKey, status, onMet, onSaved });
    this.saved = source.text;
    this.isHeld = false;
    source.textarea.addEventListener("input", () => this.changed());
    source.textarea.addEventListener("blur", () => this.save());
    window.addEventListener("online", () => this.save());
    window.addEventListener("beforeunload", (event) => {
      if (this.source.text !== this.saved) event.preventDefault();
    });
  }

  changed() {
    if (this.source.text === this.saved) this.forget();
    else this.remember();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE_MS);
  }

  // Save now. Resolves to whether the server has what stands in the field.
  async save() {
    clearTimeout(this.timer);
    if (this.isHeld) return false;
    if (this.running) return this.running.then(() => this.save());
    if (this.source.text === this.saved) return true;
    this.running = this.send(this.source.text);
    const isDone = await this.running;
    this.running = null;
    if (isDone && this.source.text !== this.saved) this.changed();
    return isDone && this.source.text === this.saved;
  }

  async send(text) {
    this.say("Saving");
    const data = new FormData();
    data.append("text", text);
    data.append("revision", this.revision);
    try {
      return await this.hear(await post(this.action, data), text);
    } catch {
      this.timer = setTimeout(() => this.save(), AGAIN_MS);
      return this.fail("Not saved: no connection. Your words are kept in this browser.");
    }
  }

  async hear(answer, text) {
    if (answer.status === 401) return this.fail("Not saved: you are signed out. Your words are kept in this browser.");
    const told = await answer.json();
    if (answer.status === 409) {
      this.isHeld = true;
      this.onMet(told);
      return this.fail("Not saved: somebody else saved first. Both texts are kept.");
    }
    if (!answer.ok) return this.fail(`Not saved: ${told.detail} Your words are kept in this browser.`);
    this.saved = text;
    this.revision = told.revision;
    if (this.source.text === text) this.forget();
    this.say(`Saved ${told.at}`);
    this.onSaved?.(told);
    return true;
  }

  // After somebody else's save: go on from theirs, so that the next save puts ours in its place.
  goOnFrom(revision) {
    this.revision = revision;
    this.isHeld = false;
  }

  fail(words) {
    this.say(words, true);
    return false;
  }

  say(words, isBad = false) {
    this.status.textContent = words;
    this.status.classList.toggle("err", isBad);
  }

  remember() {
    try {
      localStorage.setItem(this.storageKey, JSON.stringify({ text: this.source.text, at: Date.now() }));
    } catch {
      this.say("Not saved yet, and this browser keeps nothing: leave the page open.", true);
    }
  }

  forget() {
    localStorage.removeItem(this.storageKey);
  }

  // Words that an earlier visit could not save, or null.
  get remembered() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.storageKey) ?? "null");
      return kept && kept.text !== this.source.text ? kept : null;
    } catch {
      return null;
    }
  }
}
