/** Who is here now, and the panel that shows it. */

import { element } from "./dom.js";
import { dressAvatar, hueOf } from "./names.js";

export class Here {
  #people = new Map();

  constructor(list, count) {
    Object.assign(this, { list, count });
  }

  replace(people) {
    this.#people = new Map(people.map((person) => [person.id, person]));
    if (!this.#isDrawn()) this.#draw();
  }

  change({ joined, left }) {
    for (const person of joined) this.#people.set(person.id, person);
    for (const id of left) this.#people.delete(id);
    this.#draw();
  }

  rename(person) {
    if (this.#people.has(person.id)) this.#people.set(person.id, person);
  }

  /** The page came with these people; the server may order names otherwise. */
  #isDrawn() {
    const drawn = [...this.list.children].map((row) => Number(row.dataset.authorId));
    return drawn.length === this.#people.size && drawn.every((id) => this.#people.has(id));
  }

  #draw() {
    const people = [...this.#people.values()].sort((a, b) => a.name.localeCompare(b.name) || a.id - b.id);
    this.list.replaceChildren(...people.map(rowOf));
    if (this.count) this.count.textContent = String(people.length);
  }
}

function rowOf({ id, name, picture }) {
  const avatar = element("span", { class: `avatar avatar-s hue-${hueOf(id)}`, "aria-hidden": "true" });
  dressAvatar(avatar, { name, picture });
  const label = element("span", { class: "person-name author", "data-author-id": id, dir: "auto" }, name);
  return element("li", { class: "person", "data-author-id": id }, avatar, label);
}

/** The panel: beside the timeline on wide screens (closed or not is remembered), over it on others. */
export function preparePanel(panel, { toggle, close, store, life }) {
  const wide = matchMedia("(min-width: 80em)");
  const set = (isOpen) => {
    document.body.classList.toggle("people-open", isOpen);
    document.body.classList.toggle("people-closed", !isOpen);
    toggle.setAttribute("aria-expanded", String(isOpen));
  };
  const choose = (isOpen) => {
    set(isOpen);
    if (wide.matches) store.setChoice("people", isOpen ? "open" : "closed");
    if (!isOpen) toggle.focus();
  };
  const begin = () => set(wide.matches && store.choice("people") !== "closed");
  begin();
  wide.addEventListener("change", begin, { signal: life });
  toggle.addEventListener("click", (event) => {
    event.preventDefault();
    choose(toggle.getAttribute("aria-expanded") !== "true");
  });
  close?.addEventListener("click", () => choose(false));
  panel.addEventListener("keydown", (event) => event.key === "Escape" && choose(false));
}
