/** Requests to our own server: reading fragments, and posting as the forms do. */

import { fromServer, inertPage } from "./dom.js";

const PATIENCE_MS = 15_000; // a request into a black hole ends, and is made again

/** A coded answer of the server: `code` and `detail` as in the socket's error frame. */
export class Refused extends Error {
  constructor({ code = "unavailable", detail = "", retry_after: retryAfter = null }) {
    super(detail || code);
    Object.assign(this, { code, detail, retryAfter });
  }
}

function token() {
  const cookie = document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/);
  return cookie?.[1] ?? document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

/**
 * POST `fields` URL-encoded (FormData would turn LF into CRLF). Throws Refused, or another error when nobody answers in
 * time, or `signal` (an AbortSignal, if given) is aborted.
 */
export function post(url, fields, signal) {
  const headers = { Accept: "application/json", "X-CSRFToken": token() };
  return ask(url, { method: "POST", headers, body: new URLSearchParams(fields) }, { read: coded, signal });
}

export function getJSON(url) {
  return ask(url, { headers: { Accept: "application/json" } }, { read: coded });
}

/** What `read` makes of the answer. */
async function ask(url, options, { read, signal }) {
  const end = new AbortController();
  const stop = () => end.abort();
  const timer = setTimeout(stop, PATIENCE_MS);
  signal?.addEventListener("abort", stop);
  try {
    return await read(await fetch(url, { ...options, signal: end.signal }));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

/** The object of an answer. One that is none is not ours, whatever its status: a captive portal's, or a proxy's. */
async function coded(answer) {
  const body = await answer.json().catch(() => null);
  if (!answer.ok || body === null) throw new Refused(body ?? {});
  return body;
}

function getText(url, signal) {
  return ask(url, { headers: { Accept: "text/html" } }, { read: written, signal });
}

async function written(answer) {
  if (!answer.ok || answer.redirected) throw new Refused({ code: answer.status === 404 ? "not_found" : "unavailable" });
  return answer.text();
}

/** The message list of a history answer. */
export async function getList(url, signal) {
  const list = fromServer(await getText(url, signal));
  const found = list?.matches("ol") ? list : list?.querySelector("ol.messages");
  if (!found) throw new Refused({}); // somebody else's page: a captive portal's
  return found;
}

export async function getPage(url) {
  return inertPage(await getText(url));
}
