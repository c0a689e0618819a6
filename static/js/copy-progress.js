/** While a copy of one's data is made: how far it is, and the page anew once it is done. */

import { getJSON } from "./http.js";
import { text } from "./page.js";

const EVERY = 1500; // ms between two looks
const PATIENCE = 10; // looks in a row that nobody answers

const place = document.getElementById("copy");
const words = document.getElementById("copy-words");
const bar = document.getElementById("copy-progress");

function show({ done, total }) {
  if (!total) return;
  Object.assign(bar, { max: total, value: done });
  words.textContent = text("copy", { done, total });
}

async function look(failures) {
  try {
    const { export: copy } = await getJSON(place.dataset.address);
    if (!copy || !["waiting", "running"].includes(copy.state)) return location.reload();
    show(copy);
    setTimeout(look, EVERY, 0);
  } catch {
    if (failures < PATIENCE) setTimeout(look, EVERY * 2, failures + 1);
  }
}

if (["waiting", "running"].includes(place.dataset.state)) {
  place.querySelector(".copy-refresh").hidden = true;
  setTimeout(look, EVERY, 0);
}
