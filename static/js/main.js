/** Puts the parts together: what every signed-in page has, and what a room page adds. */

import { Badge } from "./badge.js";
import { ConnectionLine } from "./connection.js";
import { element } from "./dom.js";
import { prepareDrawer } from "./drawer.js";
import { Journal } from "./journal.js";
import { showLocalTimes } from "./local-times.js";
import { prepareMenus } from "./menus.js";
import { prepareOfflineStart } from "./offline-start.js";
import { Outbox } from "./outbox.js";
import { page, text } from "./page.js";
import { Palette } from "./palette.js";
import { standAt } from "./places.js";
import { prepareRegions } from "./regions.js";
import { Router } from "./router.js";
import { Sender } from "./sender.js";
import { prepareShortcuts } from "./shortcuts.js";
import { Sidebar } from "./sidebar.js";
import { Socket } from "./socket.js";
import { Stage } from "./stage.js";
import { forgetAtSignOut, Store } from "./store.js";
import { Unread } from "./unread.js";
import { Waiting } from "./waiting.js";

const byId = (id) => document.getElementById(id);

function start(user) {
  const journal = new Journal(user.id);
  const store = new Store(user.id, journal);
  const socket = new Socket(page.socket, { user: user.id });
  const sender = new Sender({ outbox: new Outbox(), journal, socket, user: user.id });
  const unread = new Unread(user.id);
  unread.replace(page.rooms);
  const badge = new Badge();
  const sidebar = new Sidebar({ socket, unread, badge });
  const connection = byId("connection") ?? element("div", { class: "connection", id: "connection", role: "status", hidden: true });
  const line = new ConnectionLine(connection, { socket, sender });
  const stage = new Stage({ user, store, socket, sender, unread, sidebar, badge, line });
  if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") standAt(byId("timeline"), history.state);
  stage.enter();
  socket.on("ready", () => stage.view || line.up());
  showState(byId("me-state"), socket);
  prepareWays({ stage, sidebar, unread, connection });
  socket.start();
  sender.start();
  prepareOfflineStart();
  forgetAtSignOut(() => mayLose(sender.outbox.unsent));
}

/** A sign-out empties the disk: what waits there would never be said. */
function mayLose(count) {
  return count === 0 || confirm(text("ask_unsent", { count }));
}

/** Beside one's own name: whether others can reach this tab now. */
function showState(dot, socket) {
  const show = (isOnline) => {
    dot.hidden = false;
    dot.classList.toggle("is-online", isOnline);
    dot.setAttribute("aria-label", isOnline ? text("online") : text("not_online"));
  };
  socket.on("ready", () => show(true));
  socket.on("down", () => show(false));
}

/** From room to room: by links, by the drawer, by name, by keys. */
function prepareWays({ stage, sidebar, unread, connection }) {
  const said = byId("said");
  const say = (words) => (said.textContent = words);
  const leaving = () => document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  prepareDrawer(byId("drawer"), byId("sidebar"));
  const waiting = new Waiting(document.querySelector(".shell"), { say });
  const router = new Router({ stage, waiting, connection, leaving, say });
  const go = (url) => router.go(url);
  const palette = new Palette(byId("palette"), { unread, stage, go });
  router.start();
  prepareShortcuts({
    jump: () => palette.toggle(),
    help: byId("keys"),
    unread: (step) => {
      const next = sidebar.nextUnread(step, router.heading);
      if (next) go(next);
      else say(text("nothing_unread"));
    },
  });
}

prepareMenus();
prepareRegions();
showLocalTimes();
if (page.user) start(page.user);
