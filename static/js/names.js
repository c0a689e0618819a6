/** What a person is called, everywhere on the page: rows keep the name they were rendered with until told. */

export function hueOf(id) {
  return id % 12;
}

/** The first letters of the first and the last word, as the server makes them. */
export function initialsOf(name) {
  const words = name.split(/\s+/).filter(Boolean);
  const chosen = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return chosen.map((word) => [...word][0]).join("").toUpperCase();
}

/** What the page calls a person, or null when it does not show him. */
export function nameOf(id) {
  return document.querySelector(`.author[data-author-id="${id}"]`)?.textContent ?? null;
}

export function patchName({ id, name }) {
  for (const label of document.querySelectorAll(`.author[data-author-id="${id}"]`)) {
    label.textContent = name;
    const avatar = label.closest("li")?.querySelector(".avatar");
    if (avatar) avatar.textContent = initialsOf(name);
  }
  for (const mark of document.querySelectorAll(`bdi[data-author-id="${id}"]`)) mark.textContent = name;
}
