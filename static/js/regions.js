/** F6 and Shift+F6 go around the regions of the page: header, rooms, messages, the box, people. */

// Where the focus goes in each: looked for when the key is pressed, since rooms come and go under this listener.
const REGIONS = [
  [".room-header", ".room-heading"],
  ["#sidebar", "[aria-current=page]", "a"],
  ["#timeline"],
  [".pane"],
  [".composer", "textarea[name=body]"],
  [".composer-closed:has(p:not(:empty))"],
  ["#people", "h2"],
];

export function prepareRegions() {
  addEventListener("keydown", (event) => {
    if (event.key !== "F6" || event.ctrlKey || event.altKey || event.metaKey) return;
    if (document.querySelector("dialog:modal")) return;
    const way = present();
    if (way.length === 0) return;
    event.preventDefault();
    stepFrom(way, event.shiftKey ? -1 : 1);
  });
}

/** The regions on the screen now, each with what to focus in it, in their order. */
function present() {
  const found = REGIONS.map(([place, ...inside]) => [document.querySelector(place), inside]);
  return found.filter(([region]) => region?.checkVisibility({ visibilityProperty: true }));
}

function stepFrom(way, step) {
  const at = way.findIndex(([region]) => region.contains(document.activeElement));
  const next = at < 0 ? (step > 0 ? 0 : way.length - 1) : (at + step + way.length) % way.length;
  const [region, inside] = way[next];
  const target = inside.map((place) => region.querySelector(place)).find(Boolean) ?? region;
  if (target.tabIndex < 0) target.tabIndex = -1; // a heading takes the focus only when it has one of its own
  target.focus({ preventScroll: true, focusVisible: true });
}
