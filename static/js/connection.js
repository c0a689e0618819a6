/** The line that says what the connection is: only after 2 s without one, and "up to date" for 2 s when it is back. */

import { element } from "./dom.js";
import { text } from "./page.js";

const PATIENCE_MS = 2_000;
const BACK_MS = 2_000;
const TRYING_MS = 600; // so long at least "Trying…" stands, or nobody could read it

export class ConnectionLine {
  #timer = null;
  #trying = null;
  #heard = ""; // the server's words at this attempt, when it answered but let nobody in
  #refusal = ""; // those of the last attempt: true until the next
  #isReached = false; // no socket, but requests come through

  constructor(line, { socket, sender }) {
    Object.assign(this, { line, socket, sender });
    this.words = element("span", { class: "connection-words" });
    this.again = element("button", { type: "button", class: "link-button" }, text("try_now"));
    this.again.addEventListener("click", () => this.#try());
    socket.on("refused", (words) => (this.#heard = words));
    socket.on("down", () => this.#down());
    socket.on("ended", (why) => this.#ended(why));
    sender.on("stored", ({ overHttp }) => this.#reach(overHttp));
    sender.on("unreached", () => this.#reach(false));
    sender.on("changed", () => this.#isOffline && this.#say());
    this.#down();
  }

  /** Connected, and nothing is missing any more. */
  up() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#isReached = false;
    this.#refusal = "";
    this.#rest();
    if (this.line.hidden) return;
    this.#show("is-back", text("up_to_date"));
    this.#timer = setTimeout(() => (this.line.hidden = true), BACK_MS);
  }

  get #isOffline() {
    return !this.line.hidden && this.line.classList.contains("is-offline");
  }

  #down() {
    this.#refusal = this.#heard;
    this.#heard = "";
    if (this.#refusal || this.#isOffline) return this.#offline();
    const isWaiting = this.#timer !== null && !this.line.classList.contains("is-back");
    if (isWaiting) return undefined;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#offline(), PATIENCE_MS);
    return undefined;
  }

  #offline() {
    clearTimeout(this.#timer);
    this.#rest();
    this.#say();
    if (!this.#isOffline) this.#show("is-offline", this.words, " ", this.again); // else as it is: a focused button stays
  }

  /** What is true now; nothing is touched, and read out again, when it was true before. */
  #say() {
    const words = this.#refusal || this.#truth();
    if (this.words.textContent !== words) this.words.textContent = words;
  }

  #truth() {
    if (this.sender.outbox.isAtRisk) return text("offline_unkept");
    return this.#isReached ? text("not_live") : text("offline");
  }

  #reach(isReached) {
    this.#isReached = isReached;
    if (this.#isOffline) this.#say();
  }

  #try() {
    this.again.textContent = text("trying");
    clearTimeout(this.#trying);
    this.#trying = setTimeout(() => (this.#trying = null), TRYING_MS);
    this.socket.wake();
  }

  /** The attempt is over. */
  #rest() {
    const rest = () => (this.again.textContent = text("try_now"));
    if (this.#trying === null) rest();
    else setTimeout(rest, TRYING_MS);
  }

  #ended(why) {
    clearTimeout(this.#timer);
    if (why === "banned") return this.#show("is-ended", text("banned"));
    const next = encodeURIComponent(location.pathname);
    const link = element("a", { class: "link-button", href: `/accounts/login/?next=${next}` }, text("sign_in"));
    const words = this.sender.journal.isSilent ? text("signed_out_here") : text("signed_out");
    return this.#show("is-ended", words, " ", link);
  }

  #show(state, ...words) {
    this.line.classList.remove("is-offline", "is-back", "is-ended");
    this.line.classList.add(state);
    this.line.replaceChildren(...words);
    this.line.hidden = false;
  }
}
