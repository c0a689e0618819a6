/** Messages not answered yet: in order and one in flight per room, always under the client_id they began with. */

export class Outbox {
  /** `stored` is what `toJSON` gave earlier; what was in flight then may or may not have arrived, so it goes again. */
  constructor(stored = []) {
    this.entries = stored.map((entry) => ({ ...entry, state: entry.state === "failed" ? "failed" : "waiting" }));
  }

  /** `entry` is {clientId, room, url, body, at}. */
  add(entry) {
    const added = { ...entry, state: "waiting", notBefore: 0, detail: "" };
    this.entries.push(added);
    return added;
  }

  find(clientId) {
    return this.entries.find((entry) => entry.clientId === clientId);
  }

  inRoom(room) {
    return this.entries.filter((entry) => entry.room === room);
  }

  /** The entries that may go now: the first waiting one of every room with none in flight. */
  due(now) {
    const heads = new Map();
    for (const entry of this.entries) {
      if (entry.state === "flying") heads.set(entry.room, null);
      if (entry.state === "waiting" && !heads.has(entry.room)) heads.set(entry.room, entry);
    }
    return [...heads.values()].filter((entry) => entry && entry.notBefore <= now);
  }

  /** Milliseconds until the next postponed entry is due, or null when none is postponed. */
  wait(now) {
    const times = this.entries.filter((e) => e.state === "waiting" && e.notBefore > now).map((e) => e.notBefore - now);
    return times.length ? Math.min(...times) : null;
  }

  fly(clientId) {
    this.#set(clientId, "flying");
  }

  /** Answered: it is in the database. The bubble stays until the message itself is on the page. */
  stored(clientId, message) {
    this.#set(clientId, "stored", { message });
  }

  fail(clientId, detail) {
    this.#set(clientId, "failed", { detail });
  }

  /** Not refused, only not now: the same entry again, and those behind it keep waiting. */
  postpone(clientId, until) {
    this.#set(clientId, "waiting", { notBefore: until });
  }

  /** The connection went while they were in flight: unknown, so they are sent again. */
  interrupt() {
    for (const entry of this.entries) if (entry.state === "flying") entry.state = "waiting";
  }

  retry(clientId) {
    this.#set(clientId, "waiting", { notBefore: 0, detail: "" });
  }

  remove(clientId) {
    this.entries = this.entries.filter((entry) => entry.clientId !== clientId);
  }

  toJSON() {
    return this.entries.filter((entry) => entry.state !== "stored");
  }

  #set(clientId, state, more = {}) {
    const entry = this.find(clientId);
    if (entry) Object.assign(entry, { state }, more);
  }
}
