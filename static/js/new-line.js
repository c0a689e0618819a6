/** The line before the first unread message: stays while one reads, and moves when there is something new again. */

import { element } from "./dom.js";
import { nextMessage, previousMessage } from "./dresser.js";
import { startOf } from "./sight.js";

export class NewLine {
  #after; // the last message above the line; null: nowhere
  #isRead = false;

  /** `after` is what had been read of the room when it was opened, null when that was all of it. */
  constructor(timeline, { me, words, after }) {
    Object.assign(this, { timeline, me, words });
    this.#after = after;
    timeline.on("changed", () => this.#draw());
  }

  /** Messages from `id` on came while nobody looked. A line that is still unread stays where it is. */
  markOnce(id) {
    if (this.#after === null || this.#isRead) this.mark(id - 1);
  }

  /** Everything after message `after` is unread. */
  mark(after) {
    this.#after = after;
    this.#isRead = false;
    this.timeline.scroller.keep(() => {
      this.#erase();
      this.#draw();
    });
  }

  /** All is read: the line stays, but the next unread message may take it over. */
  read() {
    this.#isRead = true;
    if (!this.#line) this.#after = null;
    this.#line?.classList.add("is-read");
  }

  get #line() {
    return this.timeline.list.querySelector(":scope > .new-line");
  }

  #erase() {
    const line = this.#line;
    if (!line) return;
    const row = nextMessage(line);
    line.remove();
    if (row) this.timeline.dresser.row(row);
  }

  /** Rows that came or went may have taken it with them, or brought its place. */
  #draw() {
    const row = this.#after === null || this.#line ? null : this.#place();
    if (!row) return;
    const state = this.#isRead ? "new-line is-read" : "new-line";
    this.timeline.scroller.keep(() => {
      row.before(element("li", { class: state }, element("span", {}, this.words)));
      this.timeline.dresser.row(row);
    });
  }

  /** The first row of somebody else behind the boundary; none when what lies before the boundary is not loaded. */
  #place() {
    const { rows, window: loaded } = this.timeline;
    let row = rows[startOf(rows, (each) => Number(each.dataset.messageId) > this.#after)] ?? null;
    if (!row || !(loaded.atStart || previousMessage(row))) return null;
    while (row && Number(row.dataset.authorId) === this.me) row = nextMessage(row);
    return row;
  }
}
