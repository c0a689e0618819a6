/** What a crash or a flat battery must not lose, on disk: words not answered yet, drafts, and whose turn it is to send. */

import { lastWipe, onDisk, result } from "./disk.js";
import { onGoodbye } from "./leaving.js";
import { Signals } from "./signals.js";
import { uuid4 } from "./uuid.js";

const TURN_MS = 10_000; // so long the others wait for a tab that took the turn and died

/**
 * One person's journal, shared by his tabs. Where storage is forbidden every answer is null and nothing is kept.
 * Signals: "told" (what another tab did: {stored, message} of an answer, {free} of a turn given up), "wiped" (somebody
 * signed out: until `resume` nothing is written).
 */
export class Journal extends Signals {
  #tab = uuid4();
  #wipe; // the last wipe of the disk as this tab first met it
  #drafts = new Map(); // room: what waits to be written, while a write is under way
  #channel = globalThis.BroadcastChannel ? new BroadcastChannel("chat.journal") : null;

  constructor(user) {
    super();
    this.user = user;
    this.isSilent = false;
    if (this.#channel) this.#channel.onmessage = ({ data }) => data.user === user && !this.isSilent && this.emit("told", data);
    onGoodbye(() => this.#wiped());
  }

  /** The same person is in again. */
  resume() {
    this.isSilent = false;
    this.#wipe = undefined;
  }

  /** All entries, in the order they were said, over all tabs. */
  all() {
    return this.#attempt("readonly", (tables) => this.#entries(tables));
  }

  /** Keep `entry`, in the place of its room's draft. Gives its place in the order. */
  async add({ clientId, room, url, body, at }) {
    const kept = { user: this.user, clientId, room, url, body, at, state: "waiting", detail: "" };
    const order = await this.#attempt("readwrite", (tables) => {
      tables.objectStore("drafts").put({ user: this.user, room, words: "", at });
      return result(tables.objectStore("words").add(kept));
    });
    this.#tell({});
    return order;
  }

  /** Change an entry, or with null drop it: it was answered or discarded. */
  async change(clientId, change, news = {}) {
    await this.#attempt("readwrite", (tables) => this.#change(tables, clientId, change));
    this.#tell(news);
  }

  // Turns: of all tabs one sends for a room. A lease, so that the turn of a tab that died lapses; nothing is doubled
  // when it lapses too early, since the same client_id is stored once.

  /** {entries} when it is this tab's turn to send for the room, {until} when another's; null without a disk. */
  take(room) {
    return this.#attempt("readwrite", async (tables) => {
      const turns = tables.objectStore("turns");
      const held = await result(turns.get([this.user, room]));
      const now = Date.now();
      // One from further ahead than any can be was taken before the clock was put back.
      if (held && held.tab !== this.#tab && held.until > now && held.until <= now + TURN_MS) return { until: held.until };
      turns.put({ user: this.user, room, tab: this.#tab, until: now + TURN_MS });
      return { entries: await this.#entries(tables) };
    });
  }

  /** Answered: the entry is changed or dropped, and the turn given up, in one. */
  async settle({ room, clientId }, change, news = {}) {
    await this.#attempt("readwrite", async (tables) => {
      await this.#change(tables, clientId, change);
      await this.#release(tables, room);
    });
    this.#tell({ free: room, ...news });
  }

  async release(room) {
    await this.#attempt("readwrite", (tables) => this.#release(tables, room));
    this.#tell({ free: room });
  }

  // Drafts. An empty one is kept too: that the words went is newer than the words.

  draft(room) {
    return this.#attempt("readonly", (tables) => result(tables.objectStore("drafts").get([this.user, room])));
  }

  /** All half-written words. */
  async drafts() {
    const all = await this.#attempt("readonly", (tables) => result(tables.objectStore("drafts").getAll()));
    return all?.filter(({ user, words }) => user === this.user && words).map(({ words }) => words);
  }

  /** Of what comes while one is being written only the last is written. */
  async setDraft(room, draft) {
    const isWriting = this.#drafts.has(room);
    this.#drafts.set(room, draft);
    if (isWriting) return;
    for (let next = draft, last = null; next !== last; next = this.#drafts.get(room)) {
      last = next;
      const kept = { user: this.user, room, ...next };
      await this.#attempt("readwrite", (tables) => void tables.objectStore("drafts").put(kept));
    }
    this.#drafts.delete(room);
  }

  async #entries(tables) {
    const all = await result(tables.objectStore("words").getAll());
    return all.filter((entry) => entry.user === this.user);
  }

  async #change(tables, clientId, change) {
    const words = tables.objectStore("words");
    const entry = (await this.#entries(tables)).find((each) => each.clientId === clientId);
    if (!entry) return;
    if (change) words.put({ ...entry, ...change });
    else words.delete(entry.order);
  }

  async #release(tables, room) {
    const turns = tables.objectStore("turns");
    const held = await result(turns.get([this.user, room]));
    if (held?.tab === this.#tab) turns.delete([this.user, room]);
  }

  async #attempt(mode, work) {
    if (this.isSilent) return null;
    try {
      return await onDisk(mode, async (tables) => ((await this.#isWiped(tables)) ? null : work(tables)));
    } catch {
      return null; // forbidden or full: everything still works until the tab is closed, and the sender warns of that
    }
  }

  /** Whether somebody signed out, as only the disk can say in time: the word from tab to tab may come after a write. */
  async #isWiped(tables) {
    const wipe = await lastWipe(tables);
    if (this.#wipe === undefined) this.#wipe = wipe;
    return this.#wipe !== wipe;
  }

  #tell(news) {
    this.#channel?.postMessage({ user: this.user, ...news });
  }

  #wiped() {
    this.isSilent = true;
    this.emit("wiped");
  }
}
