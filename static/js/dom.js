/** Making elements from script, and the one place that turns the server's sanitised HTML into nodes. */

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** The first element of a fragment the server rendered. Nothing else in these scripts parses HTML. */
export function fromServer(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return document.importNode(template.content, true).firstElementChild;
}

/** A whole page from the server, inert: its scripts do not run and its pictures are not loaded. */
export function inertPage(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

export function cloneTemplate(id) {
  return document.getElementById(id)?.content.firstElementChild?.cloneNode(true) ?? null;
}
