"""What every page knows: the site's name, who may come in how, the person's rooms, and the block for the scripts."""

from functools import cached_property
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.html import json_script
from django.utils.safestring import SafeString

from accounts.doorway import invitation, may_sign_up
from accounts.models import User
from chat import formatting
from chat.live.protocol import FRAME_LIMIT
from chat.models import Installation
from chat.overview import Mutes, mutes, overview
from chat.rendering import person
from chat.words import words

UNNAMED = "Chatrooms"


class Site:
    """Asked only for what a template names, and once."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def user(self) -> User | None:
        user = getattr(self.request, "user", None)
        return user if isinstance(user, User) and user.is_authenticated else None

    @cached_property
    def installation(self) -> Installation | None:
        return Installation.objects.first()

    @cached_property
    def name(self) -> str:
        return (self.installation and self.installation.name) or UNNAMED

    @cached_property
    def epoch(self) -> str:
        return str(self.installation.epoch) if self.installation else ""

    @cached_property
    def signup_open(self) -> bool:
        return may_sign_up(self.request)

    @cached_property
    def providers(self) -> list[dict[str, str]]:
        found = get_adapter(self.request).list_providers(self.request)
        return [{"id": p.id, "name": p.name, "login_url": p.get_login_url(self.request)} for p in found]

    @cached_property
    def mutes(self) -> Mutes:
        return mutes([self.user.pk]).get(self.user.pk, {}) if self.user else {}

    @cached_property
    def rooms(self) -> list[dict[str, Any]]:
        return overview(self.user.pk, theirs=self.mutes) if self.user else []

    @cached_property
    def page_data(self) -> SafeString:
        return json_script(self.for_scripts(), "page-data")

    def for_scripts(self) -> dict[str, Any]:
        return {
            "user": self.user and {**person(self.user), "theme": self.user.theme, "time_zone": self.user.time_zone},
            "rooms": self.rooms,
            "epoch": self.epoch,
            "limits": {"body": formatting.LIMIT, "frame": FRAME_LIMIT},
            "socket": "/ws/",
            "strings": words(),
        }


def site_of(request: HttpRequest) -> Site:
    """One for a request, so that a view and its template ask for nothing twice."""
    if not hasattr(request, "site_known"):
        request.site_known = Site(request)  # type: ignore[attr-defined]
    return request.site_known  # type: ignore[attr-defined]


def site(request: HttpRequest) -> dict[str, Any]:
    known = site_of(request)
    return {
        "site_name": SimpleLazyObject(lambda: known.name),
        "epoch": SimpleLazyObject(lambda: known.epoch),
        "signup": settings.SIGNUP,
        "invitation": SimpleLazyObject(lambda: invitation(request)),
        "signup_open": SimpleLazyObject(lambda: known.signup_open),
        "providers": SimpleLazyObject(lambda: known.providers),
        "sends_mail": settings.SENDS_MAIL,
        "sidebar": SimpleLazyObject(lambda: known.rooms),
        "page_data": SimpleLazyObject(lambda: known.page_data),
    }
