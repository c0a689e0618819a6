"""Ending sessions through the pages: their sockets close, by the bell or by the clock, and only theirs."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat import actions
from chat.live import hub
from chat.models import Installation, Room
from chat.tests.live.conftest import PATIENCE, act
from chat.tests.live.marks import BOTH_BELLS
from chatsite.testing import PASSWORD

pytestmark = BOTH_BELLS

Tabs = Callable[..., Any]
NEW = {"password1": "orange-lighthouse-3", "password2": "orange-lighthouse-3"}


def signed_in(person: User) -> Client:
    Installation.objects.update(set_up_at=timezone.now())
    client = Client()
    client.post("/accounts/login/", {"login": person.handle, "password": PASSWORD})
    return client


def cookie(client: Client) -> str:
    return client.cookies["sessionid"].value


def end_one(here: Client, there: str) -> None:
    row = UserSession.objects.get(session_key=there)
    assert here.post(f"/accounts/sessions/{row.pk}/end/").status_code == 302


def end_others(here: Client, there: str) -> None:
    assert here.post("/accounts/sessions/end-others/").status_code == 302


def new_password(here: Client, there: str) -> None:
    answer = here.post("/accounts/password/change/", {"oldpassword": PASSWORD, **NEW})
    assert answer["Location"] == "/accounts/password/change/"


def reset(here: Client, there: str) -> None:
    person = User.objects.get(handle="bob")
    link = actions.make_reset_link(actor=User.objects.system(), user_id=person.pk, reason="Forgot it")
    lost = Client()
    form = lost.get(link.removeprefix("http://testserver"), follow=True)
    assert lost.post(form.redirect_chain[-1][0], NEW).status_code == 302


WAYS: dict[str, tuple[Callable[[Client, str], None], bool]] = {
    "one": (end_one, True),
    "all others": (end_others, True),
    "a new password": (new_password, True),
    "a reset": (reset, False),
}


@pytest.mark.parametrize("way", WAYS)
async def test_the_sockets_of_what_ended_close(way: str, tab: Tabs, bob: User, alice: User, room: Room) -> None:
    work, stays = WAYS[way]
    here, there = await act(signed_in, bob), await act(signed_in, bob)
    before = cookie(here)
    his, elsewhere, hers = await tab(bob, cookie=before), await tab(bob, cookie=cookie(there)), await tab(alice)
    await elsewhere.open(room)
    await act(work, here, cookie(there))
    assert await elsewhere.code() == 4401
    if cookie(here) == before and stays:
        assert (await his.open(room))["type"] == "room.changes", "this one was not meant"
    else:
        assert await his.code() == 4401, "it comes back by the browser's next cookie"
        if stays:
            again = await tab(bob, cookie=cookie(here))
            assert (await again.open(room))["type"] == "room.changes"
    assert (await hers.open(room))["type"] == "room.changes"


async def test_a_window_left_open_is_seen(
    tab: Tabs, bob: User, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that is closed is not."""
    monkeypatch.setattr(hub, "SEEN_SECONDS", 0.05)
    here, there = await act(signed_in, bob), await act(signed_in, bob)
    old = timezone.now() - timedelta(hours=2)
    await act(UserSession.objects.update, last_seen_at=old)
    his = await tab(bob, cookie=cookie(here))
    rows = UserSession.objects.values_list("session_key", "last_seen_at")
    async with asyncio.timeout(PATIENCE):
        while dict(await act(list, rows.all()))[cookie(here)] == old:
            await his.ask("ping")
    assert dict(await act(list, rows.all()))[cookie(there)] == old
