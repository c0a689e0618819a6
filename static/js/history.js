/** Older and newer pages of the room as the reader nears an edge, and the list loaded afresh. */

import { getList } from "./http.js";
import { listNumbers } from "./page.js";

const PAGE = 50;
const SLOW_MS = 200;
const AGAIN_MS = 2_000;

export class History {
  #isOpen = false;
  #restUntil = 0;
  #turn = Promise.resolve();

  /** `url` answers with pieces of the history: /rooms/<slug>/messages/; `newest` gives the room's last message. */
  constructor({ url, timeline, scroller, newest }) {
    Object.assign(this, { url, timeline, scroller, newest });
    scroller.on("moved", () => this.check());
    timeline.on("changed", () => this.check());
  }

  /** Load what is missing within one and a half screens of where the reader is. */
  check() {
    const { window: loaded, scroller } = this.timeline;
    if (this.#isOpen || loaded.isEmpty || Date.now() < this.#restUntil) return;
    const reach = scroller.box.clientHeight * 1.5;
    if (!loaded.atStart && scroller.box.scrollTop < reach) this.#load(true);
    else if (!loaded.atEnd && scroller.distanceToEnd < reach) this.#load(false);
  }

  /** Load the list again at message `id`, and stand there. Gives the new list's numbers. */
  reload(id) {
    return this.#request(id ? `around=${id}` : "", (list) => {
      this.timeline.replaceList(list);
      const row = this.timeline.find(id);
      if (row) this.scroller.show(row);
      return listNumbers(list);
    });
  }

  /** Load the newest messages, and follow them. */
  reloadEnd() {
    return this.reload(this.newest()).then((numbers) => {
      this.scroller.toEnd();
      return numbers;
    });
  }

  async #load(isOlder) {
    const { first, last } = this.timeline.window;
    try {
      await this.#request(isOlder ? `before=${first}` : `after=${last}`, (list) => this.timeline.addPage(isOlder, list));
    } catch {
      this.#restUntil = Date.now() + AGAIN_MS;
    }
    // One screen may need more than one page.
    requestAnimationFrame(() => this.check());
  }

  /** One request at a time: what its answer means depends on the rows that are there when it comes. */
  #request(where, apply) {
    const answered = this.#turn.then(() => this.#ask(where, apply));
    this.#turn = answered.catch(() => {});
    return answered;
  }

  async #ask(where, apply) {
    const slow = setTimeout(() => this.scroller.box.classList.add("is-loading"), SLOW_MS);
    this.#isOpen = true;
    this.timeline.openRequest();
    try {
      return apply(await getList(`${this.url}?${where}&limit=${PAGE}`));
    } finally {
      this.#isOpen = false;
      this.timeline.closeRequest();
      clearTimeout(slow);
      this.scroller.box.classList.remove("is-loading");
    }
  }
}
