/** One form at a time in the row of a message: while it is open, what comes for that message waits. */

import { growWith } from "./composer.js";
import { element } from "./dom.js";
import { text } from "./page.js";

export class RowForm {
  #open = null;

  /** `done` is called when the form has gone, with the row if the focus came from there. */
  constructor({ timeline, scroller, done }) {
    Object.assign(this, { timeline, scroller, done });
  }

  /** Put `form` below the words of `row`, with the cursor in its first box. */
  show(row, form) {
    const id = Number(row.dataset.messageId);
    this.close();
    this.#open = { id, form, isFromRow: row.contains(document.activeElement) };
    this.timeline.hold(id);
    form.addEventListener("click", (event) => event.target.closest("[data-action=cancel]") && this.close());
    form.addEventListener("keydown", (event) => event.key === "Escape" && !event.isComposing && this.close());
    this.scroller.keep(() => {
      row.classList.add("is-editing");
      (row.querySelector(".message-body, .tombstone") ?? row.lastElementChild).after(form);
    });
    form.scrollIntoView({ block: "nearest" });
    const box = form.querySelector("textarea, input");
    if (!box) return;
    if (box.matches("textarea")) growWith(box);
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }

  close() {
    if (!this.#open) return;
    const { id, form, isFromRow } = this.#open;
    this.#open = null;
    this.scroller.keep(() => {
      form.closest(".message")?.classList.remove("is-editing");
      form.remove();
      this.timeline.release(id);
    });
    this.done(isFromRow ? this.timeline.find(id) : null);
  }

  /** Do what the form is for and close it; a refusal stands in it. */
  async run(form, act) {
    form.querySelector(".editor-error")?.remove();
    try {
      await act();
      if (this.#open?.form === form) this.close();
    } catch (problem) {
      form.append(element("p", { class: "editor-error", role: "alert" }, problem.detail || text("not_saved")));
    }
  }
}

export function cancelButton() {
  return element("button", { type: "button", class: "button", "data-action": "cancel" }, text("cancel"));
}
