/** How much is unread, where a tab and an installed app show it: in the title, on the icon. */

import { countText } from "./unread.js";

const CEILING = 100;
const ICON_CEILING = 10; // more digits cannot be read in 16 px

export class Badge {
  #shown = null;

  constructor(icon = document.querySelector('link[rel~="icon"]')) {
    this.icon = icon;
    this.plainIcon = icon?.href;
    this.title = document.title;
    this.count = 0;
  }

  /** The page is called `title` from now on. */
  retitle(title) {
    this.title = title;
    this.show(this.count);
  }

  show(count) {
    this.count = count;
    document.title = titleWith(this.title, count);
    if (this.#shown === count) return;
    this.#shown = count;
    if (this.icon) this.icon.href = count ? `data:image/svg+xml,${encodeURIComponent(iconWith(count))}` : this.plainIcon;
    this.#tellApp(count).catch(() => {}); // only an installed app has a badge
  }

  async #tellApp(count) {
    if (count) await navigator.setAppBadge?.(count);
    else await navigator.clearAppBadge?.();
  }
}

export function titleWith(title, count) {
  return count ? `(${countText(Math.min(count, CEILING))}) ${title}` : title;
}

/** The icon of static/icons/icon.svg with its dot grown to a count. */
export function iconWith(count) {
  const words = count < ICON_CEILING ? String(count) : `${ICON_CEILING - 1}+`;
  const width = words.length > 1 ? 23 : 17;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  <rect width="32" height="32" rx="7" fill="#17605b"/>
  <path d="M8 7h16M8 12h6" stroke="#fbf9f5" stroke-width="2.500" stroke-linecap="round" fill="none"/>
  <rect x="${32 - width}" y="15" width="${width}" height="17" rx="7" fill="#f0b866"/>
  <text x="${32 - width / 2}" y="28.500" text-anchor="middle" font-family="sans-serif" font-weight="700" font-size="14" fill="#20242c">${words}</text>
</svg>`;
}
