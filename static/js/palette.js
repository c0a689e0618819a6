/** Jumping to a room by a few letters of its name: a combobox in a dialog. */

import { element } from "./dom.js";
import { text } from "./page.js";
import { rank } from "./ranking.js";
import { countText } from "./unread.js";

const SHOWN = 50;
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };

export class Palette {
  #options = [];
  #at = 0;

  /** `go` is called with the address (a URL) that was chosen. */
  constructor(dialog, { unread, stage, go }) {
    Object.assign(this, { dialog, unread, stage, go });
    this.box = dialog.querySelector("input");
    this.list = dialog.querySelector("[role=listbox]");
    this.found = dialog.querySelector("[role=status]");
    this.none = dialog.querySelector(".palette-none");
    this.#listen();
  }

  toggle() {
    if (this.dialog.open) this.dialog.close();
    else this.#open();
  }

  #open() {
    document.querySelector("dialog.drawer[open]")?.close();
    if (document.querySelector("dialog[open]")) return;
    this.box.value = "";
    this.dialog.showModal();
    this.#search();
    this.box.focus();
  }

  #listen() {
    this.box.addEventListener("input", () => this.#search());
    this.box.addEventListener("keydown", (event) => this.#pressed(event));
    this.dialog.addEventListener("click", (event) => this.#clicked(event));
    // The field in the sidebar is a link to all rooms, where there is no script.
    document.addEventListener("click", (event) => {
      const opener = event.target.closest("[data-opens=palette]");
      if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.toggle();
    });
  }

  #search() {
    const query = this.box.value;
    const { recent, view } = this.stage;
    const rooms = rank([...this.unread.rooms.values()], query, { recent, current: view?.room });
    this.#options = rooms.slice(0, SHOWN).map((room) => optionFor(room, room.id === view?.room));
    this.list.replaceChildren(...this.#options);
    this.list.scrollTop = 0;
    this.none.hidden = rooms.length > 0;
    this.box.setAttribute("aria-expanded", String(rooms.length > 0));
    this.found.textContent = query ? text("rooms_found", { count: rooms.length }) : "";
    this.#stand(0);
  }

  #stand(at) {
    this.#at = Math.max(0, Math.min(at, this.#options.length - 1));
    for (const [index, option] of this.#options.entries()) option.setAttribute("aria-selected", String(index === this.#at));
    const option = this.#options[this.#at];
    if (option) this.box.setAttribute("aria-activedescendant", option.id);
    else this.box.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  #pressed(event) {
    if (event.isComposing || event.altKey) return;
    const step = STEPS[event.key];
    if (event.key === "Enter") this.#choose(this.#options[this.#at], event);
    else if (step) this.#stand(this.#next(step));
    else return;
    event.preventDefault();
  }

  /** One step past an end goes on at the other; a page stops there. */
  #next(step) {
    const count = this.#options.length;
    return Math.abs(step) === 1 ? (this.#at + step + count) % count : this.#at + step;
  }

  #clicked(event) {
    if (event.target === this.dialog || event.target.closest(".dialog-close, a")) this.dialog.close();
    const option = event.target.closest("[role=option]");
    if (option) this.#choose(option, event);
  }

  #choose(option, { ctrlKey, metaKey }) {
    if (!option) return;
    const url = new URL(option.dataset.href, location.href);
    this.dialog.close();
    if (ctrlKey || metaKey) window.open(url, "_blank", "noopener");
    else this.go(url);
  }
}

function optionFor({ id, slug, name, unread, mentions }, isCurrent) {
  const note = isCurrent ? element("span", { class: "palette-here" }, text("you_are_here")) : "";
  const count = mentions || unread;
  const label = count ? element("span", { class: mentions ? "mentions" : "unread", "aria-hidden": "true" }, countText(count)) : "";
  const counted = mentions ? text("count_mentions", { count }) : text("count_unread", { count });
  const said = count ? element("span", { class: "visually-hidden" }, `, ${counted}`) : "";
  const attributes = { id: `palette-${id}`, role: "option", class: `palette-option hue-${id % 12}`, "data-href": `/rooms/${slug}/` };
  return element("li", attributes, element("span", { class: "room-name", dir: "auto" }, name), note, label, said);
}
