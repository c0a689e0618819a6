/** The focus on a message row, which takes it from scripts only: by keyboard the list is one stop. */

export function focusRow(row) {
  if (!row.hasAttribute("tabindex")) row.tabIndex = -1;
  row.focus({ preventScroll: true });
}
