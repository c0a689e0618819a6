/** The line that says the connection is gone: only after 2 s, and "up to date" for 2 s when it is back. */

import { element } from "./dom.js";
import { text } from "./page.js";

const PATIENCE_MS = 2_000;
const BACK_MS = 2_000;

export class ConnectionLine {
  #timer = null;
  #refusal = ""; // the server's words, when it let this window in but said no

  constructor(line, { socket }) {
    Object.assign(this, { line, socket });
    socket.on("refused", (words) => (this.#refusal = words));
    socket.on("down", () => this.#down());
    socket.on("ended", (why) => this.#ended(why));
    this.#down();
  }

  /** Connected, and nothing is missing any more. */
  up() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (this.line.hidden) return;
    this.#show("is-back", text("up_to_date"));
    this.#timer = setTimeout(() => (this.line.hidden = true), BACK_MS);
  }

  #down() {
    const refusal = this.#refusal;
    this.#refusal = "";
    const isWaiting = this.#timer !== null && !this.line.classList.contains("is-back");
    const isShown = !this.line.hidden && this.line.classList.contains("is-offline");
    if (refusal || isShown) return this.#offline(refusal || text("offline"));
    if (isWaiting) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#offline(text("offline")), PATIENCE_MS);
  }

  #offline(words) {
    clearTimeout(this.#timer);
    const isSaid = !this.line.hidden && this.line.textContent.startsWith(words);
    if (isSaid) return; // as it is, so that a focused button stays
    const again = element("button", { type: "button", class: "link-button" }, text("try_now"));
    again.addEventListener("click", () => this.socket.wake());
    this.#show("is-offline", words, " ", again);
  }

  #ended(why) {
    clearTimeout(this.#timer);
    if (why === "banned") return this.#show("is-ended", text("banned"));
    const next = encodeURIComponent(location.pathname);
    const link = element("a", { class: "link-button", href: `/accounts/login/?next=${next}` }, text("sign_in"));
    return this.#show("is-ended", text("signed_out"), " ", link);
  }

  #show(state, ...words) {
    this.line.classList.remove("is-offline", "is-back", "is-ended");
    this.line.classList.add(state);
    this.line.replaceChildren(...words);
    this.line.hidden = false;
  }
}
