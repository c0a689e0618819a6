/** Where the reader was in each entry of the browser's history: kept in the entry itself, so that going back finds it. */

const PAUSE_MS = 300;

/** Keeps the place of what is on screen, as long as `life` lasts. */
export class Places {
  #timer = null;

  /** `root` is the address of the room that `scroller` shows. */
  constructor(scroller, { root, life }) {
    Object.assign(this, { scroller, root });
    scroller.on("moved", () => this.#soon());
    life.addEventListener("abort", () => clearTimeout(this.#timer));
    addEventListener("pagehide", () => this.keep(), { signal: life });
  }

  /** Write down now where the reader is. */
  keep() {
    clearTimeout(this.#timer);
    if (!location.pathname.startsWith(this.root)) return; // another entry is on its way to the screen
    const anchor = this.scroller.isFollowing ? null : this.scroller.anchor();
    history.replaceState({ ...history.state, place: anchor }, "");
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.keep(), PAUSE_MS);
  }
}

/** The id of the message that `state` (of a history entry) stands at; null at the end, or when none was kept. */
export function placeIn(state) {
  return state?.place ? Number(state.place.id.replace("message-", "")) : null;
}

/** Stand in `box` where `state` says. False when the message is not there. */
export function standAt(box, state) {
  const row = state?.place && document.getElementById(state.place.id);
  if (!row) return false;
  box.scrollTop += row.getBoundingClientRect().top - box.getBoundingClientRect().top - state.place.offset;
  return true;
}
