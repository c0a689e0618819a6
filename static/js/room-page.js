/** A room's page: its timeline, composer and panel, all fed by one room feed. */

import { Announcer } from "./announcer.js";
import { Closed } from "./closed.js";
import { Completion } from "./completion.js";
import { Composer } from "./composer.js";
import { Cursor } from "./cursor.js";
import { MemberSearch } from "./members.js";
import { nameOf, patchPerson } from "./names.js";
import { listNumbers, page, text } from "./page.js";
import { PendingBubbles } from "./pending.js";
import { Here, preparePanel } from "./people.js";
import { Places, standAt } from "./places.js";
import { showHeader, showRole } from "./room-header.js";
import { RoomFeed } from "./room.js";
import { prepareRows } from "./row-actions.js";
import { Slowness } from "./slowness.js";
import { Typing } from "./typing.js";
import { asCounted } from "./unread.js";
import { viewOf } from "./view.js";

const byId = (id) => document.getElementById(id);

/** /rooms/<slug>/ of the page we are on, also when it was opened at a message or a day. */
function roomUrl() {
  return location.pathname.match(/^\/rooms\/[^/]+\//)[0];
}

/**
 * Bring the room that stands in the page to life, until `life` is aborted; what is passed in outlives it.
 * Gives what the router asks of a room: {room, url, keepPlace(), stand(state), jump(url)}.
 */
export function showRoom({ user, store, socket, sender, unread, sidebar, badge, line, life }) {
  const list = byId("messages");
  const { room, cursor, epoch, last, atEnd } = listNumbers(list);
  const url = roomUrl();
  const newest = (atEnd ? last : page.rooms.find((entry) => entry.id === room)?.last_message) ?? 0;
  const parts = { box: byId("timeline"), list, button: byId("new-messages") };
  const view = viewOf({ ...parts, url, me: user.id, newest, socket, unread, changed: () => sidebar.render(), life });
  const { scroller, timeline, history, reading, jump } = view;
  const feed = new RoomFeed({ room, url, cursor: new Cursor(cursor, epoch), newest, socket, timeline, history, life });
  const places = new Places(scroller, { root: url, life });
  const around = { room, url, user, store, socket, sender, unread, sidebar, badge, line, life };
  joinFeed({ ...around, ...view, feed });
  if (byId("composer")) joinComposer({ ...around, ...view, feed });
  feed.start();
  history.check();
  reading.check();
  life.addEventListener("abort", () => socket.tell({ type: "room.close", room }));
  return { room, url, keepPlace: () => places.keep(), stand: (state) => standIn(timeline, state), jump: (to) => jump.to(to) };
}

/** Where `state` (of a history entry) stands, when that is loaded. */
function standIn({ scroller, window: loaded }, state) {
  if (state?.place !== null) return standAt(scroller.box, state);
  if (loaded.atEnd) scroller.toEnd();
  return loaded.atEnd;
}

/** What the feed says goes to everything that shows it. */
function joinFeed({ room, user, store, socket, unread, sidebar, badge, line, life, feed, newLine, reading, news }) {
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
  feed.on("header", (header) => showHeader(room, header, { sidebar, badge }));
  feed.on("applied", ({ frame, fresh }) => {
    if (unread.add(room, frame.messages.map(asCounted))) sidebar.render();
    const others = fresh.filter((entry) => entry.author.id !== user.id);
    if (others.length && !reading.isWatched) newLine.markOnce(others[0].id);
    announcer.forget(frame.messages.filter((entry) => entry.deleted_at).map((entry) => entry.id));
    announcer.say(others);
    news.add(others.length);
    reading.check();
  });
}

/** Saying, and what hangs on it: bubbles, typing, editing, the toolbar. */
function joinComposer({ room, url, user, store, socket, sender, life, feed, timeline, dresser, scroller, history, reading }) {
  const limit = page.limits?.body ?? 5000;
  const composer = new Composer(byId("composer"), { room, limit, store, life });
  const search = new MemberSearch(`${url}members/find/`);
  const complete = (box, place) => new Completion(box, { place, search });
  complete(composer.box, composer.box.parentElement);
  new Slowness(byId("composer-wait"), { room, sender, life });
  const typing = new Typing(byId("typing"), { room, socket, nameOf, life });
  const messages = `${url}messages/`;
  const bubbles = new PendingBubbles(byId("pending"), { room, sender, timeline, dresser, scroller, life });
  const leave = () => (byId("composer").hidden ? byId("closed") : composer).focus();
  const note = (words) => composer.note(words);
  const rows = prepareRows({ url, limit, me: user.id, socket, timeline, scroller, reading, complete, leave, note, life });
  const muted = page.rooms.find((entry) => entry.id === room)?.muted ?? null;
  const closed = new Closed(byId("closed"), { form: byId("composer"), room, muted, socket, life });
  feed.on("header", ({ archived }) => closed.archive(archived));
  composer.on("typed", () => typing.tell());
  composer.on("edit-last", () => {
    const row = timeline.lastOf(user.id);
    if (row) rows.edit(row);
  });
  composer.on("say", (body) => say({ body, room, messages, store, composer, sender, timeline, scroller, history }));
  composer.on("say", () => reading.resume());
  feed.on("applied", ({ frame }) => {
    for (const { author, client_id, id } of frame.messages) if (author.id === user.id) sender.arrived(client_id, id);
  });
  feed.on("applied", ({ fresh }) => fresh.forEach((entry) => typing.forget(entry.author.id)));
  sender.on("stored", ({ entry, overHttp }) => overHttp && entry.room === room && feed.catchUp().catch(() => {}), life);
  // Over HTTP, or outside the loaded window, the row itself may never come: the bubble has done its work.
  socket.on("ready", () => bubbles.render(), life);
}

/** One's own words are shown where they will stand: at the end of the room. */
async function say({ body, room, messages, store, composer, sender, timeline, scroller, history }) {
  store.hold(room, body);
  sender.say(room, messages, body).then(() => store.letGo(room, composer.box.value));
  if (!timeline.window.atEnd) await history.openEnd().catch(() => {});
  scroller.toEnd();
}
