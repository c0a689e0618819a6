/** The moderators' log: times on the reader's clock, links that stay in the desk, ticking many at once. */

import { fullText, localeFor } from "./times.js";

const log = document.getElementById("log");

function dressTimes() {
  const zone = log.dataset.zone;
  const locale = localeFor(document.documentElement.lang || "en", navigator.language);
  const short = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: zone });
  for (const row of log.querySelectorAll(".message")) {
    const at = Date.parse(row.dataset.time);
    const time = row.querySelector(".message-link time");
    time.textContent = short.format(at);
    time.title = fullText(at, locale, zone);
    const edited = row.querySelector(".edited[data-time]");
    if (edited) edited.title = fullText(Date.parse(edited.dataset.time), locale, zone);
  }
}

/** The fragment's own link leads into the room, where a moderator of the site need not be. */
function keepLinksHere() {
  for (const row of log.querySelectorAll(".message")) {
    const page = log.dataset.page.replace("/0/", `/${row.dataset.messageId}/`);
    row.querySelector(".message-link").setAttribute("href", page);
  }
}

function ticking() {
  const all = document.getElementById("log-all");
  if (!all) return;
  const ticks = [...log.querySelectorAll(".log-tick input")];
  let last = null;
  const show = () => {
    const ticked = ticks.filter((tick) => tick.checked).length;
    all.checked = ticked === ticks.length;
    all.indeterminate = ticked > 0 && ticked < ticks.length;
  };
  all.parentElement.hidden = false;
  all.addEventListener("change", () => {
    for (const tick of ticks) tick.checked = all.checked;
  });
  log.addEventListener("click", (event) => {
    const at = ticks.indexOf(event.target);
    if (at < 0) return;
    if (event.shiftKey && last !== null) {
      for (const tick of ticks.slice(Math.min(at, last), Math.max(at, last) + 1)) tick.checked = event.target.checked;
    }
    last = at;
    show();
  });
  show(); // browsers keep ticks over a reload
}

if (log) {
  dressTimes();
  keepLinksHere();
  ticking();
}
