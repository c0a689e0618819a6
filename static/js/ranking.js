/** Which of one's rooms is meant by a few letters, and which come first when none are typed yet. */

// Letters that are no letter with a mark, but that people type as one.
const PLAIN = { ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ð: "d", ł: "l", þ: "th", ı: "i" };
const OTHERS = new RegExp(`[${Object.keys(PLAIN).join("")}]`, "g");

/** As it is compared: small letters without their marks. */
export function plain(words) {
  const small = words.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
  return small.replace(OTHERS, (letter) => PLAIN[letter]).replace(/\p{Mn}/gu, "").trim();
}

/** How well `name` (plain) is meant by `query` (plain): 0 is best, null not at all. */
export function fit(name, query) {
  const at = name.indexOf(query);
  if (at === 0) return 0;
  if (at > 0) return /[\p{L}\p{N}]/u.test(name[at - 1]) ? 2 : 1;
  const words = name.split(/[^\p{L}\p{N}]+/u);
  const isAllThere = query.split(/\s+/).every((part) => words.some((word) => word.startsWith(part)));
  return isAllThere ? 3 : null;
}

/**
 * `rooms` ({id, slug, name, unread, mentions}) that `query` may mean, best first: by how well they fit, then by what is
 * asked of the reader (mentions, unread), then the latest visited (`recent`, ids), then by name; the `current` one last.
 */
export function rank(rooms, query, { recent = [], current = null } = {}) {
  const wanted = plain(query);
  const visited = new Map(recent.map((id, place) => [id, place]));
  return rooms
    .map((room) => ({ room, fit: best(room, wanted), call: callOf(room), visit: visited.get(room.id) ?? Infinity }))
    .filter((found) => found.fit !== null)
    .sort((a, b) => (wanted ? a.fit - b.fit : 0) || last(a, current) - last(b, current) || a.call - b.call || order(a, b))
    .map((found) => found.room);
}

function best({ name, slug }, wanted) {
  const fits = [fit(plain(name), wanted), fit(slug, wanted)].filter((each) => each !== null);
  return fits.length ? Math.min(...fits) : null;
}

function callOf({ unread, mentions }) {
  return mentions ? 0 : unread ? 1 : 2;
}

function last({ room }, current) {
  return room.id === current ? 1 : 0;
}

function order(a, b) {
  if (a.visit !== b.visit) return a.visit - b.visit;
  return a.room.name.localeCompare(b.room.name) || a.room.id - b.room.id;
}

/** `recent` after a visit to `room`: the latest first, each once. */
export function visited(recent, room, limit = 12) {
  return [room, ...recent.filter((id) => id !== room)].slice(0, limit);
}
