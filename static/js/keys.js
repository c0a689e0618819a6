/** What keys and lengths mean in a box people write in. */

/** Length as the server counts it: code points, not UTF-16 units. */
export function lengthOf(words) {
  let length = 0;
  for (const point of words) length += point ? 1 : 0;
  return length;
}

/** What a key press in a text box asks for: "send", "newline" or null (nothing of ours). */
export function keyAsks(event, isTouch) {
  if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return null;
  if (event.ctrlKey || event.metaKey) return "send";
  return event.shiftKey || event.altKey || isTouch ? "newline" : "send";
}
