/** Under the box: in how many seconds what was said goes, where the room or the site lets nobody write faster. */

import { text } from "./page.js";

const TICK_MS = 1_000;
const WORTH_SAYING_MS = 1_500;

export class Slowness {
  #timer = null;
  #until = 0;

  constructor(place, { room, sender, life }) {
    this.place = place;
    sender.on("told-to-wait", (wait) => wait.room === room && this.#begin(wait.until), life);
    sender.on("stored", ({ entry }) => entry.room === room && this.#end(), life);
    life.addEventListener("abort", () => this.#end());
  }

  #begin(until) {
    this.#end();
    if (until - Date.now() < WORTH_SAYING_MS) return;
    this.#until = until;
    this.#timer = setInterval(() => this.#draw(), TICK_MS);
    this.#draw();
  }

  #draw() {
    const count = Math.ceil((this.#until - Date.now()) / 1000);
    if (count <= 0) this.#end();
    else this.place.textContent = text("goes_in", { count });
  }

  #end() {
    clearInterval(this.#timer);
    this.place.textContent = "";
  }
}
