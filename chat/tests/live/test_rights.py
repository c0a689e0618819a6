"""Promise 7: who loses the right sees nothing more, exactly for a room, within seconds for the whole site."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from accounts.models import User
from chat import actions
from chat.models import Membership, Message, Restriction, Room
from chat.tests.live.conftest import PATIENCE, Closed, act, cookie_of
from chat.tests.live.marks import BOTH_BELLS, LIVE

Tabs = Callable[..., Any]
Say = Callable[..., Message]


class TestRooms:
    pytestmark = BOTH_BELLS

    async def test_a_removed_person_gets_nothing_more(self, tab: Tabs, alice: User, bob: User, room: Room) -> None:
        hers, his, background = await tab(alice), await tab(bob), await tab(bob)
        await hers.open(room)
        await his.open(room)
        await hers.post(room, "Before")  # the premise: he does get it
        await his.message("Before")
        await background.expect("room.pulse")
        await act(actions.remove_member, actor=alice, room_id=room.pk, user_id=bob.pk)
        await hers.post(room, "After")
        await hers.message("After")
        for one in (his, background):
            assert await one.expect("room.left") == {"type": "room.left", "room": room.pk}
            await one.nothing("room.changes")
            assert not [frame for frame in one.kept if frame["type"] in ("room.changes", "room.pulse")]
        assert (await his.post(room, "Let me in"))["code"] == "forbidden"
        assert (await his.open(room))["code"] == "forbidden"

    async def test_removal_is_exact_in_the_middle_of_a_stream(
        self, tab: Tabs, alice: User, bob: User, mod: User, room: Room, say: Say
    ) -> None:
        his = await tab(bob)
        await his.open(room)

        def stream() -> None:
            for number in range(15):
                say(mod, room, f"Before {number}")
            actions.remove_member(actor=alice, room_id=room.pk, user_id=bob.pk)
            for number in range(15):
                say(mod, room, f"After {number}")

        await act(stream)
        removal = (await act(Membership.objects.get, room=room, user=bob)).seq
        await his.expect("room.left")
        await his.nothing("room.changes")
        seen = [frame for frame in his.kept if frame["type"] == "room.changes"]
        assert all(frame["seq"] < removal for frame in seen)
        assert "After" not in str(seen)

    async def test_removal_while_the_room_is_being_opened(
        self, tab: Tabs, alice: User, bob: User, room: Room, say: Say
    ) -> None:
        his = await tab(bob)
        for _ in range(5):
            removing = asyncio.create_task(act(actions.remove_member, actor=alice, room_id=room.pk, user_id=bob.pk))
            opened = await his.open(room, after=room.seq)
            assert opened.get("code") in {None, "forbidden"}  # an answer in any case
            await removing
            removal = (await act(Membership.objects.get, room=room, user=bob)).seq
            after = await act(say, alice, room, "After")
            await his.expect("room.left", room=room.pk)
            frames = [frame for frame in [opened, *his.kept] if frame["type"] == "room.changes"]
            assert all(frame["seq"] < removal for frame in frames)
            assert str(after.body) not in str([f for f in frames if f["seq"] >= removal])
            his.kept = []
            await act(actions.add_member, actor=alice, room_id=room.pk, handle="bob")
            assert (await his.expect("room.joined"))["room"]["id"] == room.pk
            await act(room.refresh_from_db)

    async def test_leaving_and_joining_reach_all_tabs(
        self, tab: Tabs, alice: User, bob: User, mallory: User, room: Room
    ) -> None:
        one, other = await tab(mallory), await tab(mallory)
        assert one.hello["rooms"] == []
        assert (await one.open(room))["code"] == "forbidden"
        await act(actions.join_room, actor=mallory, room_id=room.pk)
        for tab_of_hers in (one, other):
            joined = await tab_of_hers.expect("room.joined")
            assert (joined["room"]["id"], joined["room"]["slug"]) == (room.pk, room.slug)
            assert joined["room"]["unread"] == 0
        await one.open(room)
        hers = await tab(alice)
        await hers.post(room, "Welcome")
        await one.message("Welcome")
        await other.expect("room.pulse")
        await act(actions.leave_room, actor=mallory, room_id=room.pk)
        for tab_of_hers in (one, other):
            await tab_of_hers.expect("room.left")

    async def test_a_room_joined_elsewhere_can_be_opened_at_once(
        self, tab: Tabs, alice: User, mallory: User, room: Room
    ) -> None:
        hers = await tab(mallory)
        await act(actions.join_room, actor=mallory, room_id=room.pk)
        assert (await hers.open(room))["type"] == "room.changes"
        await (await tab(alice)).post(room, "Welcome")
        await hers.message("Welcome")
        await hers.nothing("room.left")
        assert len([frame for frame in hers.kept if frame["type"] == "room.joined"]) == 1

    async def test_what_is_not_there_and_what_is_not_yours_look_alike(
        self, tab: Tabs, mallory: User, private_room: Room, say: Say, alice: User
    ) -> None:
        secret = await act(say, alice, private_room, "Secret")
        hers = await tab(mallory)
        theirs = [
            await hers.open(private_room),
            await hers.post(private_room),
            await hers.ask("read.mark", room=private_room.pk, message=secret.pk),
            await hers.ask("message.edit", message=secret.pk, body="Mine"),
            await hers.ask("message.delete", message=secret.pk),
        ]
        nobodys = [
            await hers.ask("room.open", room=999_999),
            await hers.ask(
                "message.post", room=999_999, client_id="6f0e7b2a-0000-4000-8000-000000000001", body="Hello"
            ),
            await hers.ask("read.mark", room=999_999, message=secret.pk),
            await hers.ask("message.edit", message=999_999, body="Mine"),
            await hers.ask("message.delete", message=999_999),
        ]
        for one, other in zip(theirs, nobodys, strict=True):
            assert one["code"] == "not_found"
            assert one | {"ref": ""} == other | {"ref": ""}
        await act(say, alice, private_room, "More secrets")
        await hers.nothing("room.changes")
        assert "ecret" not in str(hers.kept)


class TestSite:
    """Nobody rings for these: the hub looks by itself."""

    pytestmark = [*LIVE, pytest.mark.usefixtures("often")]

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ("sign out", 4401),
            ("password", 4401),
            ("deactivated", 4401),
            ("expired", 4401),
            ("banned", 4403),
            ("erased", 4401),
        ],
    )
    async def test_delivery_ends(
        self, tab: Tabs, alice: User, bob: User, room: Room, change: str, code: int, say: Say
    ) -> None:
        cookie = await act(cookie_of, bob)
        his, still = await tab(bob, cookie=cookie), await tab(alice)
        await his.open(room)
        await still.open(room)
        await act(CHANGES[change], bob, cookie, alice)
        assert await his.code() == code
        await act(say, alice, room, "After")
        await still.message("After")
        assert "After" not in str(his.kept)
        with pytest.raises(TimeoutError):
            await his.next(0.2)

    async def test_another_session_of_the_same_person_goes_on(self, tab: Tabs, bob: User, room: Room) -> None:
        cookie = await act(cookie_of, bob)
        ended, other = await tab(bob, cookie=cookie), await tab(bob)
        await act(Session.objects.filter(pk=cookie).delete)
        assert await ended.code() == 4401
        assert (await other.open(room))["type"] == "room.changes"

    async def test_commands_after_the_end_do_nothing(self, tab: Tabs, bob: User, room: Room) -> None:
        cookie = await act(cookie_of, bob)
        his = await tab(bob, cookie=cookie)
        await act(Session.objects.filter(pk=cookie).delete)
        assert await his.code() == 4401
        await his.say("message.post", room=room.pk, client_id="6f0e7b2a-0000-4000-8000-000000000001", body="Too late")
        await asyncio.sleep(0.2)
        assert await act(Message.objects.filter(body="Too late").count) == 0


def sign_out(bob: User, cookie: str, alice: User) -> None:
    Session.objects.filter(pk=cookie).delete()


def new_password(bob: User, cookie: str, alice: User) -> None:
    bob.set_password("another good one")
    bob.save()


def deactivate(bob: User, cookie: str, alice: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)


def expire(bob: User, cookie: str, alice: User) -> None:
    Session.objects.filter(pk=cookie).update(expire_date="2020-01-01T00:00:00Z")


def ban(bob: User, cookie: str, alice: User) -> None:
    Restriction.objects.create(kind="ban", user=bob, by=alice, reason="Spam")


def erase(bob: User, cookie: str, alice: User) -> None:
    actions.erase_person(actor=bob, person=bob, keep_messages=True)


CHANGES: dict[str, Callable[[User, str, User], None]] = {
    "sign out": sign_out,
    "password": new_password,
    "deactivated": deactivate,
    "expired": expire,
    "banned": ban,
    "erased": erase,
}


class TestHandshake:
    pytestmark = LIVE

    @pytest.mark.parametrize(
        "origin",
        [
            None,
            b"null",
            b"http://evil.example",
            b"https://testserver",
            b"http://testserver:8000",
            b"http://sub.testserver",
            b"http://testserver.evil.example",
            b"http://testserver/",
            b"//testserver",
            b"",
        ],
    )
    async def test_a_wrong_origin_is_refused_in_the_handshake(
        self, tab: Tabs, alice: User, origin: bytes | None
    ) -> None:
        cookie = await act(cookie_of, alice)
        await tab(alice, cookie=cookie)  # the premise: the cookie is good
        stranger = await tab(None, cookie=cookie, origin=origin)
        accepted, _code = await stranger.wire.connect(timeout=PATIENCE)
        assert not accepted

    async def test_two_origins_are_one_too_many(self, tab: Tabs, alice: User) -> None:
        stranger = await tab(None, cookie=await act(cookie_of, alice))
        stranger.wire.scope["headers"].append((b"origin", b"http://testserver"))
        accepted, _code = await stranger.wire.connect(timeout=PATIENCE)
        assert not accepted

    @pytest.mark.parametrize("change", ["none", "garbled", *CHANGES])
    async def test_without_a_session_one_error_and_a_close(
        self, tab: Tabs, alice: User, bob: User, change: str
    ) -> None:
        cookie = await act(cookie_of, bob)
        if change in CHANGES:
            await act(CHANGES[change], bob, cookie, alice)
        offered = {"none": None, "garbled": "x" * 32}.get(change, cookie)
        his = await tab(None, cookie=offered)
        accepted, _subprotocol = await his.wire.connect(timeout=PATIENCE)
        assert accepted
        assert (await his.next())["code"] == "unauthenticated"
        with pytest.raises(Closed) as closed:
            await his.next()
        assert closed.value.code == (4403 if change == "banned" else 4401)
        assert await act(User.objects.filter(pk=bob.pk).exists)

    async def test_a_refused_handshake_flushes_no_session(self, tab: Tabs, bob: User) -> None:
        cookie = await act(cookie_of, bob)
        await act(new_password, bob, cookie, bob)
        his = await tab(None, cookie=cookie)
        await his.wire.connect(timeout=PATIENCE)
        assert await his.code() == 4401
        assert await act(Session.objects.filter(pk=cookie).exists)
