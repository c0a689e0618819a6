/** Says new messages to screen readers: "Name: text", bursts as one sentence. */

import { text } from "./page.js";

const PAUSE_MS = 700;
const SINGLY = 3;
const LENGTH = 200;

export class Announcer {
  #waiting = [];
  #timer = null;

  constructor(region) {
    this.region = region;
  }

  /** `entries` are messages as they come over the wire. */
  say(entries) {
    this.#waiting.push(...entries);
    if (this.#waiting.length) this.#timer ??= setTimeout(() => this.#speak(), PAUSE_MS);
  }

  #speak() {
    const entries = this.#waiting;
    this.#waiting = [];
    this.#timer = null;
    const lines = entries.map(({ author, body }) => `${author.name}: ${body.slice(0, LENGTH)}`);
    this.region.textContent = lines.length > SINGLY ? text("new_messages", { count: lines.length }) : lines.join("\n");
  }
}
