"""What a browser calls itself, in the words of people: "Firefox on Linux"."""

import re

from django.utils.translation import gettext as _

# The first that is found says it: browsers name those they descend from, too.
BROWSERS = (
    (r"Edg(?:e|A|iOS)?/", "Edge"),
    (r"OPR/|Opera", "Opera"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Vivaldi/", "Vivaldi"),
    (r"YaBrowser/", "Yandex Browser"),
    (r"DuckDuckGo/|Ddg/", "DuckDuckGo"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"HeadlessChrome/", "Chrome (headless)"),
    (r"Chrome/|CriOS/|Chromium/", "Chrome"),
    (r"Version/[\d.]+ .*Safari/", "Safari"),
    (r"MSIE |Trident/", "Internet Explorer"),
    (r"curl/", "curl"),
    (r"python|aiohttp|okhttp|Go-http-client|Wget/", "A program"),
)
SYSTEMS = (
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"CrOS", "ChromeOS"),
    (r"Windows", "Windows"),
    (r"Macintosh|Mac OS X", "Mac"),
    (r"FreeBSD", "FreeBSD"),
    (r"Linux|X11", "Linux"),
)


def device(user_agent: str) -> str:
    """Browser and system as far as they are known; what a browser says of itself is nothing to rely on."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown device")


def _first(known: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for pattern, name in known if re.search(pattern, user_agent)), "")
