/** The messages are one stop for the Tab key: inside, arrow keys move from one to the next. */

import { nextMessage, previousMessage } from "./dresser.js";

// Not code that scrolls: the keyboard must reach it where a browser gives it no stop of its own.
const STOPS = "a[href], button, summary";
const ASIDE = "data-tab-aside";

export class Roving {
  #row = null;

  /** `leave` brings the focus back to where one writes; `act` opens the row's actions, `press` does a key's one. */
  constructor({ timeline, scroller, leave, act, press, life }) {
    Object.assign(this, { list: timeline.list, box: scroller.box, scroller, leave, act, press });
    putAside(this.box);
    this.arrivals = new MutationObserver((records) => this.#arrived(records));
    this.arrivals.observe(this.list, { childList: true });
    life.addEventListener("abort", () => this.arrivals.disconnect());
    timeline.on("replaced", ({ old, row }) => old === this.#row && this.#stand(row));
    this.box.addEventListener("focus", () => this.box.matches(":focus-visible") && this.enter());
    this.box.addEventListener("focusin", (event) => this.#came(event.target));
    this.box.addEventListener("focusout", (event) => this.#went(event.relatedTarget));
    // What is removed with the focus in it does not say that the focus went.
    document.addEventListener("focusin", (event) => this.#went(event.target), { signal: life });
    this.list.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** To where the reader was, or to the last message in sight. */
  enter() {
    const row = this.#isInSight(this.#row) ? this.#row : this.#lastInSight();
    if (row) this.focus(row);
  }

  focus(row) {
    this.#stand(row);
    row.focus({ preventScroll: true });
    if (row === this.list.lastElementChild) this.scroller.toEnd();
    else this.scroller.show(row, "nearest");
  }

  #arrived(records) {
    const open = this.box.contains(document.activeElement) ? this.#row : null;
    for (const { addedNodes } of records) {
      for (const item of addedNodes) if (item !== open) putAside(item);
    }
  }

  #stand(row) {
    if (row === this.#row) return;
    if (this.#row) this.#leaveBehind(this.#row);
    this.#row = row;
    row.tabIndex = -1;
    row.setAttribute("aria-label", spoken(row));
  }

  #leaveBehind(row) {
    this.#close(row);
    for (const name of ["tabindex", "aria-label"]) row.removeAttribute(name);
  }

  /** Only this row, and the heading of its day, are in the way of the Tab key: while the focus is here. */
  #open(row) {
    for (const item of [row, dayOf(row)]) if (item) putBack(item);
  }

  #close(row) {
    for (const item of [row, dayOf(row)]) if (item) putAside(item);
  }

  #came(target) {
    const row = target.closest("#messages > .message");
    if (row) this.#stand(row);
    if (row) this.#open(row);
    if (target !== this.box) this.box.tabIndex = -1; // or Shift+Tab out of the row would lead straight back into it
  }

  #went(to) {
    if (this.box.contains(to)) return;
    this.box.tabIndex = 0;
    if (this.#row) this.#close(this.#row);
  }

  #pressed(event) {
    const { target, ctrlKey, metaKey, altKey, isComposing } = event;
    if (target.closest("form, .toolbar") || ctrlKey || metaKey || altKey || isComposing) return;
    const row = target.closest(".message");
    if (!row || !this.#does(event, row)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Whether the key was for the list. */
  #does({ key, shiftKey, target }, row) {
    const next = this.#nextBy(key, row);
    if (next !== undefined) return Boolean(next && !shiftKey && (this.focus(next), true));
    const forward = getComputedStyle(row).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const isForward = key === forward && !target.matches("pre"); // which scrolls by it
    if (key === "Escape") this.leave();
    else if (isForward || (key === "Enter" && target === row)) this.act(row);
    else return this.press(row, key);
    return true;
  }

  /** The row that a key leads to, null at the edge, undefined when the key leads nowhere. */
  #nextBy(key, row) {
    if (key === "ArrowUp") return previousMessage(row);
    if (key === "ArrowDown") return nextMessage(row);
    if (key === "Home") return this.list.querySelector(":scope > .message");
    if (key === "End") return this.#rows().pop();
    if (key === "PageUp") return this.#screenFrom(row, previousMessage);
    if (key === "PageDown") return this.#screenFrom(row, nextMessage);
    return undefined;
  }

  #screenFrom(row, step) {
    const { top } = row.getBoundingClientRect();
    let far = row;
    for (let next = step(row); next; next = step(next)) {
      if (Math.abs(next.getBoundingClientRect().top - top) > this.box.clientHeight * 0.8) break;
      far = next;
    }
    return far === row ? step(row) : far;
  }

  #isInSight(row) {
    if (!row?.isConnected) return false;
    const { top, bottom } = row.getBoundingClientRect();
    const sight = this.box.getBoundingClientRect();
    return bottom > sight.top && top < sight.bottom;
  }

  #lastInSight() {
    const rows = this.#rows().reverse();
    return rows.find((row) => this.#isInSight(row)) ?? rows[0];
  }

  #rows() {
    return [...this.list.querySelectorAll(":scope > .message")];
  }
}

/** Out of the way of the Tab key, but for forms and the toolbar, which come and go by themselves. */
function putAside(item) {
  for (const stop of item.querySelectorAll(STOPS)) {
    if (stop.closest("form, .toolbar, #pending") || isScrolled(stop)) continue;
    stop.tabIndex = -1;
    stop.setAttribute(ASIDE, "");
  }
}

/** Code that is wider than its place: without a stop of its own it could not be read to its end by keyboard. */
function isScrolled(stop) {
  return stop.matches("pre") && stop.scrollWidth > stop.clientWidth;
}

function putBack(item) {
  for (const stop of item.querySelectorAll(`[${ASIDE}]`)) {
    stop.removeAttribute(ASIDE);
    if (stop.matches("pre")) stop.tabIndex = 0;
    else stop.removeAttribute("tabindex");
  }
}

function dayOf(row) {
  let before = row;
  while (before && !before.classList.contains("day")) before = before.previousElementSibling;
  return before;
}

/** What is read out of a row that gets the focus. */
function spoken(row) {
  const parts = [".author", ".message-link time", ".message-body, .tombstone", ".edited", ".not-sent"];
  return parts.map((part) => row.querySelector(part)?.textContent.trim()).filter(Boolean).join(", ");
}
