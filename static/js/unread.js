/** Unread and mention counts per room: the server's, and by id what was said since, so that no order of arrival matters. */

const CEILING = 100;
const KEPT = 1_000; // ids beside a count: more than the ceiling, should a count come that includes only some of them

export class Unread {
  constructor(me) {
    this.me = me;
    this.rooms = new Map();
  }

  /** The rooms of a hello: each {id, seq, last_message, last_read, unread, mentions, …}. */
  replace(rooms) {
    this.rooms = new Map();
    for (const room of rooms) this.join(room);
  }

  /** The same of a page: what it knows later than we do, of rooms that are still there. */
  refresh(rooms) {
    for (const room of rooms) {
      const known = this.rooms.get(room.id);
      if (known && room.seq > known.counted.seq && room.last_read >= known.last_read) this.marked(room.id, room);
    }
  }

  join(room) {
    this.rooms.set(room.id, { ...room, counted: room, since: new Map() });
  }

  leave(id) {
    this.rooms.delete(id);
  }

  /** Messages of the room, also those that are counted already: each {id, author (an id), mentions (ids)}. True when a count changed. */
  add(id, messages) {
    const room = this.rooms.get(id);
    if (!room) return false;
    for (const message of messages) if (message.id > room.counted.last_message) this.#keep(room, message);
    return this.#sum(room);
  }

  /** The server's counts, unless they are older than those it told before. */
  marked(id, counted) {
    const room = this.rooms.get(id);
    if (!room || counted.seq < room.counted.seq) return;
    room.counted = counted;
    room.last_read = counted.last_read;
    room.last_message = Math.max(room.last_message, counted.last_message);
    for (const message of [...room.since.keys()]) if (message <= counted.last_message) room.since.delete(message);
    this.#sum(room);
  }

  of(id) {
    return this.rooms.get(id) ?? { unread: 0, mentions: 0, last_read: 0, last_message: 0 };
  }

  get total() {
    return [...this.rooms.values()].reduce((sum, room) => sum + room.unread, 0);
  }

  /** One's own are kept too: they are nothing new, but they may come again. */
  #keep(room, { id, author, mentions }) {
    const isOthers = author !== this.me;
    room.since.set(id, { unread: isOthers, mentions: isOthers && mentions.includes(this.me) });
    room.last_message = Math.max(room.last_message, id);
    if (room.since.size > KEPT) room.since.delete(room.since.keys().next().value);
  }

  #sum(room) {
    const since = [...room.since.values()];
    const counts = ["unread", "mentions"].map((kind) => room.counted[kind] + since.filter((message) => message[kind]).length);
    const [unread, mentions] = counts.map((count) => Math.min(CEILING, count));
    const isOther = unread !== room.unread || mentions !== room.mentions;
    Object.assign(room, { unread, mentions });
    return isOther;
  }
}

/** What counts of a message in a `room.changes`. */
export function asCounted({ id, author, mentions }) {
  return { id, author: author.id, mentions };
}

/** How a count is written: 100 stands for "or more". */
export function countText(count) {
  return count >= CEILING ? `${CEILING - 1}+` : String(count);
}
