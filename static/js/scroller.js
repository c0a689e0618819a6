/** Where the reader is in the timeline: follows the end, and keeps what is being read in its place. */

import { rowInSight } from "./sight.js";
import { Signals } from "./signals.js";

const NEAR_END_PX = 100;
const LEAST_PX = 0.25; // to be put right: it would stop a smooth scroll

/** Signals: "moved", at most once a frame. */
export class Scroller extends Signals {
  #depth = 0;
  #isAnnounced = false;
  #top = 0; // where the box was scrolled to when we last looked: another place is the reader's doing
  #anchor = null;

  constructor(box, life) {
    super();
    this.box = box;
    this.hasEnd = true; // whether the end of what is loaded is the end of the room
    this.isFollowing = this.isNearEnd;
    this.#look();
    box.addEventListener("scroll", () => this.#scrolled(), { passive: true, signal: life });
    // Pictures, letters and windows that change their size are put right in the same frame, before it is painted.
    const resized = new ResizeObserver(() => this.#hold());
    for (const part of [box, ...box.children]) resized.observe(part);
    life.addEventListener("abort", () => resized.disconnect());
  }

  get distanceToEnd() {
    return this.box.scrollHeight - this.box.clientHeight - this.box.scrollTop;
  }

  get isNearEnd() {
    return this.distanceToEnd <= NEAR_END_PX;
  }

  /** Nearer to the end than to the beginning of what is loaded. */
  get isNearerEnd() {
    return this.isFollowing || this.distanceToEnd < this.box.scrollTop;
  }

  toEnd() {
    this.box.scrollTop = this.box.scrollHeight;
    this.isFollowing = this.hasEnd;
    this.#look();
  }

  /** The rows are about to be those of another place: nobody follows the end of them. */
  leaveEnd() {
    this.isFollowing = false;
  }

  /**
   * Run `change`, and the reader stands at the same message as before. Who follows the end is brought there when the
   * frame is drawn: so a hundred messages are laid out once, and in a hidden tab not at all.
   */
  keep(change) {
    if (this.#depth > 0) return change();
    if (!this.isFollowing) this.#restore();
    this.#depth += 1;
    try {
      return change();
    } finally {
      this.#depth -= 1;
      if (!this.isFollowing) this.#restore(0);
    }
  }

  /** The message that keeps its place, and how far below the upper edge it begins. */
  anchor() {
    const sight = this.box.getBoundingClientRect();
    const row = rowInSight(this.box.querySelectorAll(".message[id]"), sight);
    return row && { id: row.id, offset: row.getBoundingClientRect().top - sight.top };
  }

  show(row, block = "center") {
    row.scrollIntoView({ block });
    this.isFollowing = this.hasEnd && this.isNearEnd;
    this.#look();
  }

  #look() {
    this.#top = this.box.scrollTop;
    this.#anchor = this.isFollowing ? null : this.anchor();
  }

  #hold() {
    if (this.isFollowing) return this.toEnd();
    this.#restore();
    return undefined;
  }

  /**
   * Bring the anchor back to its place. How far the reader has scrolled since we looked counts for him, except where the
   * room became too short to stay. The place itself is never measured anew, so that fractions of pixels do not add up.
   */
  #restore(byReader = this.box.scrollTop - this.#top) {
    const row = this.#anchor && document.getElementById(this.#anchor.id);
    if (row) {
      if (byReader > 0 || this.distanceToEnd >= 1) this.#anchor.offset -= byReader;
      const drift = row.getBoundingClientRect().top - this.box.getBoundingClientRect().top - this.#anchor.offset;
      if (Math.abs(drift) > LEAST_PX) this.box.scrollTop += drift;
    }
    this.#top = this.box.scrollTop;
  }

  #scrolled() {
    const top = this.box.scrollTop;
    if (top === this.#top && this.isFollowing) return; // brought to the end by us
    if (top !== this.#top) {
      // Further down, but not at the end any more: something has come below meanwhile.
      const isStill = this.isFollowing && top > this.#top;
      this.#restore();
      this.isFollowing = this.hasEnd && (this.isNearEnd || isStill);
      this.#look();
    }
    if (this.#isAnnounced) return;
    this.#isAnnounced = true;
    requestAnimationFrame(() => {
      this.#isAnnounced = false;
      this.emit("moved");
    });
  }
}
