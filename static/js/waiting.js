/** What is seen between two rooms: the outline of the coming one when it is slow, and a line when it does not come. */

import { element } from "./dom.js";
import { text } from "./page.js";

const SLOW_MS = 200;
const ROWS = 7;

const nothing = () => {}; // out here it holds no room that has gone

export class Waiting {
  #timer = null;
  #failure = null;
  #uncover = nothing;

  /** `shell` holds the panes; `say` tells screen readers. */
  constructor(shell, { say }) {
    Object.assign(this, { shell, say });
  }

  /** The room called `name` is on its way. */
  begin(name) {
    this.end();
    this.#timer = setTimeout(() => this.#show(name), SLOW_MS);
  }

  end() {
    clearTimeout(this.#timer);
    this.#failure?.remove();
    this.#uncover();
  }

  /** It did not come: the present page stays, and says so. `again` tries once more. */
  fail(name, again) {
    this.end();
    const button = element("button", { type: "button", class: "link-button" }, text("try_again"));
    button.addEventListener("click", again);
    this.#failure = element("div", { class: "not-opened", role: "alert" }, text("not_opened", { name }), " ", button);
    this.#main.append(this.#failure);
  }

  get #main() {
    return this.shell.querySelector(":scope > main");
  }

  /** The present room is covered, so nobody writes in it any more without seeing it. */
  #show(name) {
    const main = this.#main;
    const outline = outlineOf(name);
    const { activeElement: focused } = document;
    const [covered, scrolled] = [[...main.children], main.scrollTop];
    for (const part of covered) part.inert = true;
    main.append(outline);
    main.scrollTop = 0;
    this.say(text("opening", { name }));
    this.#uncover = () => {
      this.#uncover = nothing;
      outline.remove();
      for (const part of covered) part.inert = false;
      main.scrollTop = scrolled;
      if (document.activeElement === document.body) focused.focus({ preventScroll: true });
    };
  }
}

function outlineOf(name) {
  const rows = Array.from({ length: ROWS }, () => element("div", { class: "outline-row" }));
  return element("div", { class: "outline" }, element("h1", { class: "outline-name", dir: "auto" }, name), ...rows);
}
