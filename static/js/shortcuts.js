/** The keys that work everywhere on the page, and the dialog that lists all of them. */

export const isMac = /^(Mac|iPhone|iPad)/.test(navigator.platform);

/** What a key press asks for: "jump", "help", "next" or "previous" (unread room), or null. */
export function keyMeans(event, { isApple, isWriting }) {
  if (event.isComposing || event.keyCode === 229) return null;
  const isCommand = isApple ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  if (event.key.toLowerCase() === "k" && isCommand && !event.shiftKey && !event.altKey) return "jump";
  if (event.ctrlKey || event.metaKey) return null;
  if (event.key === "?") return isWriting || event.altKey ? null : "help";
  if (!event.altKey || !event.shiftKey) return null;
  return { ArrowDown: "next", ArrowUp: "previous" }[event.key] ?? null;
}

/** `jump` opens the list of rooms, `help` is the dialog of keys, `unread` goes to the next (1) or previous (-1) one. */
export function prepareShortcuts({ jump, help, unread }) {
  const acts = { jump, help: () => openHelp(help), next: () => unread(1), previous: () => unread(-1) };
  document.addEventListener("keydown", (event) => {
    const meaning = keyMeans(event, { isApple: isMac, isWriting: isTextBox(event.target) });
    const isCovered = meaning !== "jump" && document.querySelector("dialog[open]");
    if (!meaning || isCovered) return;
    event.preventDefault();
    acts[meaning]();
  });
  if (isMac) nameAppleKeys();
  prepareHelp(help);
}

function isTextBox(element) {
  return element.matches?.("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])") || element.isContentEditable;
}

function nameAppleKeys() {
  for (const key of document.querySelectorAll("kbd[data-apple]")) key.textContent = key.dataset.apple;
}

function prepareHelp(help) {
  help.addEventListener("click", (event) => (event.target === help || event.target.closest(".dialog-close")) && help.close());
  for (const opener of document.querySelectorAll("[data-opens=keys]")) {
    opener.closest("li").hidden = false;
    opener.addEventListener("click", () => {
      opener.closest("details")?.removeAttribute("open");
      openHelp(help);
    });
  }
}

/** A drawer with the menu in it would stay above. */
function openHelp(help) {
  document.querySelector("dialog.drawer[open]")?.close();
  help.showModal();
}
