/** Copying words, also where the clipboard API is missing (plain http) or refuses. */

import { element } from "./dom.js";

export async function copyText(words) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    copyBySelection(words);
  }
}

function copyBySelection(words) {
  const focused = document.activeElement;
  const box = element("textarea", { class: "visually-hidden" });
  box.value = words;
  document.body.append(box);
  box.select();
  document.execCommand("copy");
  box.remove();
  focused?.focus({ preventScroll: true });
}
