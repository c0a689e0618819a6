/** Signing out: the word goes round all tabs, and what each of them keeps of anybody's words is dropped. */

const LEFT = "left.chat"; // when somebody last signed out here: tells the other tabs

/** Tell this tab and the others. */
export function sayGoodbye() {
  try {
    localStorage.setItem(LEFT, String(Date.now()));
  } catch {
    // Where storage is forbidden, nothing was kept either.
  }
  dispatchEvent(new Event(LEFT));
}

/** `listener` is called when somebody signs out, in this tab or another. */
export function onGoodbye(listener) {
  addEventListener(LEFT, listener);
  addEventListener("storage", (event) => event.key === LEFT && listener());
}
