/** What one does with messages where they stand: by toolbar, by keys, by a sheet; and the forms that open in a row. */

import { copyText } from "./clipboard.js";
import { isTouch } from "./composer.js";
import { Editing } from "./editing.js";
import { Judging } from "./judging.js";
import { onLongPress } from "./long-press.js";
import { text } from "./page.js";
import { keepsOrder } from "./room-header.js";
import { Roving } from "./roving.js";
import { RowForm } from "./row-form.js";
import { Sheet } from "./sheet.js";
import { Toolbar } from "./toolbar.js";

const byId = (id) => document.getElementById(id);

/** Gives `{edit(row)}`; `leave` brings the focus back to where one writes, `note` says something there. */
export function prepareRows({ url, limit, me, socket, timeline, scroller, reading, complete, leave, note, life }) {
  const messages = `${url}messages/`;
  // On a phone the focus in the box would bring the keyboard up.
  const done = (row) => (row ? roving.focus(row) : isTouch() || leave());
  const rows = new RowForm({ timeline, scroller, done });
  const editing = new Editing({ url: messages, limit, socket, timeline, rows, refused: note, complete });
  const judging = new Judging({ url: messages, timeline, rows, refused: note });
  const actions = {
    edit: (row) => editing.edit(row),
    delete: (row) => editing.askDelete(row),
    unread: (row) => reading.unreadFrom(row).then(() => note(text("unread_from_here")), () => note(text("no_unread"))),
    hide: (row) => judging.askHide(row),
    restore: (row) => judging.askRestore(row),
    restrict: (row) => location.assign(`${url}members/${row.dataset.authorId}/restrict/`),
    "copy-link": (row) => copyText(row.querySelector(".message-link").href).then(() => note(text("copied"))),
    "copy-text": (row) => copyText(row.querySelector(".message-body").innerText).then(() => note(text("copied_text"))),
  };
  const sheet = new Sheet(byId("sheet"), { life });
  const toolbar = new Toolbar(byId("toolbar"), { timeline, me, keepsOrder, actions, sheet, life });
  const act = (row) => toolbar.enter(row);
  const press = (row, key) => toolbar.press(row, key);
  const roving = new Roving({ timeline, scroller, leave, act, press, life });
  onLongPress(timeline.list, ".message:not(.is-editing)", (row) => toolbar.openSheet(row), life);
  return { edit: actions.edit };
}
