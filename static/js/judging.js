/** What keepers of the room's order do to a message where it stands: hide it, with a reason, and restore it. */

import { element } from "./dom.js";
import { getPage, post } from "./http.js";
import { text } from "./page.js";
import { cancelButton } from "./row-form.js";

const REASON_LIMIT = 500;

export class Judging {
  /** `url` is where the room's messages hang; `refused` is called with what to say when a form cannot even be shown. */
  constructor({ url, rows, timeline, refused }) {
    Object.assign(this, { url, rows, timeline, refused });
  }

  askHide(row) {
    const yes = element("button", { type: "submit", class: "button danger" }, text("hide"));
    const ask = text("ask_hide");
    this.#ask(row, "hide", { yes, ask, why: text("reason_read"), words: element("p", {}, ask) });
  }

  /** What it said is on no page but the one that asks: everybody else must not have it. */
  async askRestore(row) {
    const id = Number(row.dataset.messageId);
    try {
      const page = await getPage(`${this.url}${id}/restore/`);
      const kept = page.querySelector(".quoted .kept")?.textContent ?? text("not_kept");
      const present = this.timeline.find(id);
      const yes = element("button", { type: "submit", class: "button primary" }, text("restore"));
      const words = element("blockquote", { class: "kept", dir: "auto" }, kept);
      if (present) this.#ask(present, "restore", { yes, ask: text("restore"), why: text("reason_kept"), words });
    } catch {
      this.refused(text("no_restore"));
    }
  }

  #ask(row, verb, { yes, ask, why, words }) {
    const rules = { required: true, maxlength: REASON_LIMIT };
    const reason = element("input", { type: "text", ...rules, dir: "auto", autocomplete: "off" });
    const label = element("label", { class: "judge-reason" }, element("span", {}, why), reason);
    const buttons = element("div", { class: "editor-actions" }, yes, cancelButton());
    const form = element("form", { class: "judge", "aria-label": ask }, words, label, buttons);
    const address = `${this.url}${row.dataset.messageId}/${verb}/`;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.rows.run(form, () => post(address, { reason: reason.value }));
    });
    this.rows.show(row, form);
  }
}
