/** Which messages stand under one name, and where a day begins, in the reader's time zone. */

export const GROUP_MS = 5 * 60 * 1000;

const formats = new Map();

function dayFormat(zone) {
  if (!formats.has(zone)) {
    const options = { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" };
    formats.set(zone, new Intl.DateTimeFormat("en-CA", options));
  }
  return formats.get(zone);
}

/** The calendar day of `at` (milliseconds) in `zone`, as YYYY-MM-DD. */
export function dayOf(at, zone) {
  const parts = {};
  for (const { type, value } of dayFormat(zone).formatToParts(at)) parts[type] = value;
  return `${parts.year}-${parts.month}-${parts.day}`;
}

/**
 * How a message `{author, at}` stands to the one before it (or null):
 * `day` is the day that begins with it, or null; `grouped` that it needs no name of its own.
 */
export function relate(previous, message, zone) {
  const day = dayOf(message.at, zone);
  if (!previous || dayOf(previous.at, zone) !== day) return { grouped: false, day };
  const gap = message.at - previous.at;
  const grouped = previous.author === message.author && gap >= 0 && gap < GROUP_MS;
  return { grouped, day: null };
}

export function relateAll(messages, zone) {
  return messages.map((message, index) => relate(messages[index - 1] ?? null, message, zone));
}
