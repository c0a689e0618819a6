/** The message rows of the page, and the only code that puts, replaces or drops them. */

import { isNewer } from "./cursor.js";
import { fromServer } from "./dom.js";
import { nextMessage, previousMessage } from "./dresser.js";
import { focusRow } from "./focus.js";
import { listNumbers } from "./page.js";
import { Signals } from "./signals.js";
import { MessageWindow, surplus } from "./window.js";

const MOST_ROWS = 300;
const KEPT_ROWS = 250;

/** Signals: "replaced" ({old, row}), "changed" (rows came or went; of a batch once). */
export class Timeline extends Signals {
  #held = new Map();
  #aside = null;
  #depth = 0;
  #hasNews = false;

  constructor(list, { dresser, scroller }) {
    super();
    Object.assign(this, { list, dresser, scroller });
    this.window = new MessageWindow(listNumbers(list));
    scroller.hasEnd = this.window.atEnd;
  }

  get rows() {
    return this.list.querySelectorAll(":scope > .message");
  }

  get last() {
    const end = this.list.lastElementChild;
    return !end || end.classList.contains("message") ? end : previousMessage(end);
  }

  find(id) {
    const row = document.getElementById(`message-${id}`);
    return row?.parentElement === this.list ? row : null;
  }

  lastOf(author) {
    const own = this.list.querySelectorAll(`:scope > .message[data-author-id="${author}"]:not(.is-deleted)`);
    return own[own.length - 1] ?? null;
  }

  /** Run `change`, which puts several: the reader's place is kept, and "changed" told, once for all. */
  batch(change) {
    this.#depth += 1;
    try {
      return this.scroller.keep(change);
    } finally {
      this.#depth -= 1;
      if (this.#hasNews && this.#depth === 0) this.#tell();
    }
  }

  /** Put a message `{id, seq, html}` as it now is: "placed", "stale", "held" or "outside" the loaded ids. */
  put(entry) {
    const present = this.find(entry.id);
    this.#keepAside(entry);
    if (present && !isNewer(entry.seq, Number(present.dataset.seq))) return "stale";
    if (this.#held.has(entry.id)) {
      if (isNewer(entry.seq, this.#held.get(entry.id)?.seq)) this.#held.set(entry.id, entry);
      return "held";
    }
    if (!present && this.window.place(entry.id) === "outside") return "outside";
    const row = fromServer(entry.html);
    this.batch(() => {
      if (present) this.#replace(present, row);
      else this.#insert(row, entry.id);
      this.#hasNews = true;
    });
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
    this.batch(() => {
      if (isOlder) this.list.prepend(...rows);
      else this.list.append(...rows);
      if (isOlder) this.window.extendOlder(page);
      else this.window.extendNewer(page);
      this.#dress(rows);
      this.#trim(isOlder ? "end" : "start");
      this.#loaded();
    });
  }

  /** Show another part of the room: `list` takes the place of all rows. */
  replaceList(list) {
    this.batch(() => {
      const rows = [...list.querySelectorAll(":scope > .message")];
      this.list.replaceChildren(...rows);
      this.window = new MessageWindow(listNumbers(list));
      this.#dress(rows);
      this.#loaded();
    });
  }

  #loaded() {
    const entries = this.#aside ?? new Map();
    this.#aside = null;
    for (const entry of entries.values()) this.put(entry);
    this.#tellEdges();
    this.#hasNews = true;
  }

  /** The stylesheet shows the room's beginning, or the way to older and newer pages, by these. */
  #tellEdges() {
    const { isEmpty, atStart, atEnd } = this.window;
    for (const [name, is] of Object.entries({ isEmpty, atStart, atEnd })) this.scroller.box.dataset[name] = Number(is);
    this.scroller.hasEnd = atEnd;
  }

  #tell() {
    this.#hasNews = false;
    this.emit("changed");
  }

  #keepAside(entry) {
    const known = this.#aside?.get(entry.id);
    if (this.#aside && isNewer(entry.seq, known?.seq)) this.#aside.set(entry.id, entry);
  }

  #replace(old, row) {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceWith(row);
    this.dresser.row(row);
    this.emit("replaced", { old, row });
    if (focused?.isConnected) focused.focus({ preventScroll: true });
    else if (focused) focusRow(row);
  }

  #insert(row, id) {
    const before = this.#rowAfter(id);
    if (before) before.before(row);
    else this.list.append(row);
    if (!before) this.window.appended(id);
    if (this.window.first === id) this.#tellEdges();
    this.#dress([row]);
    this.#trim(this.scroller.isNearerEnd ? "start" : "end");
  }

  #rowAfter(id) {
    let after = null;
    for (let row = this.last; row && Number(row.dataset.messageId) > id; row = previousMessage(row)) after = row;
    return after;
  }

  #dress(rows) {
    for (const row of rows) this.dresser.row(row);
    const next = rows.length ? nextMessage(rows[rows.length - 1]) : null;
    if (next) this.dresser.row(next);
  }

  #trim(side) {
    const extra = surplus(this.rows.length, MOST_ROWS, KEPT_ROWS);
    if (extra === 0) return;
    const rows = [...this.rows];
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
