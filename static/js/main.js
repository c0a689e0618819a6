/** Puts the parts together: what every signed-in page has, and what a room page adds. */

import { ConnectionLine } from "./connection.js";
import { prepareDrawer } from "./drawer.js";
import { showLocalTimes } from "./local-times.js";
import { prepareMenus } from "./menus.js";
import { Outbox } from "./outbox.js";
import { page } from "./page.js";
import { showRoom } from "./room-page.js";
import { Sender } from "./sender.js";
import { Sidebar } from "./sidebar.js";
import { Socket } from "./socket.js";
import { forgetAtSignOut, Store } from "./store.js";
import { Unread } from "./unread.js";

const byId = (id) => document.getElementById(id);

function currentRoom() {
  const list = byId("messages");
  return list ? Number(list.dataset.roomId) : null;
}

function start(user) {
  const store = new Store(user.id);
  const socket = new Socket(page.socket, { user: user.id });
  const sender = new Sender({ outbox: new Outbox(store.outbox()), socket, store });
  const unread = new Unread(user.id);
  const sidebar = new Sidebar({ socket, unread, current: currentRoom(), left: () => {} });
  if (byId("menu") && byId("drawer")) prepareDrawer(byId("drawer"), { menu: byId("menu"), sidebar: byId("sidebar") });
  const line = byId("connection") && new ConnectionLine(byId("connection"), { socket });
  const life = new AbortController();
  if (byId("messages")) showRoom({ user, store, socket, sender, unread, sidebar, line, life: life.signal });
  else if (line) socket.on("ready", () => line.up());
  socket.start();
  sender.pump();
}

forgetAtSignOut();
prepareMenus();
showLocalTimes();
if (page.user) start(page.user);
