/** Times that the server wrote by the clock of the settings, or UTC, written by this reader's clock. */

import { fullText, localeFor, momentText } from "./times.js";

export function showLocalTimes() {
  const locale = localeFor(document.documentElement.lang || "en", navigator.language);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const place of document.querySelectorAll("time.local")) {
    const at = Date.parse(place.dateTime);
    place.textContent = momentText(at, Date.now(), locale, zone);
    place.title = fullText(at, locale, zone);
  }
  for (const field of document.querySelectorAll("input[type=hidden][name=zone]")) {
    const note = field.form.querySelector("[data-zone]");
    field.value = zone;
    if (note) note.textContent = zone;
  }
}
