/** A room's page: its timeline, composer and panel, all fed by one room feed. */

import { Announcer } from "./announcer.js";
import { copyText } from "./clipboard.js";
import { Closed } from "./closed.js";
import { Composer } from "./composer.js";
import { Cursor } from "./cursor.js";
import { Dresser } from "./dresser.js";
import { Editing } from "./editing.js";
import { History } from "./history.js";
import { Judging } from "./judging.js";
import { nameOf, patchPerson } from "./names.js";
import { NewsButton } from "./news.js";
import { listNumbers, page, text } from "./page.js";
import { PendingBubbles } from "./pending.js";
import { Here, preparePanel } from "./people.js";
import { Reading } from "./reading.js";
import { RoomFeed } from "./room.js";
import { RowForm } from "./row-form.js";
import { Scroller } from "./scroller.js";
import { localeFor } from "./times.js";
import { Timeline } from "./timeline.js";
import { Toolbar } from "./toolbar.js";
import { Typing } from "./typing.js";

const byId = (id) => document.getElementById(id);

/** /rooms/<slug>/ of the page we are on, also when it was opened at a message or a day. */
function roomUrl() {
  return location.pathname.match(/^\/rooms\/[^/]+\//)[0];
}

/** Bring the room that stands in the page to life, until `life` is aborted; what is passed in outlives it. */
export function showRoom({ user, store, socket, sender, unread, sidebar, line, life }) {
  const list = byId("messages");
  const { room, cursor, epoch, last, atEnd, lastRead } = listNumbers(list);
  const url = roomUrl();
  const scroller = new Scroller(byId("timeline"), life);
  const dresser = new Dresser({
    me: user.id,
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    locale: localeFor(document.documentElement.lang || "en", navigator.language),
    words: { today: text("today"), yesterday: text("yesterday") },
    roomUrl: url,
  });
  const timeline = new Timeline(list, { dresser, scroller });
  const history = new History({ url: `${url}messages/`, timeline, scroller, newest: () => unread.of(room).last_message });
  const newest = (atEnd ? last : page.rooms.find((entry) => entry.id === room)?.last_message) ?? 0;
  const feed = new RoomFeed({ room, url, cursor: new Cursor(cursor, epoch), newest, socket, timeline, history, life });
  const changed = () => sidebar.render();
  const reading = new Reading({ room, lastRead, socket, timeline, unread, changed, life });
  const parts = { room, url, user, store, socket, sender, unread, sidebar, line, life };
  joinFeed({ ...parts, feed, timeline, reading, news: new NewsButton(byId("new-messages"), { timeline, history, scroller }) });
  if (byId("composer")) joinComposer({ ...parts, feed, timeline, dresser, scroller, history });
  feed.start();
  history.check();
  reading.check();
}

/** What the feed says goes to everything that shows it. */
function joinFeed({ room, user, store, socket, unread, sidebar, line, life, feed, timeline, reading, news }) {
  const here = new Here(byId("here"), byId("here-count"));
  const announcer = new Announcer(byId("announcer"), life);
  preparePanel(byId("people"), { toggle: byId("people-toggle"), close: byId("people-close"), store, life });
  socket.on("presence", (frame) => frame.room === room && here.change(frame), life);
  feed.on("here", (people) => here.replace(people));
  feed.on("live", () => {
    document.documentElement.dataset.live = "";
    line.up();
  });
  socket.on("down", () => delete document.documentElement.dataset.live, life);
  life.addEventListener("abort", () => delete document.documentElement.dataset.live);
  feed.on("left", () => location.assign("/"));
  feed.on("members", (members) => {
    for (const { user: person } of members) {
      patchPerson(person);
      here.rename(person);
    }
  });
  feed.on("members", (members) => showRole(members.find((member) => member.user.id === user.id)));
  feed.on("header", (header) => showHeader(room, header, sidebar));
  feed.on("applied", ({ frame, fresh }) => {
    if (unread.add(room, frame.seq, frame.messages.map(asCounted))) sidebar.render();
    const others = fresh.filter((entry) => entry.author.id !== user.id);
    if (others.length && !reading.isWatched) timeline.markNewOnce(others[0].id, text("new"));
    announcer.forget(frame.messages.filter((entry) => entry.deleted_at).map((entry) => entry.id));
    announcer.say(others);
    news.add(others.length);
    reading.check();
  });
}

function asCounted({ id, seq, author, mentions }) {
  return { id, seq, author: author.id, mentions };
}

/** The styles and the toolbar offer what the role allows. */
function showRole(mine) {
  if (mine) byId("main").dataset.role = mine.role;
}

function keepsOrder() {
  const { role, isStaff } = byId("main").dataset;
  return role !== "member" || isStaff !== undefined;
}

function showHeader(room, { name, topic }, sidebar) {
  const old = byId("room-name").textContent;
  byId("room-name").textContent = name;
  const place = byId("room-topic");
  place.textContent = topic;
  const box = place.closest("details");
  if (box) box.hidden = !topic;
  sidebar.rename(room, name);
  if (old !== name) sidebar.retitle(sidebar.title.replace(old, name));
}

/** Saying, and what hangs on it: bubbles, typing, editing, the toolbar. */
function joinComposer({ room, url, user, store, socket, sender, life, feed, timeline, dresser, scroller, history }) {
  const composer = new Composer(byId("composer"), { room, limit: page.limits?.body ?? 5000, store, life });
  const typing = new Typing(byId("typing"), { room, socket, nameOf, life });
  const messages = `${url}messages/`;
  const bubbles = new PendingBubbles(byId("pending"), { room, sender, timeline, dresser, scroller, life });
  const refused = (words) => composer.note(words);
  const rows = new RowForm({ timeline, scroller, done: () => composer.focus() });
  const editing = new Editing({ url: messages, socket, timeline, rows, refused });
  const judging = new Judging({ url: messages, timeline, rows, refused });
  const actions = {
    edit: (row) => editing.edit(row),
    delete: (row) => editing.askDelete(row),
    hide: (row) => judging.askHide(row),
    restore: (row) => judging.askRestore(row),
    restrict: (row) => location.assign(`${url}members/${row.dataset.authorId}/restrict/`),
    "copy-link": (row) => copyText(row.querySelector(".message-link").href).then(() => composer.note(text("copied"))),
  };
  new Toolbar(byId("toolbar"), { timeline, me: user.id, keepsOrder, actions, life });
  const muted = page.rooms.find((entry) => entry.id === room)?.muted ?? null;
  const closed = new Closed(byId("closed"), { form: byId("composer"), room, muted, socket, life });
  feed.on("header", ({ archived }) => closed.archive(archived));
  composer.on("typed", () => typing.tell());
  composer.on("edit-last", () => {
    const row = timeline.lastOf(user.id);
    if (row) editing.edit(row);
  });
  composer.on("say", (body) => say({ body, room, messages, sender, timeline, scroller, history }));
  feed.on("applied", ({ fresh }) => fresh.forEach((entry) => typing.forget(entry.author.id)));
  sender.on("stored", ({ entry, overHttp }) => overHttp && entry.room === room && feed.catchUp().catch(() => {}), life);
  // Over HTTP, or outside the loaded window, the row itself may never come: the bubble has done its work.
  socket.on("ready", () => bubbles.render(), life);
}

/** One's own words are shown where they will stand: at the end of the room. */
async function say({ body, room, messages, sender, timeline, scroller, history }) {
  sender.say(room, messages, body);
  if (!timeline.window.atEnd) await history.reloadEnd().catch(() => {});
  scroller.toEnd();
}
