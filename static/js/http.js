/** Requests to our own server: reading fragments, and posting as the forms do. */

import { fromServer, inertPage } from "./dom.js";

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

/** POST `fields` URL-encoded (FormData would turn LF into CRLF). Throws Refused, or TypeError when nobody answers. */
export async function post(url, fields) {
  const headers = { Accept: "application/json", "X-CSRFToken": token() };
  const answer = await fetch(url, { method: "POST", headers, body: new URLSearchParams(fields) });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(body);
  return body;
}

export async function getJSON(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(body);
  return body;
}

async function getText(url) {
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new Refused({ code: answer.status === 404 ? "not_found" : "unavailable" });
  return answer.text();
}

/** The message list of a history answer. */
export async function getList(url) {
  const list = fromServer(await getText(url));
  return list?.matches("ol") ? list : list?.querySelector("ol.messages");
}

export async function getPage(url) {
  return inertPage(await getText(url));
}
