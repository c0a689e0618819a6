/** What is read of a room: its timeline, where the reader is in it, and the ways about it. */

import { Dresser } from "./dresser.js";
import { History } from "./history.js";
import { Jump } from "./jump.js";
import { atMidnight } from "./midnight.js";
import { NewLine } from "./new-line.js";
import { NewsButton } from "./news.js";
import { listNumbers, text } from "./page.js";
import { Reading } from "./reading.js";
import { ROW_WORDS } from "./row-words.js";
import { Scroller } from "./scroller.js";
import { localeFor } from "./times.js";
import { Timeline } from "./timeline.js";

/** `box` is what scrolls, `list` holds the rows; `newest` is the room's last message when the page was made. */
export function viewOf({ box, list, button, url, me, newest, socket, unread, changed, life }) {
  const { room, lastRead } = listNumbers(list);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const locale = localeFor(document.documentElement.lang || "en", navigator.language);
  const words = Object.fromEntries(["today", "yesterday", ...ROW_WORDS].map((key) => [key, text(key)]));
  const scroller = new Scroller(box, life);
  const dresser = new Dresser({ me, zone, locale, words, roomUrl: url });
  const timeline = new Timeline(list, { dresser, scroller });
  atMidnight(() => dresser.renameDays(list), life);
  const newLine = new NewLine(timeline, { me, words: text("new"), after: lastRead < newest ? lastRead : null });
  const reading = new Reading({ room, lastRead, socket, timeline, newLine, unread, changed, life });
  const last = () => unread.of(room).last_message || newest;
  const history = new History({ url: `${url}messages/`, timeline, scroller, newest: last, life });
  const news = new NewsButton(button, { timeline, history, scroller, pressed: () => reading.resume() });
  const jump = new Jump({ url, timeline, history, scroller, news, zone, life });
  return { scroller, dresser, timeline, newLine, reading, history, news, jump };
}
