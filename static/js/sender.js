/** Takes messages out of the outbox to the server: over the socket, or over HTTP while the socket is down. */

import { post } from "./http.js";
import { Signals } from "./signals.js";
import { Lost } from "./socket.js";
import { uuid4 } from "./uuid.js";

const PATIENCE_MS = 2_000;
const AGAIN_MS = 3_000;

/** Signals: "changed" (the outbox), "stored" ({entry, overHttp}). */
export class Sender extends Signals {
  #timer = null;

  constructor({ outbox, socket, store }) {
    super();
    Object.assign(this, { outbox, socket, store });
    socket.on("ready", () => this.#hurry());
    socket.on("down", () => this.pump());
    addEventListener("online", () => this.#hurry());
  }

  /** Queue `body` for `room`; `url` is where the room's form posts. */
  say(room, url, body) {
    const entry = this.outbox.add({ clientId: uuid4(), room, url, body, at: Date.now() });
    this.#changed();
    this.pump();
    return entry;
  }

  retry(clientId) {
    this.outbox.retry(clientId);
    this.#changed();
    this.pump();
  }

  remove(clientId) {
    this.outbox.remove(clientId);
    this.#changed();
    this.pump();
  }

  /** Send all that may go now, and come back when more may. */
  pump() {
    clearTimeout(this.#timer);
    const now = Date.now();
    const patience = this.socket.isReady ? 0 : this.socket.downSince + PATIENCE_MS - now;
    if (this.socket.hasEnded) return;
    if (patience <= 0) for (const entry of this.outbox.due(now)) this.#fly(entry);
    const wait = patience > 0 ? patience : this.outbox.wait(Date.now());
    if (wait !== null) this.#timer = setTimeout(() => this.pump(), wait);
  }

  #hurry() {
    for (const entry of this.outbox.entries) entry.notBefore = 0;
    this.pump();
  }

  async #fly(entry) {
    this.outbox.fly(entry.clientId);
    const overHttp = !this.socket.isReady;
    try {
      const answer = await (overHttp ? this.#overHttp(entry) : this.#overSocket(entry));
      this.outbox.stored(entry.clientId, answer.message);
      this.#changed();
      this.emit("stored", { entry, overHttp });
    } catch (problem) {
      this.#judge(entry, problem);
      this.#changed();
    }
    this.pump();
  }

  #overSocket({ room, clientId, body }) {
    return this.socket.request({ type: "message.post", room, client_id: clientId, body });
  }

  #overHttp({ url, clientId, body }) {
    return post(url, { client_id: clientId, body });
  }

  /** Refused for good, or only not now. Nobody answering is never a refusal. */
  #judge(entry, problem) {
    const later = (ms) => this.outbox.postpone(entry.clientId, Date.now() + ms);
    if (problem instanceof Lost) later(0);
    else if (problem instanceof TypeError || problem.code === "unauthenticated") later(AGAIN_MS);
    else if (problem.code === "rate_limited" || problem.code === "unavailable") later((problem.retryAfter ?? 2) * 1000);
    else this.outbox.fail(entry.clientId, problem.detail);
  }

  #changed() {
    this.store.setOutbox(this.outbox);
    this.emit("changed");
  }
}
