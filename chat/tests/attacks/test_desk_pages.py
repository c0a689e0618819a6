"""Every page of the admin: what a link alone does, what it tells of private rooms, absurd questions."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import reverse

from chat import actions
from chat.tests.attacks.rows import SITE_WIDE
from chat.tests.attacks.scene import PRIVATE, Scene, news, traces
from chat.tests.doors.table import address_of, addresses

pytestmark = pytest.mark.django_db

OWN = {"accounts.user", "auth.group", "account.emailaddress"}  # what superusers do change in the admin
ADDRESSES = sorted({name for name, _pattern in addresses() if name.startswith("admin:")} - {"admin:None"})


def test_a_link_does_nothing_and_strange_methods_neither(desk: Scene) -> None:
    before = traces()
    body = urlencode({"reason": "Spam", "confirmed": "1", "post": "yes", **SITE_WIDE})
    for name in ADDRESSES:
        for method in ("GET", "PUT", "DELETE", "X" * 500):
            place = f"{address_of(name, desk.samples())}?{body}"
            answer = desk.client("superuser").generic(method, place, body, "application/x-www-form-urlencoded")
            assert answer.status_code < 500, (name, method[:9])
    assert not news(before)


def pages(desk: Scene) -> Iterator[str]:
    """Every list, searched too, and every row's page."""
    for name, _pattern in addresses():
        if name == "admin:index" or name.endswith("_closed"):
            yield reverse(name)
    for model in admin.site._registry:
        at = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        yield from (at, f"{at}?q=tide", f"{at}?q=private")
        if model._meta.app_label == "chat":
            for pk in model._base_manager.values_list("pk", flat=True)[:12]:
                yield from (f"{at}{pk}/{page}" for page in ("change/", "history/"))
    yield from (f"/admin/chat/message/?room={desk.rooms[kind].slug}" for kind in ("public", "private"))


def test_no_page_tells_of_a_private_room(desk: Scene) -> None:
    seen = ""
    for place in pages(desk):
        page = desk.client("superuser").get(place).content.decode()
        assert PRIVATE not in page, place
        assert "private-harbour name" not in page, place
        seen += page
    assert "in the public room" in seen, "the premise: what is public is told"
    assert "public-harbour name" in seen


@pytest.mark.parametrize("model", [model for model in admin.site._registry if model._meta.label_lower not in OWN])
def test_not_even_a_superuser_writes_rows_here(model: Any, desk: Scene) -> None:
    actions.hide_message(actor=desk["mod"], message_id=desk.messages["public"].pk, reason="Spam")
    place, before = f"/admin/{model._meta.app_label}/{model._meta.model_name}/", traces()
    pk = model._base_manager.values_list("pk", flat=True).first() or 1
    given = {field.name: "1" for field in model._meta.fields} | {"post": "yes", "_save": "1", "reason": "forged"}
    for page in ("add/", f"{pk}/change/", f"{pk}/delete/", f"{pk}/history/", ""):
        answer = desk.client("superuser").post(place + page, given)
        assert answer.status_code in {200, 302, 403, 404, 405}, page
    deleted = desk.client("superuser").post(
        place, {"action": "delete_selected", ACTION_CHECKBOX_NAME: pk, "post": "yes"}
    )
    assert deleted.status_code < 500
    assert traces() == before


NAMES = (
    ("q", "p", "o", "before", "after", "page", "further"),
    (
        *("room", "author", "since", "until", "state", "place", "person", "actor", "verb", "kind", "from", "to", "all"),
        *(
            "author__password__startswith",
            "user__password",
            "room__kind__exact",
            "body__contains",
            "_to_field",
            "_popup",
        ),
    ),
)
VALUES = [
    "", "x", "-1", "%00", "%FF", "٣", "9223372036854775808", "9" * 4500, "0001-01-01", "private",
]  # fmt: skip


@pytest.mark.parametrize("place", [f"/admin/{m._meta.app_label}/{m._meta.model_name}/" for m in admin.site._registry])
def test_absurd_queries(place: str, desk: Scene) -> None:
    before = traces()
    extra = ("closed/",) if place.endswith("/room/") else ()
    for page in ("", *extra):
        for value in VALUES:
            for names in NAMES:
                query = "&".join(f"{name}={value}" for name in names)
                answer = desk.client("superuser").get(f"{place}{page}?{query}")
                assert answer.status_code in {200, 302, 400, 404}, query[:80]
                assert PRIVATE not in answer.content.decode(), query[:80]
    assert not news(before)
