"""The list of rooms by itself: more of them than a screen holds."""

import pytest
from playwright.sync_api import Page

from chat.tests.browser.modules import open_modules, run

pytestmark = pytest.mark.browser


def test_more_rooms_than_a_screen_holds(page: Page) -> None:
    """Every one of them comes and goes with the hello; a new name moves it to its place."""
    open_modules(page, '<nav id="sidebar"><ul class="room-links"></ul></nav>')
    script = """
      const { Signals } = await import("/js/signals.js");
      const { Unread } = await import("/js/unread.js");
      const socket = new Signals();
      const badge = { show(count) { this.count = count; } };
      const sidebar = new m.Sidebar({ socket, unread: new Unread(1), badge });
      const rooms = Array.from({ length: 150 }, (_, index) => ({
        id: index + 1, slug: `r-${index}`, name: `Room ${String(index).padStart(3, "0")}`,
        seq: 1, last_message: 1, last_read: 1, unread: index === 149 ? 2 : 0, mentions: 0 }));
      const links = () => [...document.querySelectorAll(".room-link .room-name")].map((label) => label.textContent);
      socket.emit("ready", { rooms });
      const all = links().length;
      socket.emit("ready", { rooms: rooms.slice(1) });
      sidebar.enter(3);
      sidebar.rename(150, "A room");
      const [first] = links();
      const messages = [{ id: 2, seq: 2, author: { id: 9 }, mentions: [] }];
      socket.emit("room.changes", { room: 150, seq: 2, messages });
      const [next, unread] = [sidebar.nextUnread(1, "/rooms/r-2/").pathname, sidebar.unread.of(150).unread];
      socket.emit("ready", { rooms: [] });
      return [all, first, badge.count, unread, next, links().length, document.body.textContent.trim()];
    """
    assert run(page, "sidebar", script) == [150, "A room", 2, 3, "/rooms/r-149/", 0, "no_rooms"]
