/** What the server told this page: the JSON block `page-data`, its strings, and the list's own numbers. */

export const page = told(document);

function told(given) {
  return JSON.parse(given.getElementById("page-data")?.textContent || "{}");
}

/** What `coming`, the document of a page that takes this one's place, was told. */
export function adopt(coming) {
  Object.assign(page, told(coming));
}

const plurals = new Intl.PluralRules(document.documentElement.lang || "en");

/** The visible text `key`, with `{name}` filled in from `values`; `values.count` chooses among plural forms. */
export function text(key, values = {}) {
  const found = page.strings?.[key] ?? key;
  const form = typeof found === "string" ? found : (found[plurals.select(values.count)] ?? found.other);
  return form.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** The numbers a message list carries, from the page or from a history answer. */
export function listNumbers(list) {
  const number = (value) => (value === undefined || value === "" || value === "None" ? null : Number(value));
  return {
    room: number(list.dataset.roomId),
    cursor: number(list.dataset.cursor) ?? 0,
    epoch: list.dataset.epoch ?? "",
    first: number(list.dataset.first),
    last: number(list.dataset.last),
    atStart: list.dataset.atStart === "1",
    atEnd: list.dataset.atEnd === "1",
    lastRead: number(list.dataset.lastRead) ?? 0,
  };
}
