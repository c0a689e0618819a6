/** Goes to a message or a day of the open room where it stands: in the rows that are there, or by one request. */

import { roomAddress } from "./addresses.js";
import { focusRow } from "./focus.js";
import { dayOf } from "./grouping.js";

export class Jump {
  #way = new AbortController(); // of two jumps the later one counts

  constructor({ url, timeline, history, scroller, news, zone, life }) {
    Object.assign(this, { root: url, timeline, history, scroller, news, zone, life });
  }

  /** Stand at what `url` (a URL) names, which then is the page's address; false when it could not be reached so. */
  async to(url) {
    const place = roomAddress(url);
    if (place?.root !== this.root) return false;
    this.#way.abort();
    const { signal } = (this.#way = new AbortController());
    try {
      const row = await this.#find(place, signal);
      if (row && !signal.aborted) this.#arrive(row, place, url);
      return Boolean(row) || signal.aborted;
    } catch {
      return signal.aborted || this.life.aborted;
    }
  }

  /** The row to stand at, loaded if need be; null when there is none. */
  async #find({ message, day }, signal) {
    if (message) return this.#message(message, signal);
    if (day) return this.#day(day, signal);
    await this.news.toEnd();
    return this.timeline.window.atEnd ? this.timeline.last : null;
  }

  async #message(id, signal) {
    if (!this.timeline.find(id)) await this.history.open(`around=${id}`, signal);
    return this.timeline.find(id);
  }

  /** The first message of the day as the reader's clock has it, or of the next one on which somebody spoke. */
  async #day(day, signal) {
    const [year, month, date] = day.split("-").map(Number);
    const row = this.#firstOf(day);
    const isSure = row && (row !== this.timeline.rows[0] || this.timeline.window.atStart);
    if (isSure) return row;
    await this.history.open(`since=${new Date(year, month - 1, date).toISOString()}`, signal);
    return this.#firstOf(day) ?? this.timeline.last;
  }

  #firstOf(day) {
    return [...this.timeline.rows].find((row) => dayOf(Date.parse(row.dataset.time), this.zone) >= day) ?? null;
  }

  #arrive(row, { message, day }, url) {
    if (url.href !== location.href) window.history.pushState(null, "", url);
    if (message) this.#wash(row);
    if (message || day) this.scroller.show(row, message ? "center" : "start");
    focusRow(row);
  }

  #wash(row) {
    for (const linked of this.timeline.list.querySelectorAll(".is-linked")) linked.classList.remove("is-linked");
    row.getBoundingClientRect(); // so that the same row washes again
    row.classList.add("is-linked");
  }
}
