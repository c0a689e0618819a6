/** What a reload must not lose: drafts per room, and messages not answered yet, both kept for one person only. */

const PREFIX = "chat.";
const LEFT = "left.chat"; // when somebody last signed out here: tells the other tabs

function attempt(action) {
  try {
    return action();
  } catch {
    return null; // storage is full or forbidden: everything still works until the tab is closed
  }
}

export class Store {
  #isSilent = false;

  constructor(user) {
    this.user = user;
    addEventListener("storage", (event) => event.key === LEFT && this.#silence());
  }

  draft(room) {
    return attempt(() => localStorage.getItem(this.#key("draft", room))) ?? "";
  }

  setDraft(room, words) {
    const key = this.#key("draft", room);
    if (this.#isSilent) return;
    attempt(() => (words ? localStorage.setItem(key, words) : localStorage.removeItem(key)));
  }

  /** Per tab, so that two tabs never send the same message at once. */
  outbox() {
    return attempt(() => JSON.parse(sessionStorage.getItem(this.#key("outbox")))) ?? [];
  }

  setOutbox(entries) {
    if (this.#isSilent) return;
    attempt(() => sessionStorage.setItem(this.#key("outbox"), JSON.stringify(entries)));
  }

  choice(name) {
    return attempt(() => localStorage.getItem(this.#key("choice", name)));
  }

  setChoice(name, value) {
    attempt(() => localStorage.setItem(this.#key("choice", name), value));
  }

  /** Signed out in another tab: what is still typed here is not written to this device again. */
  #silence() {
    this.#isSilent = true;
    attempt(() => sessionStorage.removeItem(this.#key("outbox")));
  }

  #key(...parts) {
    return PREFIX + [this.user, ...parts].join(".");
  }
}

/** At sign-out: nothing anybody wrote stays on this device. */
export function forgetAll() {
  for (const storage of [localStorage, sessionStorage]) {
    attempt(() => {
      for (const key of Object.keys(storage)) if (key.startsWith(PREFIX)) storage.removeItem(key);
    });
  }
  attempt(() => localStorage.setItem(LEFT, String(Date.now())));
}

export function forgetAtSignOut() {
  document.addEventListener("submit", (event) => {
    if (!document.body.dataset.userId) return; // a step of signing in is given up: what was written waits for its end
    if (event.target.getAttribute("action")?.startsWith("/accounts/logout/")) forgetAll();
  });
}
