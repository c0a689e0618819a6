/*
 * Before the first paint: what differs from reader to reader in the rows the server sent.
 * A classic script in the head, where it is fetched beside the styles; the element <first-paint> behind the room runs
 * it while the page is parsed, so that nothing is painted undressed and nothing moves afterwards.
 * It must give what dresser.js, grouping.js, row-words.js and times.js give, which a test compares.
 */
// Browsers may paint while they parse: until the rows are dressed, the styles keep them out of sight.
document.documentElement.classList.add("has-script", "is-parsing");
document.addEventListener("DOMContentLoaded", () => document.documentElement.classList.remove("is-parsing"));

function dressRoom() {
  const list = document.getElementById("messages");
  const box = document.getElementById("timeline");
  if (!list || !box) return;
  const given = JSON.parse(document.getElementById("page-data")?.textContent || "{}");
  const words = given.strings ?? {};
  const me = given.user?.id;
  try {
    document.body.classList.toggle("people-closed", localStorage.getItem(`chat.${me}.choice.people`) === "closed");
  } catch {
    // no storage, no memory of it
  }
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const pageLanguage = document.documentElement.lang || "en";
  const isSame = navigator.language?.split("-")[0] === pageLanguage.split("-")[0];
  const locale = isSame ? navigator.language : pageLanguage;
  const roomUrl = location.pathname.match(/^\/rooms\/[^/]+\//)?.[0] ?? "";
  const now = Date.now();

  const isoDay = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit", timeZone: zone });
  const full = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short", timeZone: zone });

  function dayOf(at) {
    const parts = {};
    for (const { type, value } of isoDay.formatToParts(at)) parts[type] = value;
    return `${parts.year}-${parts.month}-${parts.day}`;
  }

  function dayText(at, day) {
    if (day === dayOf(now)) return words.today;
    if (day === dayOf(now - 86_400_000)) return words.yesterday;
    const year = day.slice(0, 4) === dayOf(now).slice(0, 4) ? undefined : "numeric";
    const options = { weekday: "long", day: "numeric", month: "long", year, timeZone: zone };
    return new Intl.DateTimeFormat(locale, options).format(at);
  }

  function headingFor(at, day) {
    const link = document.createElement("a");
    link.setAttribute("href", `${roomUrl}${day}/`);
    link.textContent = dayText(at, day);
    const heading = document.createElement("li");
    heading.className = "day";
    heading.dataset.day = day;
    heading.append(document.createElement("h2"));
    heading.firstChild.append(link);
    return heading;
  }

  function newLine() {
    const line = document.createElement("li");
    line.className = "new-line";
    line.append(document.createElement("span"));
    line.firstChild.textContent = words.new;
    return line;
  }

  function clockPiece({ type, value }) {
    if (type !== "dayPeriod") return value;
    const period = document.createElement("span");
    period.className = "day-period";
    period.textContent = value;
    return period;
  }

  function sayTombstone(row) {
    const line = row.classList.contains("is-deleted") && row.querySelector(".tombstone");
    const said = row.classList.contains("is-hidden") ? words.hidden_by : words.deleted_by;
    if (!line || !said) return;
    const [before, after] = said.split("{name}");
    const reason = line.querySelector(".tombstone-reason");
    line.replaceChildren(before, line.querySelector("bdi[data-author-id]"), after, ...(reason ? [": ", reason] : []));
  }

  function dressOwn(row, at) {
    row.classList.toggle("is-mine", Number(row.dataset.authorId) === me);
    row.classList.toggle("mentions-me", row.querySelector(`.mention[data-user-id="${me}"]`) !== null);
    const time = row.querySelector(".message-link time");
    time.replaceChildren(...clock.formatToParts(at).map(clockPiece));
    time.title = full.format(at);
    const edited = row.querySelector(".edited[data-time]");
    if (edited) edited.title = full.format(Date.parse(edited.dataset.time));
    if (edited && words.edited) edited.textContent = words.edited;
    sayTombstone(row);
  }

  const lastRead = Number(list.dataset.lastRead) || 0;
  const rows = [...list.querySelectorAll(":scope > .message")];
  const unreadRows = rows.filter((row) => Number(row.dataset.messageId) > lastRead);
  const isReadBefore = list.dataset.atStart === "1" || unreadRows.length < rows.length;
  const firstUnread = isReadBefore ? unreadRows.find((row) => Number(row.dataset.authorId) !== me) : undefined;
  let previous = null;
  for (const row of rows) {
    const message = { author: Number(row.dataset.authorId), at: Date.parse(row.dataset.time) };
    const day = dayOf(message.at);
    dressOwn(row, message.at);
    const isNewDay = !previous || dayOf(previous.at) !== day;
    const gap = previous ? message.at - previous.at : 0;
    const isGrouped = !isNewDay && previous.author === message.author && gap >= 0 && gap < 5 * 60 * 1000;
    row.classList.toggle("is-grouped", isGrouped && row !== firstUnread);
    if (isNewDay) row.before(headingFor(message.at, day));
    if (row === firstUnread) row.before(newLine());
    previous = message;
  }

  /* Where to begin: at the message or day of the address, at the first unread, at a page's own edge, or at the end. */
  function begin() {
    const linked = location.pathname.match(/\/messages\/(\d+)\/$/);
    const row = linked && document.getElementById(`message-${linked[1]}`);
    if (row) {
      row.classList.add("is-linked");
      return row.scrollIntoView({ block: "center" });
    }
    const wanted = location.pathname.match(/\/(\d{4}-\d\d-\d\d)\/$/);
    const day = wanted && [...list.querySelectorAll(".day")].find((each) => each.dataset.day >= wanted[1]);
    if (day) return day.scrollIntoView({ block: "start" });
    if (/[?&]after=/.test(location.search)) return undefined;
    box.scrollTop = box.scrollHeight;
    const line = list.querySelector(".new-line");
    if (!line) return undefined;
    const above = line.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 4;
    box.scrollTop += Math.min(0, above);
    return undefined;
  }
  begin();
}

customElements.define("first-paint", class extends HTMLElement {
  connectedCallback() {
    dressRoom();
    document.documentElement.classList.remove("is-parsing");
  }
});
