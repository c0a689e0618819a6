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

/** How many characters `box` still takes, shown in `place` when they run short. Gives the number, negative when over. */
export function showLeft(place, box, limit) {
  const left = limit - lengthOf(box.value);
  place.textContent = left < TELL_LEFT ? text(left < 0 ? "over" : "left", { count: Math.abs(left) }) : "";
  place.classList.toggle("is-over", left < 0);
  if (left < 0) box.setAttribute("aria-invalid", "true");
  else box.removeAttribute("aria-invalid");
  return left;
}

/** Signals: "say" (a body), "typed", "edit-last". */
export class Composer extends Signals {
  #draftTimer = null;
  #noteTimer = null;
  #standing = ""; // what is said below the box for as long as it is true

  constructor(form, { room, limit, store, life }) {
    super();
    Object.assign(this, { form, room, limit, store });
    this.box = form.elements.namedItem("body");
    this.count = document.getElementById("composer-count");
    this.state = document.getElementById("composer-state");
    this.#restore();
    this.#listen(life);
    this.#changed();
  }

  /** What was half-written here, unless the server gave words back. After a crash the disk knows better. */
  async #restore() {
    if (this.box.value) return;
    const words = this.store.draft(this.room);
    this.box.value = words;
    const later = await this.store.laterDraft(this.room);
    if (later === null || this.box.value !== words) return;
    this.box.value = later;
    this.#changed();
  }

  /** Another tab wrote on, or sent it: what stands here untouched is no longer the draft. */
  #follow(words, before) {
    const isInUse = document.hasFocus() && document.activeElement === this.box;
    if (isInUse || this.box.value !== before) return;
    this.box.value = words;
    this.#changed();
  }

  focus() {
    this.box.focus({ preventScroll: true });
  }

  /** Say something below the box for a while. */
  note(words) {
    this.#tell(words);
    this.#noteTimer = setTimeout(() => this.#tell(this.#standing), NOTE_MS);
  }

  /** Anew, even if it is the same again: so it is read out again. */
  #tell(words) {
    clearTimeout(this.#noteTimer);
    this.state.textContent = "";
    if (words) requestAnimationFrame(() => (this.state.textContent = words));
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
    this.store.onDraft(this.room, (words, before) => this.#follow(words, before), life);
  }

  #pressed(event) {
    const isBare = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey && !event.isComposing;
    if (event.key === "ArrowUp" && isBare && this.box.value === "") {
      event.preventDefault();
      return this.emit("edit-last");
    }
    if (keyAsks(event, isTouch()) !== "send") return undefined;
    event.preventDefault();
    return this.#say();
  }

  #say() {
    const body = this.box.value;
    const over = lengthOf(body) - this.limit;
    this.focus();
    if (over > 0) this.note(text("shorten", { count: over }));
    if (body.trim() === "" || over > 0) return;
    this.box.value = "";
    this.emit("say", body); // first: from here on the words are in the outbox's care
    this.#keepDraft();
    this.#changed();
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
    const left = showLeft(this.count, this.box, this.limit);
    const words = left < 0 ? text("too_long") : "";
    if (words !== this.#standing) this.#tell((this.#standing = words));
    this.state.classList.toggle("is-wrong", left < 0);
  }

  #keepDraft() {
    clearTimeout(this.#draftTimer);
    this.store.setDraft(this.room, this.box.value);
  }
}
