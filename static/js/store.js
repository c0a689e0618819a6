/** What a reload must not lose, kept for one person only: drafts per room, and small choices. */

import { wipeDisk } from "./disk.js";
import { sayGoodbye } from "./leaving.js";

const PREFIX = "chat.";
const GOODBYE_MS = 1_000;

function attempt(action) {
  try {
    return action();
  } catch {
    return null; // storage is full or forbidden: everything still works until the tab is closed
  }
}

function parsed(draft) {
  return attempt(() => JSON.parse(draft)) ?? { words: "", at: 0 };
}

/** A draft stands twice: in localStorage, which is there at once, and in the journal, which a crash leaves whole. */
export class Store {
  #held = new Map(); // room: what was said and is not on disk yet
  #written = new Map(); // key: the draft as this tab left it

  constructor(user, journal) {
    Object.assign(this, { user, journal });
    journal.on("wiped", () => this.#takeBack());
  }

  draft(room) {
    return this.#known(room).words;
  }

  /** The draft by the disk, when that is the later one; null when `draft` is right. */
  async laterDraft(room) {
    const kept = await this.journal.draft(room);
    return kept && kept.at > this.#known(room).at ? kept.words : null;
  }

  /** `listener` gets (words, before) when another tab has changed the draft; not when somebody signs out there. */
  onDraft(room, listener, life) {
    const changed = ({ key, newValue, oldValue }) => {
      if (key === this.#key("draft", room) && newValue) listener(parsed(newValue).words, parsed(oldValue).words);
    };
    addEventListener("storage", changed, { signal: life });
  }

  setDraft(room, words) {
    if (this.journal.isSilent) return;
    const held = this.#held.get(room);
    const draft = { words: held ? [held, words].filter(Boolean).join("\n") : words, at: Date.now() };
    const key = this.#key("draft", room);
    if (draft.words === this.draft(room)) return;
    this.#written.set(key, JSON.stringify(draft));
    attempt(() => localStorage.setItem(key, this.#written.get(key)));
    this.journal.setDraft(room, draft);
  }

  /** Said, and not on disk yet: until `letGo` it stays the draft, before whatever is typed meanwhile. */
  hold(room, words) {
    this.#held.set(room, words);
  }

  letGo(room, words) {
    this.#held.delete(room);
    this.setDraft(room, words);
  }

  choice(name) {
    return attempt(() => localStorage.getItem(this.#key("choice", name)));
  }

  setChoice(name, value) {
    if (this.journal.isSilent) return;
    attempt(() => localStorage.setItem(this.#key("choice", name), value));
  }

  /** Written between another tab's sign-out and the word of it. */
  #takeBack() {
    for (const [key, draft] of this.#written) {
      attempt(() => localStorage.getItem(key) === draft && localStorage.removeItem(key));
    }
  }

  #known(room) {
    return parsed(attempt(() => localStorage.getItem(this.#key("draft", room))));
  }

  #key(...parts) {
    return PREFIX + [this.user, ...parts].join(".");
  }
}

/** At sign-out: nothing anybody wrote stays on this device. */
export async function forgetAll() {
  sayGoodbye();
  attempt(() => {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
  });
  await Promise.allSettled([wipeDisk(), dropPages()]);
}

/** The page kept for a start without a network shows whose words wait here. */
async function dropPages() {
  for (const name of (await globalThis.caches?.keys()) ?? []) await caches.delete(name);
}

/** A step of signing in that is given up is none: what was written waits for its end. */
function isSignOut(form) {
  const action = form.getAttribute("action") ?? "";
  return action.startsWith("/admin/logout/") || (action.startsWith("/accounts/logout/") && document.body.dataset.userId);
}

/** `agrees` is asked before anything is dropped: the sign-out waits for whoever would lose words by it. */
export function forgetAtSignOut(agrees = () => true) {
  document.addEventListener("submit", async (event) => {
    if (!isSignOut(event.target)) return;
    event.preventDefault();
    if (!agrees()) return;
    await Promise.race([forgetAll(), new Promise((resolve) => setTimeout(resolve, GOODBYE_MS))]);
    event.target.submit();
  });
}
