/** Which addresses open a room: /rooms/<slug>/, and in it a message or a day. */

const ROOM = /^\/rooms\/([^/]+)\/(?:messages\/(\d+)\/|(\d{4}-\d\d-\d\d)\/)?$/;
const RESERVED = new Set(["new"]); // pages that stand where a room might

/** What `url` (a URL) opens: {slug, root, message, day}, or null when it is no room, or a place that only a load finds. */
export function roomAddress(url) {
  const [, slug, message = null, day = null] = ROOM.exec(url.pathname) ?? [];
  if (!slug || RESERVED.has(slug) || url.search || url.hash) return null;
  return { slug, root: `/rooms/${slug}/`, message: message && Number(message), day };
}
