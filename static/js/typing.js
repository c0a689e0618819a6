/** Who is typing: told at most once in 3 s, shown for 5 s. */

import { text } from "./page.js";

const TELL_MS = 3_000;
const SHOW_MS = 5_000;
const NAME = 24; // characters, so that a long one leaves room for what is said of it

export class Typing {
  #told = 0;
  #timers = new Map();
  #names = new Map();

  constructor(place, { room, socket, nameOf, life }) {
    Object.assign(this, { place, room, socket, nameOf });
    socket.on("typing", (frame) => frame.room === room && this.#heard(frame.user), life);
    socket.on("down", () => this.#forgetAll(), life);
    life.addEventListener("abort", () => this.#forgetAll());
  }

  tell(now = Date.now()) {
    if (now - this.#told < TELL_MS) return;
    this.#told = now;
    this.socket.tell({ type: "typing", room: this.room });
  }

  /** Somebody has said it, or has gone. */
  forget(id) {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    if (this.#names.delete(id)) this.#draw();
  }

  #heard(id) {
    const name = this.nameOf(id);
    if (!name) return;
    clearTimeout(this.#timers.get(id));
    this.#names.set(id, name);
    this.#timers.set(id, setTimeout(() => this.forget(id), SHOW_MS));
    this.#draw();
  }

  #forgetAll() {
    for (const id of [...this.#names.keys()]) this.forget(id);
  }

  #draw() {
    const names = [...this.#names.values()];
    const key = ["", "typing_one", "typing_two"][names.length] ?? "typing_many";
    this.place.textContent = key ? text(key, { name: brief(names[0]), other: brief(names[1] ?? "") }) : "";
  }
}

export function brief(name) {
  const letters = [...name];
  return letters.length > NAME ? `${letters.slice(0, NAME - 1).join("").trimEnd()}…` : name;
}
