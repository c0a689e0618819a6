/** The list of rooms: counts beside each, the one on screen, rooms that come and go. */

import { element } from "./dom.js";
import { text } from "./page.js";
import { asCounted, countText } from "./unread.js";

const PAUSE_MS = 300;

export class Sidebar {
  #timer = null;

  constructor({ socket, unread, badge }) {
    Object.assign(this, { unread, badge, current: null });
    this.list = document.querySelector("#sidebar .room-links");
    socket.on("ready", ({ rooms }) => this.#replace(rooms));
    socket.on("room.pulse", ({ room, messages }) => unread.add(room, messages) && this.render());
    socket.on("room.changes", (frame) => this.#changed(frame));
    socket.on("read.marked", (frame) => this.#marked(frame));
    socket.on("room.joined", (frame) => this.#joined(frame.room));
    socket.on("room.left", ({ room }) => this.#left(room));
  }

  /** Room `id` is the one on screen now. */
  enter(id) {
    this.current = id;
    for (const link of this.#links()) link.removeAttribute("aria-current");
    const link = this.#link(id);
    link?.setAttribute("aria-current", "page");
    link?.scrollIntoView({ block: "nearest" });
    this.#draw();
  }

  /** What a page tells of the rooms: messages may have come with it that no pulse tells any more, and new names. */
  refresh(rooms) {
    this.unread.refresh(rooms);
    for (const { id, name } of rooms) this.rename(id, name);
  }

  /** Counts that are about to be marked read do not flash: drawn after a short pause. */
  render() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#draw(), PAUSE_MS);
  }

  rename(id, name) {
    const known = this.unread.rooms.get(id);
    const link = this.#link(id);
    if (known) known.name = name;
    if (!link || nameIn(link) === name) return;
    link.querySelector(".room-name").textContent = name;
    this.#place(link.closest("li"), name);
  }

  /** The next unread room's address in the list's order, `step` 1 down or -1 up from `root` (/rooms/<slug>/), or null. */
  nextUnread(step, root) {
    const links = [...this.#links()];
    const here = links.findIndex((link) => link.pathname === root);
    const from = here < 0 && step < 0 ? 0 : here;
    const order = links.map((_, index) => links[(from + step * (index + 1) + 2 * links.length) % links.length]);
    const next = order.find((link) => link !== links[here] && this.unread.of(Number(link.dataset.roomId)).unread > 0);
    return next ? new URL(next.href) : null;
  }

  #replace(rooms) {
    this.unread.replace(rooms);
    const present = new Set(rooms.map((room) => String(room.id)));
    for (const link of this.#links()) if (!present.has(link.dataset.roomId)) link.closest("li").remove();
    for (const room of rooms) this.#show(room);
    this.#sayEmpty();
    this.render();
  }

  /** What comes of a room that has just been left counts: its pulses begin behind it. */
  #changed({ room, messages }) {
    if (room === this.current) return;
    if (this.unread.add(room, messages.map(asCounted))) this.render();
  }

  #marked(frame) {
    this.unread.marked(frame.room, frame);
    this.render();
  }

  #joined(room) {
    this.unread.join(room);
    this.#show(room);
    this.#sayEmpty();
    this.render();
  }

  #left(room) {
    this.unread.leave(room);
    this.#link(room)?.closest("li").remove();
    this.#sayEmpty();
    this.render();
  }

  #show({ id, slug, name }) {
    if (this.#link(id)) return this.rename(id, name);
    const label = element("span", { class: "room-name", dir: "auto" }, name);
    const counts = ["unread", "mentions"].map((kind) => element("span", { class: kind, hidden: true }));
    const attributes = { class: `room-link hue-${id % 12}`, href: `/rooms/${slug}/`, "data-room-id": id };
    return this.#place(element("li", {}, element("a", attributes, label, ...counts)), name);
  }

  #place(item, name) {
    item.remove();
    const next = [...this.#links()].find((link) => nameIn(link).localeCompare(name) > 0);
    if (next) next.closest("li").before(item);
    else this.list.append(item);
  }

  #sayEmpty() {
    const present = this.list.querySelector(".sidebar-empty");
    if (this.#links().length) present?.remove();
    else if (!present) this.list.append(element("li", { class: "sidebar-empty" }, text("no_rooms")));
  }

  #draw() {
    for (const link of this.#links()) {
      const { unread, mentions } = this.unread.of(Number(link.dataset.roomId));
      link.classList.toggle("is-unread", unread > 0);
      draw(link.querySelector(".unread"), unread);
      draw(link.querySelector(".mentions"), mentions);
    }
    const { total } = this.unread;
    this.badge.show(total);
    const dot = document.querySelector("#menu .menu-dot");
    if (dot) dot.hidden = total === this.unread.of(this.current).unread;
  }

  #links() {
    return this.list.querySelectorAll("a[data-room-id]");
  }

  #link(id) {
    return this.list.querySelector(`a[data-room-id="${id}"]`);
  }
}

function nameIn(link) {
  return link.querySelector(".room-name").textContent;
}

function draw(place, count) {
  const words = count ? countText(count) : "";
  place.hidden = count === 0;
  if (place.textContent !== words) place.textContent = words;
}
