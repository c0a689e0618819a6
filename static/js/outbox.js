/** Messages not answered yet: in order and one under way per room, always under the client_id they began with. */

const LAST = Number.MAX_SAFE_INTEGER;

/** What the journal keeps, as this tab knows it; an `order` of null is an entry that is in this tab's memory alone. */
export class Outbox {
  entries = [];
  #taken = new Set(); // rooms that this tab is sending for
  #rests = new Map(); // rooms that another tab is sending for, and until when at most
  #gone = new Set(); // what was answered or discarded here, when an older reading of the journal still has it

  /** `entry` is {clientId, room, url, body, at}. */
  add(entry) {
    const added = { ...entry, order: null, state: "waiting", detail: "", notBefore: 0, tries: 0 };
    this.entries.push(added);
    return added;
  }

  find(clientId) {
    return this.entries.find((entry) => entry.clientId === clientId);
  }

  inRoom(room) {
    return this.entries.filter((entry) => entry.room === room);
  }

  /** Whether closing this tab now would lose words. */
  get isAtRisk() {
    return this.entries.some((entry) => entry.order === null && entry.state !== "stored");
  }

  /** How many are not in the database yet, as far as is known here. */
  get unsent() {
    return this.entries.filter((entry) => entry.state !== "stored").length;
  }

  /** The disk has it, at this place among those of all tabs; null when it could not be kept. */
  kept(clientId, order) {
    const entry = this.find(clientId);
    if (entry) entry.order = order;
    this.#sort();
  }

  /** Take over what the journal holds: what other tabs have said, and settled. What is new may go at `notBefore`. */
  adopt(kept, notBefore = 0) {
    const present = new Set(kept.map((entry) => entry.clientId));
    this.entries = this.entries.filter(({ clientId, state, order }) => state === "stored" || order === null || present.has(clientId));
    for (const entry of kept) this.#adopt(entry, notBefore);
    this.#sort();
  }

  #adopt(entry, notBefore) {
    if (this.#gone.has(entry.clientId)) return;
    const known = this.find(entry.clientId);
    const isNews = !known || known.state !== entry.state; // said, or to be tried again, by another tab
    if (known?.state !== "stored") Object.assign(known ?? this.add(entry), entry, isNews ? { notBefore } : {});
  }

  #sort() {
    this.entries.sort((one, other) => (one.order ?? LAST) - (other.order ?? LAST));
  }

  /** The one entry of the room that may go next, when its time has come. */
  head(room) {
    return this.entries.find((entry) => entry.room === room && entry.state === "waiting");
  }

  /** The rooms for which something may go now. */
  due(now) {
    return this.#heads().filter((entry) => this.#time(entry) <= now).map((entry) => entry.room);
  }

  /** Milliseconds until the next postponed entry is due, or null when none is postponed. */
  wait(now) {
    const times = this.#heads().map((entry) => this.#time(entry) - now).filter((time) => time > 0);
    return times.length ? Math.min(...times) : null;
  }

  #heads() {
    const rooms = new Set(this.entries.map((entry) => entry.room));
    return [...rooms].filter((room) => !this.#taken.has(room)).map((room) => this.head(room)).filter(Boolean);
  }

  #time(entry) {
    return Math.max(entry.notBefore, this.#rests.get(entry.room) ?? 0);
  }

  get taken() {
    return [...this.#taken];
  }

  take(room) {
    this.#taken.add(room);
  }

  free(room) {
    this.#taken.delete(room);
  }

  /** Another tab sends for the room; 0: it has done. */
  rest(room, until) {
    this.#rests.set(room, until);
  }

  /** Answered: it is in the database. The bubble stays until the message itself is on the page. */
  stored(clientId, message) {
    this.#set(clientId, { state: "stored", message });
  }

  fail(clientId, detail) {
    this.#set(clientId, { state: "failed", detail });
  }

  /** Not refused, only not now: the same entry again, and those behind it keep waiting. */
  postpone(clientId, until, tries = 0) {
    this.#set(clientId, { notBefore: until, tries });
  }

  retry(clientId) {
    this.#set(clientId, { state: "waiting", notBefore: 0, tries: 0, detail: "" });
  }

  /** The line is back: what waited for that waits no more. */
  hurry() {
    for (const entry of this.entries) if (entry.tries) Object.assign(entry, { notBefore: 0, tries: 0 });
  }

  remove(clientId) {
    this.#gone.add(clientId);
    this.entries = this.entries.filter((entry) => entry.clientId !== clientId);
  }

  clear() {
    for (const { clientId } of this.entries) this.remove(clientId);
  }

  #set(clientId, change) {
    const entry = this.find(clientId);
    if (entry && entry.state !== "stored") Object.assign(entry, change); // nothing undoes that it is in the database
  }
}
