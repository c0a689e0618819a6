/** The page kept for a start without a network: names what waits on this device, looks for the line, and goes on. */

import { delay } from "./backoff.js";
import { Journal } from "./journal.js";

const LEAST_MS = 1_500;
const PATIENCE_MS = 10_000;
const TRYING_MS = 600;

const HERE = "/offline/";

const byId = (id) => document.getElementById(id);
const again = byId("again");
const words = { rest: again.textContent, trying: again.dataset.trying };
let attempt = 0;
let timer = null;
let isLooking = false;

/** Ours and nobody else's: a captive portal has answers for everything. */
async function isReached() {
  const answer = await fetch(HERE, { cache: "no-store", redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS) });
  return answer.ok && (await answer.text()).includes('id="again"');
}

async function look() {
  if (isLooking) return;
  clearTimeout(timer);
  isLooking = true;
  if (await isReached().catch(() => false)) return goOn();
  isLooking = false;
  timer = setTimeout(look, LEAST_MS + delay(attempt++));
}

/** To what was asked for: the worker answers with this page in its place. */
function goOn() {
  if (location.pathname === HERE) location.replace("/");
  else location.reload();
}

function lookNow() {
  attempt = 0;
  look();
}

function show(id, bodies) {
  byId(id).hidden = bodies.length === 0;
  const items = bodies.map((body) => {
    const item = document.createElement("li");
    item.dir = "auto";
    item.textContent = body;
    return item;
  });
  byId(id).querySelector("ul").replaceChildren(...items);
}

async function showKept(journal) {
  const entries = (await journal.all()) ?? [];
  const of = (state) => entries.filter((entry) => entry.state === state).map(({ body }) => body);
  show("waiting", of("waiting"));
  show("failed", of("failed"));
  show("drafts", (await journal.drafts()) ?? []);
}

again.addEventListener("click", () => {
  again.textContent = words.trying;
  setTimeout(() => (again.textContent = words.rest), TRYING_MS);
  lookNow();
});
addEventListener("online", lookNow);
navigator.connection?.addEventListener("change", lookNow);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && lookNow());
if (document.body.dataset.userId) {
  const journal = new Journal(Number(document.body.dataset.userId));
  journal.on("told", () => showKept(journal));
  journal.on("wiped", () => ["waiting", "failed", "drafts"].forEach((id) => show(id, [])));
  showKept(journal);
}
look();
