/** Asks the room whose handle or name begins so, and only when what it has answered before cannot say. */

import { getJSON } from "./http.js";
import { narrow } from "./mentioning.js";

const OFFERED = 8; // the server never gives more: fewer are all there are

export class MemberSearch {
  #known = new Map();

  /** `url` is where the room's members are found: /rooms/<slug>/members/find/. */
  constructor(url) {
    this.url = url;
  }

  async find(beginning) {
    for (const [asked, people] of this.#known) {
      if (asked === beginning) return people;
      if (people.length < OFFERED && beginning.startsWith(asked)) return narrow(people, beginning);
    }
    const { members } = await getJSON(`${this.url}?q=${encodeURIComponent(beginning)}`);
    this.#known.set(beginning, members);
    return members;
  }

  /** People come, go and change their names: who is named next is asked for anew. */
  forget() {
    this.#known.clear();
  }
}
