/** The one socket of this tab: connects, says when it is ready, notices a dead line, and comes back by itself. */

import { afterClose, delay } from "./backoff.js";
import { Refused } from "./http.js";
import { Signals } from "./signals.js";

const PING_MS = 25_000;
const SILENCE_MS = 60_000;
const PROBE_MS = 5_000;
const TICK_MS = 1_000;
// When a window that was signed out looks whether it is in again: a new password ends the session that its sockets
// know, and the browser has the next one only with the answer.
const RETURN_MS = [1_000, 4_000, 15_000];

/** The line went while an answer was awaited: nobody knows whether the command took effect. */
export class Lost extends Error {}

/**
 * Signals: "ready" (hello), "down", "refused" (too many, in words), "ended" ("signed-out" or "banned"), every frame.
 * After "signed-out" a "ready" may follow, when the same person (`user`, an id) is in again.
 */
export class Socket extends Signals {
  #socket = null;
  #awaited = new Map();
  #lastRef = 0;
  #attempt = 0;
  #toldToWait = 0;
  #lapses = 0;
  #timer = null;
  #mayReturn = false;
  #pingAt = 0;
  #deadAt = 0;
  #tickedAt = 0;

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
    this.#tickedAt = Date.now();
    setInterval(() => this.#tick(Date.now()), TICK_MS);
    addEventListener("online", () => this.wake());
    addEventListener("offline", () => this.#probe());
    addEventListener("pageshow", () => this.wake());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.wake());
    this.#connect();
  }

  /** Something says the line may work again: connect now, or find out at once whether the open one still lives. */
  wake() {
    if (this.hasEnded) this.#return();
    else if (this.#socket) this.#probe();
    else this.#connect();
  }

  /** The answer to `command`: its reply frame; Refused when it is an error, Lost when the line went. */
  request(command) {
    const ref = String(++this.#lastRef);
    return new Promise((resolve, reject) => {
      if (!this.isReady) return reject(new Lost());
      this.#awaited.set(ref, { resolve, reject });
      this.#socket.send(JSON.stringify({ ...command, ref }));
    });
  }

  /** A command nobody waits for; dropped when the line is down. */
  tell(command) {
    if (this.isReady) this.#socket.send(JSON.stringify(command));
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    this.#heard(Date.now());
    this.#pingAt = Date.now() + PING_MS;
    socket.onmessage = (event) => this.#socket === socket && this.#receive(event.data);
    socket.onclose = (event) => this.#socket === socket && this.#closed(event.code);
  }

  #receive(words) {
    this.#heard(Date.now());
    const frame = JSON.parse(words);
    if (frame.type === "hello") this.#welcomed(frame);
    else this.emit(frame.type, frame);
    if (frame.retry_after && !this.isReady) this.#refused(frame);
    this.#settle(frame);
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

  #settle(frame) {
    const waiting = this.#awaited.get(frame.ref);
    if (!waiting) return;
    this.#awaited.delete(frame.ref);
    if (frame.type === "error") waiting.reject(new Refused(frame));
    else waiting.resolve(frame);
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
    const lost = [...this.#awaited.values()];
    this.#awaited.clear();
    for (const { reject } of lost) reject(new Lost());
    this.emit("down");
  }

  #connectLater() {
    const wait = this.#toldToWait + delay(this.#attempt);
    this.#toldToWait = 0;
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  #heard(now) {
    this.#deadAt = now + SILENCE_MS;
  }

  #ping(now) {
    this.#pingAt = now + PING_MS;
    this.tell({ type: "ping" });
  }

  #probe() {
    if (!this.isReady) return;
    this.#ping(Date.now());
    this.#deadAt = Date.now() + PROBE_MS;
  }

  #tick(now) {
    const wasAsleep = now - this.#tickedAt > 5 * TICK_MS;
    this.#tickedAt = now;
    if (!this.#socket) return;
    // A sleeping or throttled tab has heard nothing because it did not listen: ask before giving up.
    if (wasAsleep && this.isReady) this.#probe();
    else if (now >= this.#deadAt) this.#abandon();
    else if (this.isReady && now >= this.#pingAt) this.#ping(now);
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
