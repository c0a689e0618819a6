/** Which ids of a room are loaded: {first, last, atStart, atEnd}, and where a changed message belongs. */

export class MessageWindow {
  constructor({ first = null, last = null, atStart = true, atEnd = true } = {}) {
    this.first = first;
    this.last = last;
    this.atStart = atStart;
    this.atEnd = atEnd;
  }

  get isEmpty() {
    return this.first === null;
  }

  /** "inside" the loaded ids, to "append" behind them, or "outside": not to be inserted now. */
  place(id) {
    if (this.isEmpty) return this.atEnd ? "append" : "outside";
    if (id > this.last) return this.atEnd ? "append" : "outside";
    return id >= this.first ? "inside" : "outside";
  }

  appended(id) {
    if (this.isEmpty) this.first = id;
    this.last = this.isEmpty ? id : Math.max(this.last ?? id, id);
  }

  /** An older page came: `page` is the window of that page alone. */
  extendOlder(page) {
    this.atStart = page.atStart;
    if (page.isEmpty) return;
    this.first = page.first;
    this.last ??= page.last;
  }

  extendNewer(page) {
    this.atEnd = page.atEnd;
    if (page.isEmpty) return;
    this.last = page.last;
    this.first ??= page.first;
  }

  /** Rows before `first` were dropped to keep the page small. */
  trimStart(first) {
    this.first = first;
    this.atStart = false;
  }

  trimEnd(last) {
    this.last = last;
    this.atEnd = false;
  }
}

/** How many of `count` rows to drop when they are more than `limit`: many at once, since each drop moves all others. */
export function surplus(count, limit, kept) {
  return count > limit ? count - kept : 0;
}
