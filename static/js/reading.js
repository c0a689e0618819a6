/** Moves this person's read pointer: only past what has been in sight in a focused tab. */

import { Lost } from "./socket.js";

const PAUSE_MS = 200;
const PEEK_PX = 24;

export class Reading {
  #timer = null;
  #marked = 0;

  constructor({ room, lastRead, socket, timeline, unread, changed, life }) {
    Object.assign(this, { room, socket, timeline, unread, changed, life });
    this.#marked = lastRead;
    for (const name of ["focus", "pageshow"]) addEventListener(name, () => this.check(), { signal: life });
    document.addEventListener("visibilitychange", () => this.check(), { signal: life });
    life.addEventListener("abort", () => clearTimeout(this.#timer));
    timeline.scroller.on("moved", () => this.check());
    timeline.on("changed", () => this.check());
    socket.on("ready", () => this.check(), life);
    socket.on("read.marked", (frame) => frame.room === room && this.#heard(frame.last_read), life);
  }

  get isWatched() {
    return document.visibilityState === "visible" && document.hasFocus();
  }

  check() {
    if (this.life.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#mark(), PAUSE_MS);
  }

  #heard(lastRead) {
    this.#marked = lastRead;
  }

  async #mark() {
    const seen = this.isWatched && this.socket.isReady ? this.#lastSeen() : 0;
    if (seen <= this.#marked) return;
    const before = this.#marked;
    this.#marked = seen;
    try {
      const answer = await this.socket.request({ type: "read.mark", room: this.room, message: seen });
      this.unread.marked(this.room, { ...answer, last_read: seen });
      if (answer.unread === 0) this.timeline.markRead();
      this.changed();
    } catch (problem) {
      // Not marked: whatever is seen next, or the next hello, tries again.
      if (problem instanceof Lost || ["unavailable", "rate_limited"].includes(problem.code)) this.#marked = before;
    }
  }

  /** The id of the newest message whose beginning is in sight. */
  #lastSeen() {
    const edge = this.timeline.scroller.box.getBoundingClientRect().bottom - PEEK_PX;
    const rows = [...this.timeline.rows].reverse();
    const row = rows.find((each) => each.getBoundingClientRect().top < edge);
    return row ? Number(row.dataset.messageId) : 0;
  }
}
