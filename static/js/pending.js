/** Bubbles of what its person has said, in any tab, and the timeline does not show yet: waiting, slow, or refused. */

import { copyText } from "./clipboard.js";
import { cloneTemplate, element } from "./dom.js";
import { text } from "./page.js";

const SLOW_MS = 1_000;

export class PendingBubbles {
  #rows = new Map();

  constructor(list, { room, sender, timeline, dresser, scroller, life }) {
    Object.assign(this, { list, room, sender, timeline, dresser, scroller });
    list.addEventListener("click", (event) => this.#clicked(event));
    sender.on("changed", () => this.render(), life);
    timeline.on("changed", () => this.render());
    this.render();
  }

  /** Bring the bubbles in line with the outbox. */
  render() {
    this.#dropShown();
    const entries = this.sender.outbox.inRoom(this.room);
    if (entries.length + this.#rows.size === 0) return;
    this.scroller.keep(() => {
      this.#dropGone(entries);
      let previous = this.timeline.last;
      for (const entry of entries) {
        const row = this.#rows.get(entry.clientId) ?? this.#add(entry);
        this.#state(row, entry);
        this.dresser.bubble(row, previous);
        previous = row;
      }
      this.list.hidden = entries.length === 0;
      this.scroller.box.classList.toggle("has-pending", entries.length > 0);
    });
  }

  /** A stored message whose own row is on the page, or lies outside it, needs no bubble any more. */
  #dropShown() {
    const { outbox } = this.sender;
    for (const entry of outbox.inRoom(this.room)) {
      const isShown = !this.timeline.window.atEnd || this.timeline.find(entry.message);
      if (entry.state === "stored" && isShown) outbox.remove(entry.clientId);
    }
  }

  #dropGone(entries) {
    const present = new Set(entries.map((entry) => entry.clientId));
    for (const [clientId, row] of this.#rows) {
      if (present.has(clientId)) continue;
      row.remove();
      this.#rows.delete(clientId);
    }
  }

  #add(entry) {
    const row = cloneTemplate("message-template");
    for (const name of ["id", "data-message-id", "data-seq"]) row.removeAttribute(name);
    row.querySelector(".message-link").removeAttribute("href");
    row.dataset.clientId = entry.clientId;
    row.dataset.time = new Date(entry.at).toISOString();
    row.querySelector(".message-body").textContent = entry.body;
    this.#rows.set(entry.clientId, row);
    this.list.append(row);
    setTimeout(() => row.classList.add("is-slow"), Math.max(0, entry.at + SLOW_MS - Date.now()));
    return row;
  }

  #state(row, entry) {
    const hasFailed = entry.state === "failed";
    row.classList.toggle("is-failed", hasFailed);
    row.classList.toggle("is-pending", !hasFailed);
    const present = row.querySelector(".not-sent");
    if (!hasFailed) present?.remove();
    else if (!present) row.querySelector(".message-body").after(this.#notSent(entry));
  }

  #notSent(entry) {
    const button = (action) => element("button", { type: "button", class: "link-button", "data-action": action }, text(action));
    const words = element("span", {}, text("not_sent"), entry.detail ? ` ${entry.detail}` : "");
    return element("div", { class: "not-sent", role: "alert" }, words, button("retry"), button("copy"), button("discard"));
  }

  #clicked(event) {
    const action = event.target.closest("[data-action]")?.dataset.action;
    const clientId = event.target.closest(".message")?.dataset.clientId;
    if (action === "retry") this.sender.retry(clientId);
    if (action === "discard") this.sender.remove(clientId);
    if (action === "copy") copyText(this.sender.outbox.find(clientId).body);
  }
}

