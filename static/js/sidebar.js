/** The list of rooms: counts beside each, rooms that come and go, the count in the title. */

import { element } from "./dom.js";
import { countText } from "./unread.js";

const PAUSE_MS = 300;
const HELLO_CEILING = 100;

export class Sidebar {
  #timer = null;

  constructor({ socket, unread, current, left }) {
    Object.assign(this, { unread, current });
    this.list = document.querySelector("#sidebar .room-links");
    this.title = document.title;
    socket.on("ready", ({ rooms }) => this.#replace(rooms));
    socket.on("room.pulse", ({ room, seq, messages }) => unread.add(room, seq, messages) && this.render());
    socket.on("read.marked", (frame) => this.#marked(frame));
    socket.on("room.joined", (frame) => this.#joined(frame.room));
    socket.on("room.left", ({ room }) => this.#left(room, left));
  }

  /** Counts that are about to be marked read do not flash: drawn after a short pause. */
  render() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#draw(), PAUSE_MS);
  }

  rename(room, name) {
    const label = this.#link(room)?.querySelector(".room-name");
    if (label) label.textContent = name;
  }

  retitle(title) {
    this.title = title;
    this.#draw();
  }

  #replace(rooms) {
    this.unread.replace(rooms);
    for (const room of rooms) if (!this.#link(room.id)) this.#add(room);
    const present = new Set(rooms.map((room) => String(room.id)));
    if (rooms.length < HELLO_CEILING) {
      for (const link of this.#links()) if (!present.has(link.dataset.roomId)) link.closest("li").remove();
    }
    this.render();
  }

  #marked(frame) {
    this.unread.marked(frame.room, frame);
    this.render();
  }

  #joined(room) {
    this.unread.join(room);
    if (!this.#link(room.id)) this.#add(room);
    this.render();
  }

  #left(room, left) {
    this.unread.leave(room);
    this.#link(room)?.closest("li").remove();
    this.render();
    left(room);
  }

  #add({ id, slug, name }) {
    const label = element("span", { class: "room-name", dir: "auto" }, name);
    const counts = ["unread", "mentions"].map((kind) => element("span", { class: kind, hidden: true }));
    const attributes = { class: `room-link hue-${id % 12}`, href: `/rooms/${slug}/`, "data-room-id": id };
    this.list.querySelector(".sidebar-empty")?.remove();
    const item = element("li", {}, element("a", attributes, label, ...counts));
    const next = [...this.#links()].find((link) => nameIn(link).localeCompare(name) > 0);
    if (next) next.closest("li").before(item);
    else this.list.append(item);
  }

  #draw() {
    for (const link of this.#links()) {
      const { unread, mentions } = this.unread.of(Number(link.dataset.roomId));
      link.classList.toggle("is-unread", unread > 0);
      draw(link.querySelector(".unread"), unread);
      draw(link.querySelector(".mentions"), mentions);
    }
    const { total } = this.unread;
    document.title = total ? `(${countText(Math.min(total, HELLO_CEILING))}) ${this.title}` : this.title;
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
  place.hidden = count === 0;
  place.textContent = count ? countText(count) : "";
}
