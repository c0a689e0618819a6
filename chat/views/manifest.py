"""What a browser needs to put the site on a home screen."""

from django.http import HttpRequest, JsonResponse
from django.templatetags.static import static
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chat.context import site_of
from chat.views.door import door

PAPER = "#fcfaf6"  # tokens.css, as those that read this know colours
ICONS = (
    ("icon.svg", "any", "any"),
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("maskable.svg", "any", "maskable"),
    ("maskable-512.png", "512x512", "maskable"),
)


@door("GET", public=True)
def show(request: HttpRequest) -> JsonResponse:
    name = site_of(request).name
    told = {
        "id": "/",
        "name": name,
        "short_name": name,
        "description": _("Rooms to talk in, with every word kept in its place."),
        "lang": get_language(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "categories": ["social"],
        "icons": [_icon(*icon) for icon in ICONS],
    }
    return JsonResponse(told, content_type="application/manifest+json")


def _icon(file: str, sizes: str, purpose: str) -> dict[str, str]:
    kind = "image/svg+xml" if file.endswith(".svg") else "image/png"
    return {"src": static(f"icons/{file}"), "sizes": sizes, "type": kind, "purpose": purpose}
