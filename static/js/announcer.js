/** Says new messages to screen readers: "Name: text", bursts as one sentence. */

import { text } from "./page.js";

const PAUSE_MS = 700;
const SINGLY = 3;
const LENGTH = 200;

export class Announcer {
  #waiting = [];
  #said = [];
  #timer = null;

  constructor(region, life) {
    this.region = region;
    life.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** `entries` are messages as they come over the wire. */
  say(entries) {
    this.#waiting.push(...entries);
    if (this.#waiting.length) this.#timer ??= setTimeout(() => this.#speak(), PAUSE_MS);
  }

  /** Messages that are gone are not said any more, nor do their words stay behind on the page. */
  forget(ids) {
    this.#waiting = this.#waiting.filter(({ id }) => !ids.includes(id));
    if (this.#said.some(({ id }) => ids.includes(id))) this.region.textContent = "";
  }

  #speak() {
    const entries = this.#waiting;
    this.#waiting = [];
    this.#said = entries;
    this.#timer = null;
    const lines = entries.map(({ author, body }) => `${author.name}: ${body.slice(0, LENGTH)}`);
    this.region.textContent = lines.length > SINGLY ? text("new_messages", { count: lines.length }) : lines.join("\n");
  }
}
