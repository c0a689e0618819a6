/** Older and newer pages of the room as the reader nears an edge, and the list loaded afresh. */

import { getList } from "./http.js";
import { listNumbers } from "./page.js";

const PAGE = 50;
const SLOW_MS = 200;
const AGAIN_MS = 2_000;

export class History {
  #isOpen = false;
  #isAsked = false;
  #restUntil = 0;
  #turn = Promise.resolve();

  /** `url` answers with pieces of the history: /rooms/<slug>/messages/; `newest` gives the room's last message. */
  constructor({ url, timeline, scroller, newest, life }) {
    Object.assign(this, { url, timeline, scroller, newest, life });
    scroller.on("moved", () => this.#look());
    timeline.on("changed", () => this.check());
  }

  /** Load what is missing within one and a half screens of where the reader is; looked at once a frame. */
  check() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#look();
    });
  }

  /**
   * Show the rows that `where` ("around=…", "since=…") names in place of the present ones, unless `signal` is aborted
   * meanwhile. Gives their numbers.
   */
  open(where, signal = this.life) {
    const show = (list) => {
      this.scroller.leaveEnd();
      this.timeline.replaceList(list);
      return listNumbers(list);
    };
    return this.#request(where, show, signal);
  }

  /** Load the newest messages, and follow them. */
  async openEnd() {
    const newest = this.newest();
    const numbers = await this.open(newest ? `around=${newest}` : "");
    this.scroller.toEnd();
    return numbers;
  }

  #look() {
    const { window: loaded, scroller } = this.timeline;
    if (this.life.aborted || this.#isOpen || loaded.isEmpty || Date.now() < this.#restUntil) return;
    const reach = scroller.box.clientHeight * 1.5;
    if (!loaded.atStart && scroller.box.scrollTop < reach) this.#load(true);
    else if (!loaded.atEnd && scroller.distanceToEnd < reach) this.#load(false);
  }

  async #load(isOlder) {
    const edgeOf = ({ first, last }) => (isOlder ? first : last);
    const edge = edgeOf(this.timeline.window);
    const add = (list) => {
      // Rows may have been dropped there meanwhile: then the page does not join on any more.
      if (edgeOf(this.timeline.window) === edge) this.timeline.addPage(isOlder, list);
    };
    try {
      await this.#request(`${isOlder ? "before" : "after"}=${edge}`, add);
      this.check(); // one screen may need more than one page
    } catch {
      this.#restUntil = Date.now() + AGAIN_MS;
      setTimeout(() => this.check(), AGAIN_MS);
    }
  }

  /** One request at a time: what its answer means depends on the rows that are there when it comes. */
  #request(where, apply, signal = this.life) {
    const answered = this.#turn.then(() => this.#ask(where, apply, signal));
    this.#turn = answered.catch(() => {});
    return answered;
  }

  async #ask(where, apply, signal) {
    signal.throwIfAborted();
    const slow = setTimeout(() => this.#tellWaiting(true), SLOW_MS);
    this.#isOpen = true;
    this.timeline.openRequest();
    try {
      const list = await getList(`${this.url}?${where}&limit=${PAGE}`, signal);
      this.life.throwIfAborted();
      return apply(list);
    } finally {
      this.#isOpen = false;
      this.timeline.closeRequest();
      clearTimeout(slow);
      this.#tellWaiting(false);
    }
  }

  #tellWaiting(isWaiting) {
    this.scroller.box.classList.toggle("is-loading", isWaiting);
    this.scroller.box.ariaBusy = String(isWaiting);
  }
}
