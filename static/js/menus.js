/** Menus and the full topic are <details>: a press elsewhere or Escape closes them. */

const OPEN = "details.menu[open], details.me[open], details.room-topic[open]";

export function prepareMenus() {
  addEventListener("pointerdown", (event) => {
    for (const menu of document.querySelectorAll(OPEN)) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll(OPEN)) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}
