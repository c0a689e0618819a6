/** What people are called and look like, everywhere on the page: rows keep what they were rendered with until told. */

import { element } from "./dom.js";

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

/** A person's initials in an avatar, and over them the picture, if there is one. */
export function dressAvatar(avatar, { name, picture }) {
  const shown = avatar.querySelector("img");
  const image = !picture || shown?.getAttribute("src") === picture ? shown : imageOf(picture);
  avatar.replaceChildren(initialsOf(name), ...(picture ? [image] : []));
}

function imageOf(picture) {
  return element("img", { src: picture, alt: "", width: 192, height: 192, loading: "lazy" });
}

export function patchPerson(person) {
  const blank = document.getElementById("message-template")?.content;
  for (const place of blank ? [document, blank] : [document]) patchIn(place, person);
}

function patchIn(place, { id, name, picture = null }) {
  for (const label of place.querySelectorAll(`:is(.author, .me-name)[data-author-id="${id}"]`)) {
    label.textContent = name;
    const avatar = label.closest("li, .me")?.querySelector(".avatar");
    if (avatar) dressAvatar(avatar, { name, picture });
  }
  for (const mark of place.querySelectorAll(`bdi[data-author-id="${id}"]`)) mark.textContent = name;
}
