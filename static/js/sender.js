/** Takes messages out of the outbox to the server: over the socket, or over HTTP while the socket is down. */

import { delay } from "./backoff.js";
import { post, Refused } from "./http.js";
import { Signals } from "./signals.js";
import { Lost } from "./socket.js";
import { uuid4 } from "./uuid.js";

const PATIENCE_MS = 2_000;
const RENEW_MS = 3_000;
const COURTESY_MS = 1_000; // for the tab in which it was said to send it itself
const NOT_NOW = ["unavailable", "unauthenticated", "rate_limited"];

function ask(event) {
  event.preventDefault(); // the browser says in its own words that something would be lost
}

/** Signals: "changed" (the outbox), "stored" ({entry, overHttp}), "unreached" (nobody answers, or not now), "told-to-wait" ({room, until}). */
export class Sender extends Signals {
  #timer = null;
  #requests = new AbortController(); // what is under way over HTTP

  constructor({ outbox, journal, socket, user }) {
    super();
    Object.assign(this, { outbox, journal, socket, user });
    socket.on("ready", () => this.#ready());
    socket.on("down", () => this.pump());
    journal.on("told", (news) => this.#told(news));
    journal.on("wiped", () => this.#forget());
    addEventListener("online", () => this.#hurry());
    this.on("changed", () => this.#guard());
    addEventListener("pagehide", () => outbox.taken.forEach((room) => journal.release(room))); // or the others wait for it
  }

  /** What earlier windows have left to be sent, and other ones are sending. */
  async start(notBefore = 0) {
    const entries = await this.journal.all();
    if (entries) this.#adopt(entries, notBefore);
    this.pump();
  }

  /** Queue `body` for `room`; `url` is where the room's form posts. Resolves when it is on disk, or cannot be. */
  async say(room, url, body) {
    const { clientId, ...entry } = this.outbox.add({ clientId: uuid4(), room, url, body, at: Date.now() });
    this.emit("changed");
    this.outbox.kept(clientId, await this.journal.add({ clientId, ...entry }));
    this.emit("changed");
    this.pump();
  }

  async retry(clientId) {
    this.outbox.retry(clientId);
    this.emit("changed");
    await this.journal.change(clientId, { state: "waiting", detail: "" });
    this.start();
  }

  async remove(clientId) {
    this.outbox.remove(clientId);
    this.emit("changed");
    await this.journal.change(clientId, null);
    this.start();
  }

  /** The message itself came, whoever sent it and whether or not its answer does. */
  arrived(clientId, message) {
    const entry = this.outbox.find(clientId);
    if (!entry || entry.state === "stored") return;
    this.outbox.stored(clientId, message);
    this.emit("changed");
    this.journal.change(clientId, null, { stored: clientId, message });
  }

  /** Send all that may go now, and come back when more may. */
  pump() {
    clearTimeout(this.#timer);
    if (this.socket.hasEnded) return;
    const now = Date.now();
    const patience = this.socket.isReady ? 0 : Math.min(PATIENCE_MS, this.socket.downSince + PATIENCE_MS - now);
    if (patience <= 0) for (const room of this.outbox.due(now)) this.#take(room);
    const wait = patience > 0 ? patience : this.outbox.wait(now);
    if (wait !== null) this.#timer = setTimeout(() => this.pump(), wait);
  }

  /** Only while there is reason: a page that may ask is not kept for the way back. */
  #guard() {
    if (this.outbox.isAtRisk) addEventListener("beforeunload", ask);
    else removeEventListener("beforeunload", ask);
  }

  /** A request that still hangs in the old line's hole must not hold up the new one. */
  #ready() {
    this.journal.resume();
    this.#requests.abort();
    this.#requests = new AbortController();
    this.#hurry();
  }

  #hurry() {
    this.outbox.hurry();
    this.pump();
  }

  /** One message of the room, when no other tab is sending for it. */
  async #take(room) {
    this.outbox.take(room);
    const turn = await this.journal.take(room);
    if (turn?.until) this.outbox.rest(room, turn.until);
    else await this.#sendNext(room, turn?.entries);
    this.outbox.free(room);
    this.pump();
  }

  async #sendNext(room, entries) {
    if (entries) this.#adopt(entries);
    const entry = this.outbox.head(room);
    if (!entry || entry.notBefore > Date.now()) return this.journal.release(room);
    const renewal = setInterval(() => this.journal.take(room), RENEW_MS);
    const settle = await this.#send(entry);
    clearInterval(renewal);
    return settle();
  }

  /** Gives what is then to be done in the journal. */
  async #send(entry) {
    const overHttp = !this.socket.isReady;
    try {
      const { message } = await (overHttp ? this.#overHttp(entry) : this.#overSocket(entry));
      if (!message) throw new Refused({}); // an answer, but not ours
      return this.#stored(entry, message, overHttp);
    } catch (problem) {
      return this.#judge(entry, problem);
    }
  }

  #overSocket({ room, clientId, body }) {
    return this.socket.request({ type: "message.post", room, client_id: clientId, body });
  }

  #overHttp({ url, clientId, body }) {
    return post(url, { client_id: clientId, body, written_by: this.user }, this.#requests.signal);
  }

  #stored(entry, message, overHttp) {
    this.outbox.stored(entry.clientId, message);
    this.emit("changed");
    this.emit("stored", { entry, overHttp });
    return () => this.journal.settle(entry, null, { stored: entry.clientId, message });
  }

  /** Refused for good, or only not now. Nobody answering is never a refusal. */
  #judge(entry, problem) {
    const { clientId, tries } = entry;
    const later = (ms, tried) => {
      this.outbox.postpone(clientId, Date.now() + ms, tried);
      return () => this.journal.release(entry.room);
    };
    if (problem instanceof Lost || (problem.name === "AbortError" && this.socket.isReady)) return later(0, 0);
    if (problem.retryAfter) {
      this.emit("told-to-wait", { room: entry.room, until: Date.now() + problem.retryAfter * 1000 });
      return later(problem.retryAfter * 1000 + delay(0), 0);
    }
    if (!(problem instanceof Refused) || NOT_NOW.includes(problem.code)) {
      this.emit("unreached");
      return later(delay(tries + 1), tries + 1);
    }
    this.outbox.fail(clientId, problem.detail);
    this.emit("changed");
    return () => this.journal.settle(entry, { state: "failed", detail: problem.detail });
  }

  // What other tabs do.

  #told({ stored, message, free }) {
    if (free) this.outbox.rest(free, 0);
    const entry = stored && this.outbox.find(stored);
    if (!entry) return this.start(Date.now() + COURTESY_MS);
    if (entry.state === "stored") return undefined;
    this.outbox.stored(stored, message);
    this.emit("changed");
    return this.emit("stored", { entry, overHttp: !this.socket.isReady });
  }

  #adopt(entries, notBefore) {
    this.outbox.adopt(entries, notBefore);
    this.emit("changed");
  }

  #forget() {
    this.outbox.clear();
    this.emit("changed");
  }
}
