/** The box people write in: keys, growth, the count, the draft. It is never disabled and keeps the focus. */

import { keyAsks, lengthOf } from "./keys.js";
import { text } from "./page.js";
import { Signals } from "./signals.js";

const TELL_LEFT = 500;
const DRAFT_MS = 300;
const NOTE_MS = 5_000;

export const isTouch = () => matchMedia("(hover: none) and (pointer: coarse)").matches;

/** As many lines as the words need, 1 to 10, where the browser cannot size a box by its content itself. */
export function growWith(box) {
  if (CSS.supports("field-sizing", "content")) return;
  box.rows = 1;
  const style = getComputedStyle(box);
  const line = parseFloat(style.lineHeight) || 24;
  const padding = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
  box.rows = Math.min(10, Math.max(1, Math.round((box.scrollHeight - padding) / line)));
}

/** Signals: "say" (a body), "typed", "edit-last". */
export class Composer extends Signals {
  #draftTimer = null;
  #noteTimer = null;

  constructor(form, { room, limit, store, life }) {
    super();
    Object.assign(this, { form, room, limit, store });
    this.box = form.elements.namedItem("body");
    this.count = document.getElementById("composer-count");
    this.state = document.getElementById("composer-state");
    if (!this.box.value) this.box.value = store.draft(room);
    this.#listen(life);
    this.#changed();
  }

  focus() {
    this.box.focus({ preventScroll: true });
  }

  /** Say something below the box for a while. */
  note(words) {
    clearTimeout(this.#noteTimer);
    this.state.textContent = words;
    this.#noteTimer = setTimeout(() => (this.state.textContent = ""), NOTE_MS);
  }

  #listen(life) {
    this.box.addEventListener("keydown", (event) => this.#pressed(event));
    this.box.addEventListener("input", () => this.#typed());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#say();
    });
    // Pressing Send must not take the focus (and on a phone the keyboard) away from the box.
    this.form.querySelector("[type=submit]").addEventListener("pointerdown", (event) => event.preventDefault());
    addEventListener("pagehide", () => this.#keepDraft(), { signal: life });
    life.addEventListener("abort", () => this.#keepDraft());
  }

  #pressed(event) {
    if (event.key === "ArrowUp" && this.box.value === "" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      return this.emit("edit-last");
    }
    if (keyAsks(event, isTouch()) !== "send") return undefined;
    event.preventDefault();
    return this.#say();
  }

  #say() {
    const body = this.box.value;
    this.focus();
    if (body.trim() === "" || lengthOf(body) > this.limit) return;
    this.box.value = "";
    this.#keepDraft();
    this.#changed();
    this.emit("say", body);
  }

  #typed() {
    this.#changed();
    clearTimeout(this.#draftTimer);
    this.#draftTimer = setTimeout(() => this.#keepDraft(), DRAFT_MS);
    if (this.box.value.trim()) this.emit("typed");
  }

  #changed() {
    growWith(this.box);
    this.form.classList.toggle("has-text", this.box.value.trim() !== "");
    const left = this.limit - lengthOf(this.box.value);
    this.count.textContent = left < TELL_LEFT ? text(left < 0 ? "over" : "left", { count: Math.abs(left) }) : "";
    this.count.classList.toggle("is-over", left < 0);
  }

  #keepDraft() {
    clearTimeout(this.#draftTimer);
    this.store.setDraft(this.room, this.box.value);
  }
}
