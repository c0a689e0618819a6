/** Links to give away: a button copies the field before it, and touching the field chooses all of it. */

import { copyText } from "./clipboard.js";

for (const button of document.querySelectorAll("[data-copies]")) {
  const field = button.parentElement.querySelector("input");
  const told = button.parentElement.querySelector("[data-words]");
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    await copyText(field.value);
    told.textContent = "";
    requestAnimationFrame(() => {
      told.textContent = told.dataset.words; // anew each time, so that it is read out anew
    });
  });
}
