/** The message rows of the page, and the only code that puts, replaces or drops them. */

import { isNewer } from "./cursor.js";
import { element, fromServer } from "./dom.js";
import { nextMessage, previousMessage } from "./dresser.js";
import { listNumbers } from "./page.js";
import { Signals } from "./signals.js";
import { MessageWindow, surplus } from "./window.js";

const ROWS = 300;

/** Signals: "replaced" ({old, row}), "changed" (rows came or went). */
export class Timeline extends Signals {
  #held = new Map();
  #aside = null;

  constructor(list, { dresser, scroller }) {
    super();
    Object.assign(this, { list, dresser, scroller });
    this.window = new MessageWindow(listNumbers(list));
  }

  get rows() {
    return this.list.querySelectorAll(":scope > .message");
  }

  find(id) {
    return this.list.querySelector(`:scope > #message-${id}`);
  }

  lastOf(author) {
    const own = this.list.querySelectorAll(`:scope > .message[data-author-id="${author}"]:not(.is-deleted)`);
    return own[own.length - 1] ?? null;
  }

  /** Put a message `{id, seq, html}` as it now is: "placed", "stale", "held" or "outside" the loaded ids. */
  put(entry) {
    const present = this.find(entry.id);
    this.#keepAside(entry);
    if (present && !isNewer(entry.seq, Number(present.dataset.seq))) return "stale";
    if (this.#held.has(entry.id)) {
      this.#held.set(entry.id, entry);
      return "held";
    }
    if (!present && this.window.place(entry.id) === "outside") return "outside";
    const row = fromServer(entry.html);
    this.scroller.keep(() => (present ? this.#replace(present, row) : this.#insert(row, entry.id)));
    this.#changed();
    return "placed";
  }

  /** While a row is being edited, what comes for it waits until `release`. */
  hold(id) {
    this.#held.set(id, null);
  }

  release(id) {
    const entry = this.#held.get(id);
    this.#held.delete(id);
    if (entry) this.put(entry);
  }

  /** From here until the next page or list, changes are remembered: the answer on its way may be older than they are. */
  openRequest() {
    this.#aside ??= new Map();
  }

  /** The request is over; without an answer, what was remembered is not needed. */
  closeRequest() {
    this.#aside = null;
  }

  /** Add an older or a newer page: `list` is the list element of a history answer. */
  addPage(isOlder, list) {
    const page = new MessageWindow(listNumbers(list));
    const rows = [...list.querySelectorAll(":scope > .message")].filter((row) => !this.find(row.dataset.messageId));
    this.scroller.keep(() => {
      if (isOlder) this.list.prepend(...rows);
      else this.list.append(...rows);
      if (isOlder) this.window.extendOlder(page);
      else this.window.extendNewer(page);
      this.#dress(rows);
      this.#trim(isOlder ? "end" : "start");
      this.#applyAside();
      this.#tellEdges();
    });
    this.#changed();
  }

  /** Show another part of the room: `list` takes the place of all rows. */
  replaceList(list) {
    this.scroller.keep(() => {
      const rows = [...list.querySelectorAll(":scope > .message")];
      this.list.replaceChildren(...rows);
      this.window = new MessageWindow(listNumbers(list));
      this.#dress(rows);
      this.#applyAside();
      this.#tellEdges();
    });
    this.#changed();
  }

  /** Draw the "new" line before the row of message `id`; one that is still unread stays where it is. */
  markNewOnce(id, words) {
    const row = this.find(id);
    const line = this.list.querySelector(":scope > .new-line");
    if (!row || (line && !line.classList.contains("is-read"))) return;
    this.scroller.keep(() => {
      line?.remove();
      row.before(element("li", { class: "new-line" }, element("span", {}, words)));
      this.dresser.row(row);
    });
  }

  /** All is read: the line stays while the reader is here, but the next unread message may take it over. */
  markRead() {
    this.list.querySelector(":scope > .new-line")?.classList.add("is-read");
  }

  /** The stylesheet shows the room's beginning, or the way to older and newer pages, by these. */
  #tellEdges() {
    this.list.dataset.atStart = Number(this.window.atStart);
    this.list.dataset.atEnd = Number(this.window.atEnd);
  }

  /** The list carries the window's edges for the styles: what stands before the first message of all. */
  #changed() {
    this.scroller.keep(() => {
      this.list.dataset.atStart = Number(this.window.atStart);
      this.list.dataset.atEnd = Number(this.window.atEnd);
    });
    this.emit("changed");
  }

  #keepAside(entry) {
    const known = this.#aside?.get(entry.id);
    if (this.#aside && isNewer(entry.seq, known?.seq)) this.#aside.set(entry.id, entry);
  }

  #applyAside() {
    const entries = this.#aside ?? new Map();
    this.#aside = null;
    for (const entry of entries.values()) this.put(entry);
  }

  #replace(old, row) {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceWith(row);
    this.dresser.row(row);
    this.emit("replaced", { old, row });
    if (focused) (focused.isConnected ? focused : row.querySelector(".message-link")).focus({ preventScroll: true });
  }

  #insert(row, id) {
    const before = this.#rowAfter(id);
    if (before) before.before(row);
    else this.list.append(row);
    if (!before) this.window.appended(id);
    this.#dress([row]);
    this.#trim(this.scroller.isFollowing ? "start" : "end");
  }

  #rowAfter(id) {
    let after = null;
    let row = this.list.lastElementChild;
    if (row && !row.classList.contains("message")) row = previousMessage(row);
    while (row && Number(row.dataset.messageId) > id) {
      after = row;
      row = previousMessage(row);
    }
    return after;
  }

  #dress(rows) {
    for (const row of rows) this.dresser.row(row);
    const next = rows.length ? nextMessage(rows[rows.length - 1]) : null;
    if (next) this.dresser.row(next);
  }

  #trim(side) {
    const rows = [...this.rows];
    const extra = surplus(rows.length, ROWS);
    if (extra === 0) return;
    const dropped = side === "start" ? rows.slice(0, extra) : rows.slice(-extra);
    const kept = side === "start" ? rows.slice(extra) : rows.slice(0, -extra);
    for (const row of dropped) this.#drop(row);
    if (side === "start") this.window.trimStart(Number(kept[0].dataset.messageId));
    else this.window.trimEnd(Number(kept[kept.length - 1].dataset.messageId));
    this.dresser.row(kept[0]);
    this.#tellEdges();
  }

  /** A row goes with the day heading or "new" line that stands before it. */
  #drop(row) {
    while (row.previousElementSibling && !row.previousElementSibling.classList.contains("message")) {
      row.previousElementSibling.remove();
    }
    row.remove();
  }
}
