/** What may be done with a message, as a sheet from below: for thumbs, where no toolbar fits into the row. */

import { element } from "./dom.js";

const LENGTH = 140;

export class Sheet {
  #pressed = null;

  constructor(dialog, { life }) {
    Object.assign(this, { dialog });
    this.title = dialog.querySelector("h2");
    this.words = dialog.querySelector("p");
    this.actions = dialog.querySelector("ul");
    dialog.addEventListener("pointerdown", ({ target }) => (this.#pressed = target));
    dialog.addEventListener("click", (event) => this.#clicked(event));
    life.addEventListener("abort", () => dialog.close());
  }

  /** Show `buttons` for `row`; `act` is called with the action chosen, once the sheet is gone. */
  open(row, buttons, act) {
    this.act = act;
    this.#pressed = null;
    this.title.textContent = row.querySelector(".author").textContent;
    this.words.textContent = (row.querySelector(".message-body, .tombstone")?.textContent ?? "").trim().slice(0, LENGTH);
    this.actions.replaceChildren(...buttons.filter(({ dataset }) => dataset.action !== "more").map(itemOf));
    this.dialog.showModal();
  }

  /** A press beside it closes it. The end of the press that opened it does nothing, wherever the finger leaves. */
  #clicked({ target, detail }) {
    if (detail > 0 && this.#pressed === null) return;
    const action = target.closest("[data-action]")?.dataset.action;
    if (!action && (target !== this.dialog || this.#pressed !== this.dialog)) return;
    this.dialog.close();
    if (action && action !== "close") this.act(action);
  }
}

function itemOf(button) {
  const pieces = [...button.children].map((piece) => piece.cloneNode(true));
  return element("li", {}, element("button", { type: "button", "data-action": button.dataset.action }, ...pieces));
}
