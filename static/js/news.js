/** The button that says how many new messages stand below, and goes there. */

import { text } from "./page.js";

export class NewsButton {
  #count = 0;

  constructor(button, { timeline, history, scroller }) {
    Object.assign(this, { button, timeline, history, scroller });
    this.label = button.querySelector("span") ?? button;
    button.addEventListener("click", () => this.toEnd());
    scroller.on("moved", () => this.#draw());
  }

  get isAtEnd() {
    return this.timeline.window.atEnd && this.scroller.isFollowing;
  }

  add(count) {
    this.#count += count;
    this.#draw();
  }

  /** To the newest message, wherever the reader is in the room. */
  async toEnd() {
    if (this.timeline.window.atEnd) this.scroller.toEnd();
    else await this.history.reloadEnd().catch(() => {});
    this.#draw();
  }

  #draw() {
    if (this.isAtEnd) this.#count = 0;
    this.button.hidden = this.#count === 0;
    if (this.#count) this.label.textContent = text("new_messages", { count: this.#count });
  }
}
