/** The one socket of this tab: connects, says when it is ready, notices a dead line, and comes back by itself. */

import { afterClose, delay } from "./backoff.js";
import { Replies } from "./replies.js";
import { Signals } from "./signals.js";
import { watchWorld } from "./world.js";

const PING_MS = 25_000;
const SILENCE_MS = 60_000;
const PROBE_MS = 5_000; // for the answer to a ping that was sent on suspicion
const ANSWER_MS = 10_000; // of silence, while a command waits for its answer, are suspicious
const HELLO_MS = 20_000; // for the handshake and the first frame
const STALE_MS = 3_000; // a handshake that takes longer is begun anew when there is reason to think it would work now
// When a window that was signed out looks whether it is in again: a new password ends the session that its sockets
// know, and the browser has the next one only with the answer.
const RETURN_MS = [1_000, 4_000, 15_000];

/** The line went while an answer was awaited: nobody knows whether the command took effect. */
export class Lost extends Error {}

/**
 * Signals: "ready" (hello), "down" (also when one more attempt has failed), "refused" (too many, in words), "ended"
 * ("signed-out" or "banned"), every frame. After "signed-out" a "ready" may follow, when the same person
 * (`user`, an id) is in again.
 */
export class Socket extends Signals {
  #socket = null;
  #replies = new Replies();
  #attempt = 0;
  #toldToWait = 0;
  #lapses = 0;
  #timer = null;
  #mayReturn = false;
  #pingAt = 0;
  #deadAt = 0;
  #heardAt = 0;

  constructor(path, { user = null } = {}) {
    super();
    this.user = user;
    this.url = new URL(path, location.href);
    this.url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.isReady = false;
    this.hello = null; // the last one: what a room opened later begins with
    this.hasEnded = false;
    this.downSince = Date.now();
  }

  start() {
    watchWorld(this);
    this.#connect();
  }

  /** Something says the line may work again: connect now, or find out at once whether the open one still lives. */
  wake() {
    if (this.hasEnded) return this.#return();
    this.#attempt = 0;
    if (this.isReady) return this.probe();
    if (this.#socket && Date.now() < this.#heardAt + STALE_MS) return undefined; // on its way
    return this.#connect();
  }

  /** The page is put aside, and may come back: a socket would keep the browser from that. */
  rest() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    if (!socket || this.hasEnded) return;
    this.#fallen();
    socket.close();
  }

  /** Once a second. */
  tick(now) {
    if (!this.#socket) return;
    const isAsked = this.#deadAt <= now + PROBE_MS;
    if (now >= this.#deadAt) this.#abandon();
    else if (!isAsked && now >= Math.max(this.#heardAt, this.#replies.since) + ANSWER_MS) this.probe();
    else if (this.isReady && now >= this.#pingAt) this.#ping(now);
  }

  /** The line may be gone: ask, and do not wait long for the answer. */
  probe() {
    if (!this.isReady) return;
    this.#ping(Date.now());
    this.#deadAt = Date.now() + PROBE_MS;
  }

  /** The answer to `command`: its reply frame; Refused when it is an error, Lost when the line went. */
  async request(command) {
    if (!this.isReady) throw new Lost();
    const { ref, reply } = this.#replies.expect();
    this.tell({ ...command, ref });
    return reply;
  }

  /** Dropped when the line is down, and when it is closing: the close, which says so, may still have to come. */
  tell(command) {
    if (this.isReady && this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(command));
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#socket?.close();
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    this.#heardAt = Date.now();
    this.#deadAt = this.#heardAt + HELLO_MS;
    this.#pingAt = this.#heardAt + PING_MS;
    socket.onmessage = (event) => this.#socket === socket && this.#receive(event.data);
    socket.onclose = (event) => this.#socket === socket && this.#closed(event.code);
  }

  #receive(words) {
    this.#heard(Date.now());
    const frame = JSON.parse(words);
    if (frame.type === "hello") this.#welcomed(frame);
    else this.emit(frame.type, frame);
    if (frame.retry_after && !this.isReady) this.#refused(frame);
    this.#replies.settle(frame);
  }

  #welcomed(hello) {
    if (this.user !== null && hello.user.id !== this.user) return this.#end("signed-out"); // somebody else, in this browser
    this.hasEnded = false;
    this.#attempt = 0;
    this.#lapses = 0;
    this.isReady = true;
    this.hello = hello;
    this.emit("ready", hello);
  }

  /** Not let in, and told when to try again. */
  #refused({ code, detail, retry_after }) {
    this.#toldToWait = retry_after * 1000;
    if (code === "rate_limited") this.emit("refused", detail);
  }

  #closed(code) {
    if (this.hasEnded) return void (this.#socket = null); // it was only a look, and nobody is in
    const next = afterClose(code, this.#lapses);
    if (code === 4401) this.#lapses += 1;
    this.#fallen();
    if (next === "at-once") return this.#connect();
    if (next === "later") return this.#connectLater();
    this.#end(next);
    for (const wait of RETURN_MS) setTimeout(() => this.#return(), wait);
  }

  #end(why) {
    const socket = this.#socket;
    const isNews = !this.hasEnded;
    if (!isNews) this.#socket = null;
    else if (socket) this.#fallen();
    socket?.close();
    this.hasEnded = true;
    this.#mayReturn = why === "signed-out";
    if (isNews) this.emit("ended", why);
  }

  #return() {
    if (this.hasEnded && this.#mayReturn && !this.#socket) this.#connect();
  }

  #fallen() {
    const wasReady = this.isReady;
    this.#socket = null;
    this.isReady = false;
    if (wasReady) this.downSince = Date.now();
    this.#replies.lose(new Lost());
    this.emit("down");
  }

  #connectLater() {
    const wait = this.#toldToWait + delay(this.#attempt);
    this.#toldToWait = 0;
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  #heard(now) {
    this.#heardAt = now;
    this.#deadAt = now + SILENCE_MS;
  }

  #ping(now) {
    this.#pingAt = now + PING_MS;
    this.tell({ type: "ping" });
  }

  /** A dead line may take minutes to report its own close, so nobody waits for that. */
  #abandon() {
    const socket = this.#socket;
    if (this.hasEnded) this.#socket = null;
    else this.#fallen();
    socket.close();
    if (!this.hasEnded) this.#connectLater();
  }
}
