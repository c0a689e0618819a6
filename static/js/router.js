/** From room to room without loading a page; whatever is no room, or does not fit, is loaded as ever. */

import { roomAddress } from "./addresses.js";
import { isTouch } from "./composer.js";
import { page, text } from "./page.js";
import { placeIn, standAt } from "./places.js";
import { fetchRoom, loadParts, swapIn } from "./swap.js";

const PATIENCE_MS = 15_000;

const byId = (id) => document.getElementById(id);

export class Router {
  #turn = null; // the way under way: only the latest arrives
  #path = location.pathname + location.search;

  /** `leaving` is called when somebody sets out; `say` tells screen readers. */
  constructor({ stage, waiting, connection, leaving, say }) {
    Object.assign(this, { stage, waiting, connection, leaving, say });
  }

  start() {
    document.addEventListener("click", (event) => this.#clicked(event));
    addEventListener("popstate", () => this.#wentBack());
  }

  /** The address of the room on screen, or of the one that is on its way there. */
  get heading() {
    return this.#turn?.root ?? this.stage.view?.url;
  }

  /** Open the room, message or day at `url`, as a click on a link to it does. */
  go(url) {
    const address = roomAddress(url);
    this.leaving();
    if (!address) return location.assign(url);
    if (address.root === this.stage.view?.url) return this.#within(url, address);
    return this.#travel(url, address);
  }

  #clicked(event) {
    const link = event.target.closest?.("a[href]");
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !isPlain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || !roomAddress(url)) return;
    event.preventDefault();
    this.go(url);
  }

  /** In the room on screen the timeline finds the place itself. */
  async #within(url, address) {
    this.#cancel();
    this.stage.view.keepPlace();
    if (!(await this.stage.view.jump(url))) return this.#travel(url, address);
    this.#path = location.pathname + location.search;
    if (address.message === null && address.day === null) focusRoom();
    return undefined;
  }

  /** The address has changed already; the entry of the history says where its reader stood. */
  #wentBack() {
    const path = location.pathname + location.search;
    if (path === this.#path && location.hash) return undefined; // a jump within the page, which the browser made
    const url = new URL(location.pathname, location.href);
    const address = location.search ? null : roomAddress(url);
    this.#path = path;
    this.leaving();
    this.#cancel();
    if (!address) return location.reload();
    if (address.root === this.stage.view?.url && this.stage.view.stand(history.state)) return undefined;
    return this.#travel(url, address, { isBack: true });
  }

  async #travel(url, address, { isBack = false } = {}) {
    const name = nameOf(address);
    const turn = this.#begin(name, address.root);
    const place = isBack ? placeIn(history.state) : null;
    let coming;
    try {
      coming = await fetchRoom(place ? `${address.root}?around=${place}` : url, turn.signal);
      if (coming) await loadParts(coming);
    } catch {
      return this.#fail(turn, name, () => this.#travel(url, address, { isBack }));
    } finally {
      clearTimeout(turn.timer);
    }
    if (turn !== this.#turn) return undefined;
    if (coming) return this.#arrive(coming, url, isBack);
    return isBack ? location.reload() : location.assign(url);
  }

  #cancel() {
    this.#turn?.abort();
    this.#turn = null;
    this.waiting.end();
  }

  #begin(name, root) {
    this.#cancel();
    const turn = new AbortController();
    turn.root = root;
    turn.timer = setTimeout(() => turn.abort(), PATIENCE_MS);
    this.#turn = turn;
    this.waiting.begin(name);
    return turn;
  }

  #fail(turn, name, again) {
    if (turn !== this.#turn) return;
    this.#turn = null;
    this.waiting.fail(name, again);
  }

  #arrive(coming, url, isBack) {
    this.#turn = null;
    this.waiting.end();
    if (!isBack) this.stage.view?.keepPlace();
    this.stage.leave();
    if (!isBack) history.pushState(null, "", url);
    this.#path = location.pathname + location.search;
    document.title = coming.title;
    swapIn(coming, this.connection);
    if (isBack) standAt(byId("timeline"), history.state);
    this.stage.enter();
    focusRoom();
    this.say(text("opened", { name: byId("room-name").textContent }));
  }
}

/** What the room is called, as far as it is known before it is there. */
function nameOf({ root, slug }) {
  const link = document.querySelector(`#sidebar a[href="${CSS.escape(root)}"] .room-name`);
  return link?.textContent ?? page.rooms.find((room) => room.slug === slug)?.name ?? "";
}

/** Where people go on: in the box; by touch, where that would bring the keyboard up, in the room. */
function focusRoom() {
  const box = byId("composer")?.elements.namedItem("body");
  const isOpen = box && !isTouch() && box.checkVisibility();
  (isOpen ? box : byId("main")).focus({ preventScroll: true });
}
