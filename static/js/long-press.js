/** A finger that rests on something: told once, and the browser's own menu for it stays away. */

const REST_MS = 450;
const SLACK_PX = 10;

/** Call `rested` with the `what` (a selector) in `place` that a finger rests on, but for links and boxes in it. */
export function onLongPress(place, what, rested, life) {
  let begun = null;
  const forget = () => {
    clearTimeout(begun?.timer);
    begun = null;
  };
  const begin = ({ pointerType, isPrimary, target, clientX: x, clientY: y }) => {
    forget();
    const found = target.closest(`a, button, textarea, input, ${what}`);
    if (pointerType !== "touch" || !isPrimary || !found?.matches(what)) return;
    begun = { x, y, timer: setTimeout(() => rested(found), REST_MS) };
  };
  const moved = ({ clientX: x, clientY: y }) => {
    if (begun && Math.hypot(x - begun.x, y - begun.y) > SLACK_PX) forget();
  };
  place.addEventListener("pointerdown", begin, { signal: life });
  place.addEventListener("pointermove", moved, { signal: life });
  for (const end of ["pointerup", "pointercancel"]) place.addEventListener(end, forget, { signal: life });
  place.addEventListener("contextmenu", (event) => begun && event.preventDefault(), { signal: life });
  life.addEventListener("abort", forget);
}
