/** Changing or deleting an own message where it stands. */

import { growWith, isTouch, showLeft } from "./composer.js";
import { element } from "./dom.js";
import { getPage, post } from "./http.js";
import { keyAsks } from "./keys.js";
import { text } from "./page.js";
import { cancelButton } from "./row-form.js";

export class Editing {
  /**
   * `url` is where the room's messages hang; `rows` shows a form in a row; `refused` is called with what to say;
   * `complete` makes a box offer people to name.
   */
  constructor({ url, limit, socket, timeline, rows, refused, complete }) {
    Object.assign(this, { url, limit, socket, timeline, rows, refused, complete });
  }

  async edit(row) {
    const id = Number(row.dataset.messageId);
    this.rows.close();
    try {
      const source = await this.#source(id);
      const present = this.timeline.find(id);
      if (present) this.rows.show(present, this.#editor(id, source));
    } catch {
      this.refused(text("no_edit"));
    }
  }

  /** Ask first, in place: a deleted message is gone for everyone. */
  askDelete(row) {
    const id = Number(row.dataset.messageId);
    const yes = element("button", { type: "submit", class: "button danger" }, text("delete"));
    const ask = text("ask_delete"); // read out with the button, which has the focus
    const form = element("form", { class: "confirm-delete", "aria-label": ask }, element("p", {}, ask), yes, cancelButton());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.rows.run(form, () => this.#send({ type: "message.delete", message: id }, "delete", {}));
    });
    this.rows.show(row, form);
    yes.focus();
  }

  /** The words as they were typed: the fragment on the page holds only what they became. */
  async #source(id) {
    const page = await getPage(`${this.url}${id}/edit/`);
    return page.querySelector("textarea[name=body]").value;
  }

  #editor(id, source) {
    const box = element("textarea", { rows: 1, dir: "auto", "aria-label": text("edit_label") });
    box.value = source;
    const save = element("button", { type: "submit", class: "button primary" }, text("save"));
    const count = element("span", { class: "composer-count" });
    const offers = element("div", { class: "editor-offers" });
    const buttons = element("div", { class: "editor-actions" }, save, cancelButton(), count);
    const form = element("form", { class: "editor" }, box, offers, buttons);
    this.complete(box, offers);
    box.addEventListener("input", () => {
      growWith(box);
      showLeft(count, box, this.limit);
    });
    box.addEventListener("keydown", (event) => {
      if (keyAsks(event, isTouch()) !== "send") return;
      event.preventDefault();
      form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save(form, id, box.value, source);
    });
    return form;
  }

  #save(form, id, body, source) {
    if (body === source) return this.rows.close();
    if (body.trim() === "") return this.askDelete(this.timeline.find(id));
    return this.rows.run(form, () => this.#send({ type: "message.edit", message: id, body }, "edit", { body }));
  }

  #send(command, verb, fields) {
    if (this.socket.isReady) return this.socket.request(command);
    return post(`${this.url}${command.message}/${verb}/`, fields);
  }
}
