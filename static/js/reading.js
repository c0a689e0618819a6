/** Moves this person's read pointer: only past what has been in sight in a focused tab. */

import { previousMessage } from "./dresser.js";
import { lastAbove } from "./sight.js";
import { Lost } from "./socket.js";

const PAUSE_MS = 200;
const BETWEEN_MS = 1_000; // between two marks while messages keep coming
const PEEK_PX = 24;

export class Reading {
  #timer = null;
  #marked = 0;
  #nextAt = 0;
  #isMarking = false;
  #isHeld = false; // marked unread by the reader: nothing is read until he enters again, or acts

  constructor({ room, lastRead, socket, timeline, newLine, unread, changed, life }) {
    Object.assign(this, { room, socket, timeline, newLine, unread, changed, life });
    this.#marked = lastRead;
    for (const name of ["focus", "pageshow"]) addEventListener(name, () => this.check(), { signal: life });
    document.addEventListener("visibilitychange", () => this.check(), { signal: life });
    life.addEventListener("abort", () => clearTimeout(this.#timer));
    timeline.scroller.on("moved", () => this.check());
    timeline.on("changed", () => this.check());
    socket.on("ready", ({ rooms }) => this.#welcomed(rooms.find((entry) => entry.id === room)), life);
    socket.on("read.marked", (frame) => frame.room === room && this.#heard(frame), life);
  }

  get isWatched() {
    const isCovered = this.timeline.list.closest("[inert]") !== null; // by the outline of a room that is on its way
    return document.visibilityState === "visible" && document.hasFocus() && !isCovered;
  }

  check() {
    if (this.#timer || this.#isHeld || this.life.aborted) return;
    this.#timer = setTimeout(() => this.#mark(), Math.max(PAUSE_MS, this.#nextAt - Date.now()));
  }

  /** Everything from `row` on is unread again, in all tabs. Throws when that could not be said. */
  async unreadFrom(row) {
    const before = previousMessage(row);
    if (!before && !this.timeline.window.atStart) throw new Lost(); // what stands before it is on its way
    const message = before ? Number(before.dataset.messageId) : 0;
    this.#isHeld = true;
    try {
      const answer = await this.socket.request({ type: "read.mark", room: this.room, message, back: true });
      this.#hold(message);
      this.unread.marked(this.room, { ...answer, last_read: message });
      this.changed();
    } catch (problem) {
      this.resume();
      throw problem;
    }
  }

  /** The reader has acted: what he sees is read again. */
  resume() {
    this.#isHeld = false;
    this.check();
  }

  #hold(message) {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#isHeld = true;
    this.#marked = message;
    this.newLine.mark(message);
  }

  /** What another tab did while this one was not connected. */
  #welcomed(entry) {
    if (entry) this.#heard(entry);
    this.check();
  }

  /** Another tab has read on, or marked unread what was read: that stays so here too. */
  #heard({ last_read: lastRead, unread }) {
    if (this.#isMarking && lastRead < this.#marked) return; // said before what we are saying
    if (lastRead < this.#marked) this.#hold(lastRead);
    else if (lastRead > this.#marked) this.#isHeld = false;
    this.#marked = lastRead;
    if (unread === 0) this.newLine.read();
  }

  async #mark() {
    this.#timer = null;
    const mayRead = this.isWatched && this.socket.isReady && !this.#isHeld;
    const seen = mayRead ? this.#lastSeen() : 0;
    if (seen <= this.#marked) return;
    const before = this.#marked;
    this.#marked = seen;
    this.#isMarking = true;
    this.#nextAt = Date.now() + BETWEEN_MS;
    try {
      const answer = await this.socket.request({ type: "read.mark", room: this.room, message: seen });
      if (this.#marked !== seen) return;
      this.unread.marked(this.room, { ...answer, last_read: seen });
      if (answer.unread === 0) this.newLine.read();
      this.changed();
    } catch (problem) {
      // Not marked: whatever is seen next, or the next hello, tries again.
      if (problem instanceof Lost || ["unavailable", "rate_limited"].includes(problem.code)) this.#marked = before;
    } finally {
      this.#isMarking = false;
    }
  }

  /** The id of the newest message whose beginning is in sight. */
  #lastSeen() {
    const { rows, scroller } = this.timeline;
    const row = lastAbove(rows, scroller.box.getBoundingClientRect().bottom - PEEK_PX);
    return row ? Number(row.dataset.messageId) : 0;
  }
}
