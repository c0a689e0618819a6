/** Another room's page, fetched, put in the place of the one on screen. */

import { inertPage } from "./dom.js";
import { Refused } from "./http.js";
import { adopt } from "./page.js";

const byId = (id) => document.getElementById(id);

/** The page at `url`, inert; null when only a real load can show what is there. Throws when nothing is to be had now. */
export async function fetchRoom(url, signal) {
  const answer = await fetch(url, { headers: { Accept: "text/html" }, signal });
  if (answer.status >= 500 || answer.status === 429) throw new Refused({});
  const coming = answer.ok && !answer.redirected ? inertPage(await answer.text()) : null;
  return coming && fits(coming) ? coming : null;
}

/** A room for the same person, in the same language, for the scripts that are running here. */
function fits(coming) {
  const { documentElement: root, body } = document;
  const isOurs = coming.body.dataset.userId === body.dataset.userId && coming.documentElement.lang === root.lang;
  return isOurs && coming.querySelector("main.room #messages") !== null && missing(coming, "script[type=module][src]").length === 0;
}

/** The elements of the coming page's that this one lacks, told by what they load. */
function missing(coming, selector) {
  const present = new Set([...document.querySelectorAll(selector)].map(sourceOf));
  return [...coming.querySelectorAll(selector)].filter((each) => !each.closest("noscript") && !present.has(sourceOf(each)));
}

function sourceOf(each) {
  return each.getAttribute("src") ?? each.getAttribute("href");
}

/** What a room needs and other pages lack: its styles, and the script that dresses rows before they are painted. */
export function loadParts(coming) {
  const styles = missing(coming, "link[rel=stylesheet]");
  const scripts = missing(coming, "script[src]:not([type=module])");
  return Promise.all([...styles.map((each) => load("link", each)), ...scripts.map((each) => load("script", each))]);
}

function load(tag, { attributes }) {
  const made = document.createElement(tag);
  for (const { name, value } of attributes) made.setAttribute(name, value);
  return new Promise((resolve, reject) => {
    made.onload = resolve;
    made.onerror = () => reject(new TypeError(sourceOf(made)));
    document.head.append(made);
  });
}

/** The address must be the coming page's already: the rows are dressed by it as they come in. */
export function swapIn(coming, connection) {
  const main = document.adoptNode(coming.querySelector("main"));
  for (const unscripted of main.querySelectorAll("noscript")) unscripted.remove();
  main.querySelector("#connection").replaceWith(connection);
  document.body.className = coming.body.className;
  adopt(coming);
  byId("people")?.remove();
  byId("main").after(document.adoptNode(coming.querySelector("#people")));
  byId("main").replaceWith(main);
}
