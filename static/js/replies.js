/** Who waits for which answer of the server: commands by their ref. */

import { Refused } from "./http.js";

export class Replies {
  #awaited = new Map();
  #lastRef = 0;
  #since = 0;

  /** A ref no other command has, and the promise of its reply frame: Refused when that is an error. */
  expect() {
    const ref = String(++this.#lastRef);
    if (this.#awaited.size === 0) this.#since = Date.now();
    return { ref, reply: new Promise((resolve, reject) => this.#awaited.set(ref, { resolve, reject })) };
  }

  /** Since when somebody waits. */
  get since() {
    return this.#awaited.size ? this.#since : Infinity;
  }

  settle(frame) {
    const waiting = this.#awaited.get(frame.ref);
    if (!waiting) return;
    this.#awaited.delete(frame.ref);
    if (frame.type === "error") waiting.reject(new Refused(frame));
    else waiting.resolve(frame);
  }

  /** None of them will come: `problem` for all. */
  lose(problem) {
    const lost = [...this.#awaited.values()];
    this.#awaited.clear();
    for (const { reject } of lost) reject(problem);
  }
}
