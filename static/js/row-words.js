/** The words of a fragment that are the site's own: sent in the site's language, read in the reader's. */

/** Their keys; those of tombstones hold `{name}`. */
export const ROW_WORDS = ["edited", "deleted_by", "hidden_by"];

/** `words` by these keys; what is not among them stays. Saying them twice is harmless. */
export function sayWords(row, words) {
  const mark = row.querySelector(".edited[data-time]");
  if (mark && words.edited) mark.textContent = words.edited;
  if (!row.classList.contains("is-deleted")) return;
  const line = row.querySelector(".tombstone");
  const said = row.classList.contains("is-hidden") ? words.hidden_by : words.deleted_by;
  if (line && said) fillTombstone(line, said);
}

function fillTombstone(line, said) {
  const [before, after] = said.split("{name}");
  const reason = line.querySelector(".tombstone-reason");
  line.replaceChildren(before, line.querySelector("bdi[data-author-id]"), after, ...(reason ? [": ", reason] : []));
}
