/** People to name, offered while an @ is typed: a listbox that the text box steers by ↑ ↓ Enter Tab Esc. */

import { element } from "./dom.js";
import { namingAt, naming } from "./mentioning.js";
import { dressAvatar, hueOf } from "./names.js";
import { text } from "./page.js";

let made = 0;

export class Completion {
  #naming = null;
  #people = [];
  #active = -1;
  #dismissed = null;

  /** `place` is where the list stands; `search` finds people; the box stays a text box, since a combobox has one line. */
  constructor(box, { place, search, life }) {
    Object.assign(this, { box, search });
    const id = `people-${++made}`;
    this.list = element("ul", { class: "completion-list", id, role: "listbox", "aria-label": text("name_somebody") });
    this.told = element("span", { class: "visually-hidden", role: "status" });
    this.panel = element("div", { class: "completion", hidden: true }, this.list);
    place.append(this.panel, this.told);
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-haspopup", "listbox");
    this.#listen({ signal: life });
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  close() {
    this.panel.hidden = true;
    this.#naming = null;
    this.told.textContent = "";
    for (const name of ["aria-controls", "aria-activedescendant"]) this.box.removeAttribute(name);
  }

  #listen(options) {
    // Before the box's other listeners: Enter is not sent and Escape leaves no editor while the list is open.
    this.box.addEventListener("keydown", (event) => this.#pressed(event), { ...options, capture: true });
    this.box.addEventListener("input", (event) => event.isComposing || this.#look(), options);
    this.box.addEventListener("compositionend", () => this.#look(), options);
    this.box.addEventListener("click", () => this.#look(), options);
    this.box.addEventListener("keyup", (event) => /^(Arrow(Left|Right)|Home|End)$/.test(event.key) && this.#look(), options);
    this.box.addEventListener("blur", () => this.close(), options);
    this.panel.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the box
    this.list.addEventListener("click", (event) => this.#clicked(event.target.closest("[role=option]")));
  }

  async #look() {
    const { value, selectionStart, selectionEnd } = this.box;
    const found = selectionStart === selectionEnd ? namingAt(value, selectionStart) : null;
    if (found?.start !== this.#naming?.start) this.search.forget();
    if (found?.start !== this.#dismissed) this.#dismissed = null;
    if (!found || this.#dismissed !== null) return this.close();
    this.#naming = found;
    const people = await this.search.find(found.typed).catch(() => []);
    return found === this.#naming ? this.#offer(people) : undefined;
  }

  #offer(people) {
    const { typed } = this.#naming;
    const isSaid = people.length === 1 && people[0].handle === typed.toLowerCase();
    this.#people = isSaid ? [] : people;
    this.list.replaceChildren(...this.#people.map((person, index) => optionOf(person, `${this.list.id}-${index}`)));
    this.panel.hidden = this.#people.length === 0;
    if (this.panel.hidden) return this.close();
    this.told.textContent = text("people_found", { count: this.#people.length });
    this.box.setAttribute("aria-controls", this.list.id);
    this.panel.scrollIntoView({ block: "nearest" });
    return this.#activate(typed ? 0 : -1); // a lone @ may be meant as one: Enter sends it
  }

  #activate(index) {
    this.#active = index;
    [...this.list.children].forEach((option, each) => option.setAttribute("aria-selected", String(each === index)));
    const option = this.list.children[index];
    if (option) this.box.setAttribute("aria-activedescendant", option.id);
    else this.box.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  #pressed(event) {
    if (!this.isOpen || event.isComposing || event.keyCode === 229) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (!this.#does(event.key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /** Whether the key was for the list. */
  #does(key) {
    const last = this.#people.length - 1;
    if (key === "ArrowDown") this.#activate(this.#active >= last ? 0 : this.#active + 1);
    else if (key === "ArrowUp") this.#activate(this.#active <= 0 ? last : this.#active - 1);
    else if (key === "Escape") this.#dismiss();
    else if ((key === "Enter" || key === "Tab") && this.#active >= 0) this.#pick(this.#people[this.#active]);
    else return false;
    return true;
  }

  #dismiss() {
    this.#dismissed = this.#naming.start;
    this.close();
  }

  #clicked(option) {
    if (option) this.#pick(this.#people[[...this.list.children].indexOf(option)]);
  }

  #pick({ handle }) {
    const { start, end, put } = naming(this.box.value, this.#naming.start, handle);
    this.close();
    this.box.setSelectionRange(start, end);
    // As if typed: it can be undone, and everybody who listens to the box hears of it.
    if (document.execCommand("insertText", false, put)) return;
    this.box.setRangeText(put, start, end, "end");
    this.box.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
}

function optionOf({ id, name, handle, picture }, optionId) {
  const avatar = element("span", { class: `avatar avatar-s hue-${hueOf(id)}`, "aria-hidden": "true" });
  dressAvatar(avatar, { name, picture });
  const label = element("span", { class: "completion-name", dir: "auto" }, name);
  const sign = element("span", { class: "completion-handle", dir: "ltr" }, `@${handle}`);
  const attributes = { class: "completion-option", id: optionId, role: "option", "aria-selected": "false" };
  return element("li", attributes, avatar, label, sign);
}
