/** What differs from reader to reader in a message row: grouping, day headings, local times, mine, mentions of me. */

import { element } from "./dom.js";
import { relate } from "./grouping.js";
import { sayWords } from "./row-words.js";
import { clockParts, dayText, fullText } from "./times.js";

export class Dresser {
  /** `words` has "today" and "yesterday", and what row-words.js takes; `roomUrl` is where a day's own page hangs. */
  constructor({ me, zone, locale, words, roomUrl }) {
    Object.assign(this, { me, zone, locale, words, roomUrl });
  }

  /** Dress `row` by the message before it in its list; call it again for the next row when something was put between. */
  row(row) {
    this.#own(row);
    const previous = previousMessage(row);
    const relation = relate(previous && factsOf(previous), factsOf(row), this.zone);
    const isFirstUnread = row.previousElementSibling?.classList.contains("new-line") ?? false;
    row.classList.toggle("is-grouped", relation.grouped && !isFirstUnread);
    this.#heading(row, previous, relation.day);
  }

  /** A bubble not in the list yet: dressed as if it followed `previous`. */
  bubble(row, previous) {
    this.#own(row);
    row.classList.toggle("is-grouped", relate(previous && factsOf(previous), factsOf(row), this.zone).grouped);
  }

  /** Another day has begun: what was today is yesterday. */
  renameDays(list) {
    for (const heading of list.querySelectorAll(":scope > .day")) this.#name(heading, nextMessage(heading));
  }

  #own(row) {
    const at = factsOf(row).at;
    row.classList.toggle("is-mine", Number(row.dataset.authorId) === this.me);
    row.classList.toggle("mentions-me", row.querySelector(`.mention[data-user-id="${this.me}"]`) !== null);
    const time = row.querySelector(".message-link time");
    time.replaceChildren(...clockParts(at, this.locale, this.zone).map(clockPiece));
    time.title = fullText(at, this.locale, this.zone);
    const edited = row.querySelector(".edited[data-time]");
    if (edited) edited.title = fullText(Date.parse(edited.dataset.time), this.locale, this.zone);
    sayWords(row, this.words);
  }

  #heading(row, previous, day) {
    const after = previous ? previous.nextElementSibling : row.parentElement.firstElementChild;
    const present = after.classList.contains("day") ? after : null;
    if (present && present.dataset.day === day) return this.#name(present, row);
    present?.remove();
    if (day) (previous ? previous.nextElementSibling : row.parentElement.firstElementChild).before(this.#day(row, day));
  }

  #day(row, day) {
    const link = element("a", { href: `${this.roomUrl}${day}/` });
    const heading = element("li", { class: "day", "data-day": day }, element("h2", {}, link));
    this.#name(heading, row);
    return heading;
  }

  #name(heading, row) {
    const words = dayText(factsOf(row).at, Date.now(), this.locale, this.zone, this.words);
    heading.querySelector("a").textContent = words;
  }
}

function clockPiece({ type, value }) {
  return type === "dayPeriod" ? element("span", { class: "day-period" }, value) : value;
}

function factsOf(row) {
  return { author: Number(row.dataset.authorId), at: Date.parse(row.dataset.time) };
}

export function previousMessage(row) {
  let before = row.previousElementSibling;
  while (before && !before.classList.contains("message")) before = before.previousElementSibling;
  return before;
}

export function nextMessage(row) {
  let after = row.nextElementSibling;
  while (after && !after.classList.contains("message")) after = after.nextElementSibling;
  return after;
}
