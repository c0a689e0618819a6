/** Has the browser keep a page for the next start without a network, where it allows that: on https and localhost. */

const QUIET_MS = 3_000; // the page on screen goes first

export function prepareOfflineStart() {
  const worker = navigator.serviceWorker;
  if (worker) setTimeout(() => worker.register("/sw.js").catch(() => {}), QUIET_MS);
}
