/** How times and days are written for this reader. */

import { dayOf } from "./grouping.js";

const formats = new Map();

/** Making a format takes far longer than using it, and every row is written with the same few. */
function formatOf(locale, options) {
  const key = JSON.stringify([locale, options]);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, options));
  return formats.get(key);
}

/** The page's language, in the reader's own variety of it when the browser says so (24 hours in en-GB). */
export function localeFor(pageLanguage, browserLanguage) {
  const isSame = browserLanguage && browserLanguage.split("-")[0] === pageLanguage.split("-")[0];
  return isSame ? browserLanguage : pageLanguage;
}

/** Hour and minute in pieces {type, value}: "dayPeriod" is the AM or PM that a narrow place leaves out. */
export function clockParts(at, locale, zone) {
  return formatOf(locale, { hour: "numeric", minute: "2-digit", timeZone: zone }).formatToParts(at);
}

export function fullText(at, locale, zone) {
  return formatOf(locale, { dateStyle: "full", timeStyle: "short", timeZone: zone }).format(at);
}

/** A time as briefly as is clear: the clock alone today, with the day before and after, with the year in others. */
export function momentText(at, now, locale, zone) {
  const clock = { hour: "numeric", minute: "2-digit", timeZone: zone };
  if (dayOf(at, zone) === dayOf(now, zone)) return formatOf(locale, clock).format(at);
  const year = dayOf(at, zone).slice(0, 4) === dayOf(now, zone).slice(0, 4) ? undefined : "numeric";
  return formatOf(locale, { day: "numeric", month: "short", year, ...clock }).format(at);
}

/** The heading of the day `at` falls on: `words` has "today" and "yesterday"; the year is said when it is not this one. */
export function dayText(at, now, locale, zone, words) {
  const day = dayOf(at, zone);
  if (day === dayOf(now, zone)) return words.today;
  if (day === dayOf(now - 86_400_000, zone)) return words.yesterday;
  const year = day.slice(0, 4) === dayOf(now, zone).slice(0, 4) ? undefined : "numeric";
  const options = { weekday: "long", day: "numeric", month: "long", year, timeZone: zone };
  return formatOf(locale, options).format(at);
}
