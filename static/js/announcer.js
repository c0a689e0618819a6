/** Says new messages to screen readers: "Name: text", bursts as one sentence. */

import { inertPage } from "./dom.js";
import { text } from "./page.js";

const PAUSE_MS = 700;
const CALM_MS = 3_000; // after a burst, so that more of it is counted, not said again and again
const SINGLY = 3;
const LENGTH = 200;

export class Announcer {
  #waiting = [];
  #said = [];
  #timer = null;
  #quietUntil = 0;

  constructor(region, life) {
    this.region = region;
    life.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** `entries` are messages as they come over the wire. */
  say(entries) {
    this.#waiting.push(...entries);
    const pause = Math.max(PAUSE_MS, this.#quietUntil - Date.now());
    if (this.#waiting.length) this.#timer ??= setTimeout(() => this.#speak(), pause);
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
    const isBurst = entries.length > SINGLY;
    if (isBurst) this.#quietUntil = Date.now() + CALM_MS;
    this.region.textContent = isBurst ? text("new_messages", { count: entries.length }) : entries.map(lineOf).join("\n");
  }
}

/** As it is read, not as it was typed: without the signs of its markup. */
function lineOf({ author, html, body }) {
  const words = inertPage(html).querySelector(".message-body")?.textContent ?? body;
  return `${author.name}: ${words.trim().slice(0, LENGTH)}`;
}
