/** Which rows are in sight. Rows stand one below the other, so that halving finds one without measuring them all. */

/** Where in `rows` those begin of which `holds` is true, when it is true of all that follow; their number for nowhere. */
export function startOf(rows, holds) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(rows[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The row whose place should stay while others change: the first that begins in sight, or the one that fills it all. */
export function rowInSight(rows, { top, bottom }) {
  const begun = startOf(rows, (row) => row.getBoundingClientRect().top >= top);
  const row = rows[begun];
  return row && row.getBoundingClientRect().top < bottom ? row : (rows[begun - 1] ?? null);
}

/** The last row that begins above `edge` (pixels from the top of the window), or null. */
export function lastAbove(rows, edge) {
  return rows[startOf(rows, (row) => row.getBoundingClientRect().top >= edge) - 1] ?? null;
}
