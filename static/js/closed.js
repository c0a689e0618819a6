/** What stands in the composer's place where one may not write: why, and until when by the reader's clock. */

import { element } from "./dom.js";
import { text } from "./page.js";
import { localeFor, momentText } from "./times.js";

export class Closed {
  /** `line` says it instead of `form`; `muted` is as in the room's entry of a hello. */
  constructor(line, { form, room, muted, socket, life }) {
    Object.assign(this, { line, form, muted });
    this.isArchived = "archived" in line.dataset;
    socket.on("ready", ({ rooms }) => this.mute(rooms.find(({ id }) => id === room)?.muted ?? null), life);
    socket.on("room.muted", (frame) => frame.room === room && this.mute(frame.muted), life);
    this.#draw();
  }

  mute(muted) {
    this.muted = muted;
    this.#draw();
  }

  archive(isArchived) {
    this.isArchived = isArchived;
    this.#draw();
  }

  #draw() {
    const isClosed = this.isArchived || Boolean(this.muted);
    const hadFocus = (isClosed ? this.form : this.line).contains(document.activeElement);
    this.line.querySelector("p").replaceChildren(...(isClosed ? this.#words() : []));
    this.form.hidden = isClosed;
    if (hadFocus) (isClosed ? this.line : this.form.elements.namedItem("body")).focus({ preventScroll: true });
  }

  #words() {
    if (this.isArchived) return [text("archived")];
    const { until, reason } = this.muted;
    const locale = localeFor(document.documentElement.lang || "en", navigator.language);
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const then = until && momentText(Date.parse(until), Date.now(), locale, zone);
    return [until ? text("muted_until", { until: then }) : text("muted"), " ", element("bdi", {}, reason)];
  }
}
