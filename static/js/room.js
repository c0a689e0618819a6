/** Follows one room over the socket: opens it at its cursor, applies changes, closes gaps, loads afresh when told to. */

import { getJSON } from "./http.js";
import { Signals } from "./signals.js";
import { Lost } from "./socket.js";

const RESYNC_JITTER_MS = 3_000;
const BEHIND_MS = 2_000;
const AGAIN_MS = 2_000;

/** Signals: "live", "left", "here" (people), "members", "header", "applied" ({frame, fresh}). */
export class RoomFeed extends Signals {
  #isOpening = false;
  #isResyncing = false;

  /** `newest` is the last message of the room when its list was read: what comes behind it is new. */
  constructor({ room, url, cursor, newest, socket, timeline, history, life }) {
    super();
    Object.assign(this, { room, url, cursor, newest, socket, timeline, history, life });
  }

  /** Once everybody listens: open the room now, or as soon as the socket is ready. */
  start() {
    this.#listen();
    if (this.socket.isReady) this.#begin(this.socket.hello);
  }

  #listen() {
    const mine = (frame) => frame.room === this.room;
    const { socket, life } = this;
    socket.on("ready", (hello) => this.#begin(hello), life);
    socket.on("down", () => (this.#isOpening = false), life);
    socket.on("room.changes", (frame) => mine(frame) && this.#changes(frame), life);
    socket.on("room.resync", (frame) => mine(frame) && this.#resync(), life);
    socket.on("room.left", (frame) => mine(frame) && this.emit("left"), life);
    socket.on("pong", ({ heads }) => this.#compare(heads?.[this.room]), life);
  }

  /** What the socket cannot bring now: the changes after the cursor, over HTTP. */
  async catchUp() {
    const frame = await getJSON(`${this.url}changes/?after=${this.cursor.seq}`);
    if (this.life.aborted || frame.type !== "room.changes") return;
    this.#changes(frame);
    if (frame.more) await this.catchUp();
  }

  #begin(hello) {
    if (this.cursor.isForeign(hello.epoch)) this.#resync();
    else this.#open();
  }

  async #open() {
    if (this.life.aborted || this.#isOpening || this.#isResyncing) return;
    this.#isOpening = true;
    const { seq, epoch } = this.cursor;
    try {
      const frame = await this.socket.request({ type: "room.open", room: this.room, after: seq, epoch });
      this.#isOpening = false;
      this.#opened(frame);
    } catch (problem) {
      this.#isOpening = false;
      this.#refused(problem);
    }
  }

  /** The frame itself has been applied already: replies come as events too, in their order among the others. */
  #opened(frame) {
    if (this.life.aborted || frame.type === "room.resync") return;
    if (frame.here) this.emit("here", frame.here);
    if (frame.more) this.#open();
    else this.emit("live");
  }

  #refused(problem) {
    if (this.life.aborted || problem instanceof Lost) return;
    if (problem.code === "not_found" || problem.code === "forbidden") this.emit("left");
    else setTimeout(() => this.#open(), problem.retryAfter ? problem.retryAfter * 1000 : AGAIN_MS);
  }

  #changes(frame) {
    if (this.cursor.judge(frame.after) === "gap") return this.#open();
    if (frame.members.length) this.emit("members", frame.members);
    if (frame.header) this.emit("header", frame.header);
    const fresh = this.timeline.batch(() => frame.messages.filter((entry) => this.#put(entry)));
    this.cursor.advance(frame.seq);
    return this.emit("applied", { frame, fresh });
  }

  /** Put a message; true when it is a new one rather than a change of an old one. */
  #put(entry) {
    this.timeline.put(entry);
    const isFresh = entry.id > this.newest && !entry.edited_at && !entry.deleted_at;
    this.newest = Math.max(this.newest, entry.id);
    return isFresh;
  }

  #compare(head) {
    if (head === undefined || !this.cursor.isBehind(head)) return;
    setTimeout(() => this.cursor.isBehind(head) && this.#open(), BEHIND_MS);
  }

  /** Too much has changed for a replay: everybody loads the list by HTTP, but not all in the same second. */
  #resync() {
    if (this.#isResyncing) return;
    this.#isResyncing = true;
    setTimeout(() => this.#reload(this.#place()), Math.random() * RESYNC_JITTER_MS);
  }

  /** The message the reader is at, or null when he follows the end. */
  #place() {
    const { scroller, window: loaded } = this.timeline;
    const isAtEnd = scroller.isFollowing && loaded.atEnd;
    return isAtEnd ? null : (scroller.anchor()?.id.replace("message-", "") ?? null);
  }

  async #reload(around) {
    if (this.life.aborted) return;
    try {
      const { cursor, epoch, last, atEnd } = await (around ? this.history.open(`around=${around}`) : this.history.openEnd());
      this.cursor.restart(cursor, epoch);
      if (this.life.aborted) return;
      if (atEnd) this.newest = last ?? 0;
      this.#isResyncing = false;
      this.#open();
    } catch {
      // In a restored database the message we stood at may not exist.
      setTimeout(() => this.#reload(null), AGAIN_MS + Math.random() * RESYNC_JITTER_MS);
    }
  }
}
