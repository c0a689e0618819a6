"""Getting in: sessions that hold no more, planted ones, foreign origins, a stranger's set-up, a right that was lost."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django import Settings

from accounts import setup_link
from accounts.models import User
from chat import actions
from chat.models import Installation, Message, Restriction, Room
from chat.tests.attacks.rows import CLIENT_ID
from chat.tests.attacks.scene import Scene, make_staff, news, traces
from chat.tests.live.conftest import PATIENCE, Closed, act
from chat.tests.live.marks import LIVE
from chatsite.testing import PASSWORD

pytestmark = pytest.mark.django_db

# --- A session that has ended, at every door


def _sign_out(scene: Scene, who: str) -> None:
    Session.objects.filter(pk=scene.sessions[who].pk).delete()


def _expire(scene: Scene, who: str) -> None:
    Session.objects.filter(pk=scene.sessions[who].pk).update(expire_date="2020-01-01T00:00:00Z")


def _new_password(scene: Scene, who: str) -> None:
    scene[who].set_password("another good one")
    scene[who].save()


def _deactivate(scene: Scene, who: str) -> None:
    User.objects.filter(pk=scene[who].pk).update(is_active=False)


def _ban(scene: Scene, who: str) -> None:
    Restriction.objects.create(kind="ban", user=scene[who], by=scene["mallory"], reason="Spam")


def _close_sessions(scene: Scene, who: str) -> None:
    boss = make_staff(scene["rival"], "superuser")
    actions.close_sessions(actor=boss, user_id=scene[who].pk, reason="Stolen laptop")


def _make_a_bot(scene: Scene, who: str) -> None:
    User.objects.filter(pk=scene[who].pk).update(kind="bot")


def _garble(scene: Scene, who: str) -> None:
    row = Session.objects.filter(pk=scene.sessions[who].pk)
    row.update(session_data=row.get().session_data[:-3] + "abc")


ENDINGS: dict[str, Callable[[Scene, str], None]] = {
    "signed out": _sign_out,
    "expired": _expire,
    "another password": _new_password,
    "deactivated": _deactivate,
    "banned": _ban,
    "sessions closed": _close_sessions,
    "a bot now": _make_a_bot,
    "garbled": _garble,
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_ended_session_opens_no_page(ending: str, scene: Scene) -> None:
    make_staff(scene["alice"], "superuser")
    page, program = scene.client("alice"), scene.client("alice", json=True)
    at, post = f"/rooms/{scene.rooms['public'].slug}/", {"client_id": CLIENT_ID, "body": "Too late"}
    places = ("/settings/", at, "/admin/", "/admin/chat/room/", "/accounts/email/")
    assert [page.get(place).status_code for place in places] == [200] * len(places), "the premise"
    ENDINGS[ending](scene, "alice")
    before = traces()
    for place in places:
        answer = page.get(place, follow=True)
        assert "/accounts/login/" in answer.redirect_chain[-1][0], place
    assert program.get(at).status_code == 401
    assert program.post(at + "messages/", post).status_code == 401
    assert page.post(at + "messages/", post)["Location"].startswith("/accounts/login/")
    assert page.post("/admin/accounts/user/add/", {"handle": "eve"}).status_code == 302
    assert not news(before)


class TestSockets:
    pytestmark = [*LIVE, pytest.mark.usefixtures("often")]

    @pytest.mark.parametrize("ending", ENDINGS)
    async def test_an_ended_session_closes_its_socket_and_opens_no_other(
        self, ending: str, scene: Scene, tab: Any
    ) -> None:
        code = 4403 if ending == "banned" else 4401
        cookie = scene.sessions["bob"].pk
        his = await tab(scene["bob"], cookie=cookie)
        await his.open(scene.rooms["private"])
        await act(ENDINGS[ending], scene, "bob")
        if ending != "garbled":  # an open socket has no more use for what stood in the session
            assert await his.code() == code
            post = {"room": scene.rooms["private"].pk, "client_id": CLIENT_ID, "body": "Too late"}
            await his.say("message.post", **post)
        again = await tab(None, cookie=cookie)
        assert (await again.wire.connect(timeout=PATIENCE))[0]
        assert (await again.next())["code"] == "unauthenticated"
        with pytest.raises(Closed) as closed:
            await again.next()
        assert closed.value.code == code
        assert not await act(Message.objects.filter(body="Too late").exists)

    async def test_a_wrong_origin_is_refused(self, scene: Scene, tab: Any) -> None:
        cookie = scene.sessions["bob"].pk
        await tab(scene["bob"], cookie=cookie, origin=b"http://TESTSERVER")  # the premise: as a browser may write it
        for origin in ORIGINS:
            stranger = await tab(None, cookie=cookie, origin=origin)
            assert not (await stranger.wire.connect(timeout=PATIENCE))[0], origin


ORIGINS = [
    b"http://testserver.", b"http://testserver:80", b"http://testserver:0", b"http://testserver@evil.example",
    b"http://evil.example@testserver", b"http://testserver#", b"http://testserver?", b"http://testserver\\",
    b"http:testserver",
    b"ws://testserver", b"file://", b"null", b"*", b"http://*", "http://t\u0435stserver".encode(), b"http://xn--tstserver-2fg",
    b"http://testserver, http://evil.example", b"http://testserver http://evil.example",
    b"http://testserver\xff", b"http://[::1]", b"http://127.0.0.1", b"http://" + b"x" * 5000,
]  # fmt: skip


# --- A session from before


@pytest.mark.parametrize("door", ["sign-in", "sign-up", "set-up"])
def test_a_planted_session_is_left_behind(door: str, ada: User) -> None:
    given = {
        "sign-in": ("/accounts/login/", {"login": "ada", "password": PASSWORD}),
        "sign-up": ("/accounts/signup/", {"name": "Eve", "username": "eve", "password1": "violet-umbrella-8"}),
        "set-up": ("/set-up/", SET_UP),
    }
    if door == "set-up":
        Installation.objects.update(set_up_at=None)
    client = Client()
    planted = client.session
    planted["planted"] = True
    planted.save()
    client.cookies["sessionid"] = str(planted.session_key)
    client.post(*given[door])
    assert "_auth_user_id" in client.session, "the premise"
    assert client.session.session_key != planted.session_key
    stranger = Client()
    stranger.cookies["sessionid"] = str(planted.session_key)
    assert stranger.get("/settings/").status_code == 302


# --- The set-up of an empty site by a stranger

SET_UP = {
    "site_name": "Mine",
    "name": "Eve",
    "handle": "evelyn",
    "email": "",
    "password": "violet-umbrella-7",
    "room_name": "Lobby",
}


def near_misses(token: str) -> list[str]:
    flipped = "0" if token[-1] != "0" else "1"
    return [
        token[:-1],
        token[:-1] + flipped,
        token.upper(),
        token + "0",
        token[::-1],
        "0" * 64,
        "x",
        "%00",
        "a" * 3000,
        "é",
    ]


def test_a_stranger_sets_nothing_up(db: None, settings: Settings) -> None:
    settings.REACHABLE = True
    Installation.objects.update(set_up_at=None)
    before = traces()
    assert "site_name" not in Client().get("/").content.decode()
    assert Client().post("/set-up/", SET_UP).status_code == 403
    for token in near_misses(setup_link.token()):
        for answer in (Client().get(f"/set-up/{token}/"), Client().post(f"/set-up/{token}/", SET_UP)):
            assert answer.status_code == 404, token
            assert "site_name" not in answer.content.decode(), token
    Client().post("/accounts/signup/", {"name": "Eve", "username": "evelyn", "password1": "violet-umbrella-7"})
    assert not news(before)
    right = f"/set-up/{setup_link.token()}/"
    assert Client().post(right, SET_UP)["Location"] == "/rooms/lobby/", "the premise: the printed link works"
    assert Client().post(right, SET_UP | {"handle": "mallory"}).status_code == 409, "and once"
    assert [person.handle for person in User.objects.filter(is_superuser=True)] == ["evelyn"]


def test_a_set_up_site_is_never_set_up_again(scene: Scene) -> None:
    before = traces()
    for client in (Client(), scene.client("bob"), scene.client("alice", json=True)):
        for address in ("/set-up/", f"/set-up/{setup_link.token()}/"):
            assert client.post(address, SET_UP).status_code == 409, address
            assert client.get(address)["Location"] == "/", address
    assert not news(before)


# --- A right lost while the page is open


def test_a_post_never_follows_its_authors_removal(scene: Scene) -> None:
    """Also with the page still open, at the page's own door and at a program's, and in bulk with others' posts."""
    room, alice, bob = scene.rooms["public"], scene["alice"], scene["bob"]
    assert scene.client("bob").get(f"/rooms/{room.slug}/").status_code == 200
    actions.remove_member(actor=alice, room_id=room.pk, user_id=bob.pk)
    removal = Room.objects.get(pk=room.pk).seq
    posts = [actions.Post(who, uuid_of(number), "Words") for number, who in enumerate((bob, alice, bob))]
    answers = actions.post_messages(room_id=room.pk, posts=posts)
    assert [getattr(answer, "code", "ok") for answer in answers] == ["forbidden", "ok", "forbidden"]
    for json in (False, True):
        answer = scene.client("bob", json=json).post(
            f"/rooms/{room.slug}/messages/", {"client_id": CLIENT_ID, "body": "Words"}
        )
        assert answer.status_code == 403
    late = Message.objects.filter(room=room, seq__gt=removal)
    assert [message.author_id for message in late] == [alice.pk]


def uuid_of(number: int) -> Any:
    return uuid.UUID(int=number)
