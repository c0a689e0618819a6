/** The room on screen: it comes to life with its page, and its parts end together when another takes its place. */

import { page } from "./page.js";
import { visited } from "./ranking.js";
import { showRoom } from "./room-page.js";

export class Stage {
  #life = null;

  /** `parts` outlive every room: {user, store, socket, sender, unread, sidebar, line, badge}. */
  constructor(parts) {
    this.parts = parts;
    this.view = null;
  }

  /** Ids of the rooms that were on screen last, the latest first. */
  get recent() {
    return JSON.parse(this.parts.store.choice("recent") ?? "[]");
  }

  /** Bring the page's room to life, when it is a room's page. */
  enter() {
    const { sidebar, badge, store } = this.parts;
    badge.retitle(document.title);
    sidebar.refresh(page.rooms);
    if (document.getElementById("messages")) {
      this.#life = new AbortController();
      this.view = showRoom({ ...this.parts, life: this.#life.signal });
    }
    sidebar.enter(this.view?.room ?? null);
    if (this.view) store.setChoice("recent", JSON.stringify(visited(this.recent, this.view.room)));
  }

  leave() {
    this.#life?.abort();
    this.#life = this.view = null;
  }
}
