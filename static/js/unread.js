/** Unread and mention counts per room, each true at the seq beside it; only what came after that seq is added. */

const CEILING = 100;

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
      if (known && room.seq > known.seq && room.last_read >= known.last_read) this.join(room);
    }
  }

  join(room) {
    this.rooms.set(room.id, { ...room, last_message: room.last_message ?? 0 });
  }

  leave(id) {
    this.rooms.delete(id);
  }

  /** New messages up to `seq`: each {id, author (an id), mentions (ids), seq?}. True when a count changed. */
  add(id, seq, messages) {
    const room = this.rooms.get(id);
    if (!room || seq <= room.seq) return false;
    let changed = false;
    for (const message of messages) changed = this.#count(room, message) || changed;
    room.seq = seq;
    return changed;
  }

  marked(id, { seq, last_read: lastRead, unread, mentions }) {
    const room = this.rooms.get(id);
    if (!room) return;
    room.seq = Math.max(room.seq, seq);
    if (lastRead !== undefined) room.last_read = lastRead;
    Object.assign(room, { unread, mentions });
  }

  of(id) {
    return this.rooms.get(id) ?? { unread: 0, mentions: 0, last_read: 0, last_message: 0 };
  }

  get total() {
    return [...this.rooms.values()].reduce((sum, room) => sum + room.unread, 0);
  }

  #count(room, message) {
    const isKnown = message.id <= room.last_message || (message.seq !== undefined && message.seq <= room.seq);
    room.last_message = Math.max(room.last_message, message.id);
    if (isKnown || message.author === this.me || message.id <= room.last_read) return false;
    room.unread = Math.min(CEILING, room.unread + 1);
    if (message.mentions.includes(this.me)) room.mentions = Math.min(CEILING, room.mentions + 1);
    return true;
  }
}

/** How a count is written: 100 stands for "or more". */
export function countText(count) {
  return count >= CEILING ? `${CEILING - 1}+` : String(count);
}
