/** Passkeys: the browser's part of adding one, of confirming by one, of signing in by one. The rest is the form's. */

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

const text = (buffer) =>
  btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

const keys = (listed = []) => listed.map((key) => ({ ...key, id: bytes(key.id) }));

/** The options as the server wrote them, with bytes where the browser wants bytes. */
function readOptions({ publicKey }) {
  const read = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (publicKey.user) read.user = { ...publicKey.user, id: bytes(publicKey.user.id) };
  if (publicKey.allowCredentials) read.allowCredentials = keys(publicKey.allowCredentials);
  if (publicKey.excludeCredentials) read.excludeCredentials = keys(publicKey.excludeCredentials);
  return { publicKey: read };
}

/** What the key said, as the server reads it. */
function written(credential) {
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const said = parts.filter((part) => response[part]).map((part) => [part, text(response[part])]);
  return {
    id: text(credential.rawId),
    rawId: text(credential.rawId),
    type: credential.type,
    response: Object.fromEntries(said),
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

/** Options lie in the page where it knows whom it asks; for signing in they are fetched when they are wanted. */
async function optionsFor(form) {
  const block = form.querySelector("script[type='application/json']");
  if (block) {
    const { creation_options: adding, request_options: asking } = JSON.parse(block.textContent);
    return { adding: Boolean(adding), options: readOptions(adding ?? asking) };
  }
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`options: ${answer.status}`);
  return { adding: false, options: readOptions((await answer.json()).request_options) };
}

function tell(form, problem) {
  for (const line of form.querySelectorAll("[data-problem]")) line.hidden = line.dataset.problem !== problem;
}

async function ask(form) {
  const button = form.querySelector("button[type='submit']");
  button.disabled = true;
  tell(form, null);
  try {
    const { adding, options } = await optionsFor(form);
    const credential = await (adding ? navigator.credentials.create(options) : navigator.credentials.get(options));
    form.elements.credential.value = JSON.stringify(written(credential));
    form.submit();
  } catch (problem) {
    // A key that is there already is its own case; all others the browser keeps from us on purpose.
    tell(form, problem.name === "InvalidStateError" ? "known" : "refused");
    button.disabled = false;
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (window.PublicKeyCredential && navigator.credentials) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
  } else {
    for (const note of document.querySelectorAll("[data-passkey-unknown]")) note.hidden = false;
  }
}
