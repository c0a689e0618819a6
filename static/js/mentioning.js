/** Where in a text somebody is being named: finding the @ that is typed at, and what puts the handle in. */

// As the server finds mentions (chat/formatting.py), but of any script: names are looked for, too.
const NAMING = /(?<![\p{L}\p{N}_@/-])@([\p{L}\p{N}_-]{0,32})$/u;
const REST_OF_WORD = /^[\p{L}\p{N}_-]*/u;

/** What stands between an @ and the cursor, as `{start, typed}` (`start` is the @), or null when nobody is named there. */
export function namingAt(words, cursor) {
  const found = words.slice(0, cursor).match(NAMING);
  return found && { start: found.index, typed: found[1] };
}

/** What to put for the word that begins at `start` so that it names `handle`: `{start, end, put}`. */
export function naming(words, start, handle) {
  const end = start + 1 + words.slice(start + 1).match(REST_OF_WORD)[0].length;
  const needsSpace = !/^[\s.,;:!?)]/.test(words.slice(end));
  return { start, end, put: `@${handle}${needsSpace ? " " : ""}` };
}

/** Of `people` those whose handle, or a word of whose name, begins so; accents and case do not count. */
export function narrow(people, beginning) {
  const wanted = fold(beginning);
  return people.filter(({ handle, name }) => [handle, ...name.split(/\s+/)].some((word) => fold(word).startsWith(wanted)));
}

function fold(words) {
  return words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
