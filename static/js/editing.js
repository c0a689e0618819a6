/** Changing or deleting an own message where it stands. */

import { growWith, isTouch } from "./composer.js";
import { element } from "./dom.js";
import { getPage, post } from "./http.js";
import { keyAsks } from "./keys.js";
import { text } from "./page.js";

export class Editing {
  #open = null;

  /** `url` is where the room's messages hang; `done` is called when the editor has gone, `refused` with what to say. */
  constructor({ url, socket, timeline, scroller, done, refused }) {
    Object.assign(this, { url, socket, timeline, scroller, done, refused });
  }

  async edit(row) {
    const id = Number(row.dataset.messageId);
    this.close();
    try {
      const source = await this.#source(id);
      const present = this.timeline.find(id);
      if (present) this.#show(present, this.#editor(id, source));
    } catch {
      this.refused(text("no_edit"));
    }
  }

  /** Ask first, in place: a deleted message is gone for everyone. */
  askDelete(row) {
    this.close();
    const id = Number(row.dataset.messageId);
    const yes = element("button", { type: "submit", class: "button danger" }, text("delete"));
    const form = element("form", { class: "confirm-delete" }, element("p", {}, text("ask_delete")), yes, cancelButton());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#run(form, () => this.#send({ type: "message.delete", message: id }, "delete", {}));
    });
    this.#show(row, form);
    yes.focus();
  }

  close() {
    if (!this.#open) return;
    const { id, form } = this.#open;
    this.#open = null;
    this.scroller.keep(() => {
      form.closest(".message")?.classList.remove("is-editing");
      form.remove();
      this.timeline.release(id);
    });
    this.done();
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
    const form = element("form", { class: "editor" }, box, element("div", { class: "editor-actions" }, save, cancelButton()));
    box.addEventListener("input", () => growWith(box));
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
    if (body === source) return this.close();
    if (body.trim() === "") return this.askDelete(this.timeline.find(id));
    return this.#run(form, () => this.#send({ type: "message.edit", message: id, body }, "edit", { body }));
  }

  #show(row, form) {
    const id = Number(row.dataset.messageId);
    this.#open = { id, form };
    this.timeline.hold(id);
    form.addEventListener("click", (event) => event.target.closest("[data-action=cancel]") && this.close());
    form.addEventListener("keydown", (event) => event.key === "Escape" && !event.isComposing && this.close());
    this.scroller.keep(() => {
      row.classList.add("is-editing");
      (row.querySelector(".message-body") ?? row.lastElementChild).after(form);
    });
    form.scrollIntoView({ block: "nearest" });
    const box = form.querySelector("textarea");
    if (!box) return;
    growWith(box);
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }

  async #run(form, send) {
    form.querySelector(".editor-error")?.remove();
    try {
      await send();
      if (this.#open?.form === form) this.close();
    } catch (problem) {
      form.append(element("p", { class: "editor-error", role: "alert" }, problem.detail || text("not_saved")));
    }
  }

  #send(command, verb, fields) {
    if (this.socket.isReady) return this.socket.request(command);
    return post(`${this.url}${command.message}/${verb}/`, fields);
  }
}

function cancelButton() {
  return element("button", { type: "button", class: "button", "data-action": "cancel" }, text("cancel"));
}
