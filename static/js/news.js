/** The button to the newest message: says how many have come, or that what is on screen is further back. */

import { text } from "./page.js";

const FAR = 2; // screens

export class NewsButton {
  #count = 0;

  /** `pressed` is called when the reader goes there by it. */
  constructor(button, { timeline, history, scroller, pressed }) {
    Object.assign(this, { button, timeline, history, scroller });
    this.label = button.querySelector("span") ?? button;
    button.addEventListener("click", () => {
      pressed();
      this.toEnd();
    });
    scroller.on("moved", () => this.#draw());
    this.#draw();
  }

  add(count) {
    this.#count += count;
    if (count) this.#draw();
  }

  /** To the newest message, wherever the reader is in the room. */
  async toEnd() {
    if (this.timeline.window.atEnd) this.scroller.toEnd();
    else await this.history.openEnd().catch(() => {});
    this.#draw();
  }

  get #isAtEnd() {
    return this.timeline.window.atEnd && this.scroller.isFollowing;
  }

  get #isFar() {
    const { box, distanceToEnd } = this.scroller;
    return !this.timeline.window.atEnd || distanceToEnd > FAR * box.clientHeight;
  }

  #draw() {
    if (this.#isAtEnd) this.#count = 0;
    this.button.hidden = this.#count === 0 && (this.#isAtEnd || !this.#isFar);
    this.button.classList.toggle("has-news", this.#count > 0);
    if (this.button.hidden) return;
    this.label.textContent = this.#count ? text("new_messages", { count: this.#count }) : text("newest");
  }
}
