/** Where the reader is in the timeline: follows the end, and keeps what is being read in its place. */

import { Signals } from "./signals.js";

const NEAR_END_PX = 100;

/** Signals: "moved", at most once a frame. */
export class Scroller extends Signals {
  #depth = 0;
  #isAnnounced = false;

  constructor(box, life) {
    super();
    this.box = box;
    this.isFollowing = this.isNearEnd;
    box.addEventListener("scroll", () => this.#moved(), { passive: true });
    const resized = new ResizeObserver(() => this.isFollowing && this.toEnd());
    for (const part of [box, ...box.querySelectorAll("ol")]) resized.observe(part);
    life.addEventListener("abort", () => resized.disconnect());
  }

  get distanceToEnd() {
    return this.box.scrollHeight - this.box.clientHeight - this.box.scrollTop;
  }

  get isNearEnd() {
    return this.distanceToEnd <= NEAR_END_PX;
  }

  toEnd() {
    this.box.scrollTop = this.box.scrollHeight;
    this.isFollowing = true;
  }

  /** Run `change`, then stand where the reader stood: at the end if he followed it, else at the same message. */
  keep(change) {
    if (this.#depth > 0) return change();
    const anchor = this.isFollowing ? null : this.anchor();
    this.#depth += 1;
    try {
      return change();
    } finally {
      this.#depth -= 1;
      if (this.isFollowing) this.toEnd();
      else this.#restore(anchor);
    }
  }

  /** The first message that is at least partly in sight, and how far below the upper edge it begins. */
  anchor() {
    const edge = this.box.getBoundingClientRect().top;
    for (const row of this.box.querySelectorAll(".message[id]")) {
      const { top, bottom } = row.getBoundingClientRect();
      if (bottom > edge) return { id: row.id, offset: top - edge };
    }
    return null;
  }

  show(row, block = "center") {
    row.scrollIntoView({ block });
    this.isFollowing = this.isNearEnd;
  }

  #restore(anchor) {
    const row = anchor && document.getElementById(anchor.id);
    if (!row) return;
    const offset = row.getBoundingClientRect().top - this.box.getBoundingClientRect().top;
    if (offset !== anchor.offset) this.box.scrollTop += offset - anchor.offset;
  }

  #moved() {
    this.isFollowing = this.isNearEnd;
    if (this.#isAnnounced) return;
    this.#isAnnounced = true;
    requestAnimationFrame(() => {
      this.#isAnnounced = false;
      this.emit("moved");
    });
  }
}
