/** Answers with the one page it keeps when a page of ours cannot be had. It keeps nothing else, and nobody's words. */

const KEPT = "offline-{{ version }}";
const PAGE = "{% url 'offline' %}";
const stranded = new Set(); // windows that were given the page: they get its parts from here too

addEventListener("install", (event) => event.waitUntil(keep().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(begin()));
addEventListener("fetch", (event) => {
  const { request, clientId } = event;
  if (request.mode === "navigate" && request.method === "GET") event.respondWith(open(event));
  else if (stranded.has(clientId) && request.destination) event.respondWith(part(request));
});

/** The page and every part it names, and the parts these name. */
async function keep() {
  const cache = await caches.open(KEPT);
  const todo = [new URL(PAGE, location.href).href];
  for (const url of todo) {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(url);
    await cache.put(url, answer.clone());
    for (const next of partsOf(url, await answer.text())) if (!todo.includes(next)) todo.push(next);
  }
}

function partsOf(url, words) {
  const named = /(?:href|src)="([^"#]+\.(?:css|js|svg|png|ico)[^"#]*)"|(?:import|from) ?"([^"]+\.(?:js|css))"|url\(["']?([^"')#]+\.(?:svg|png|webp))["']?\)/g;
  const found = [...words.matchAll(named)].map(([, linked, imported, drawn]) => new URL(linked ?? imported ?? drawn, url));
  return found.filter(({ origin }) => origin === location.origin).map(({ href }) => href);
}

async function begin() {
  for (const name of await caches.keys()) if (name.startsWith("offline-") && name !== KEPT) await caches.delete(name);
  await registration.navigationPreload?.enable(); // a page must not wait until this worker has woken up
}

async function open(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch (problem) {
    const kept = await caches.match(PAGE);
    if (!kept) throw problem; // somebody signed out here: the browser says it its own way
    stranded.add(event.resultingClientId);
    return kept;
  }
}

async function part(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}
