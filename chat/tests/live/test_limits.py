"""Limits of flow: the figures, whom they count, what the refused are told, and that nobody else is touched. Who may
come in: test_handshake_limits.py."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from chat import actions, limits
from chat.models import Message, Room
from chat.tests.live.conftest import act
from chat.tests.live.marks import LIVE
from chatsite.testing.clock import Clock

Tabs = Callable[..., Any]
Say = Callable[..., Message]

FIGURES = {"_opens": (20, 2), "_handshakes": (20, 1 / 3), "_changes": (60, 10), "_frames": (4000, 1000)}


class TestBuckets:
    def test_the_figures(self) -> None:
        for name, figure in FIGURES.items():
            buckets = getattr(limits, name)
            assert (buckets.burst, buckets.refill) == pytest.approx(figure), name
        assert limits.SOCKETS_A_PERSON == 20

    def test_a_burst_and_then_as_many_as_come_back(self, clock: Clock) -> None:
        buckets = limits.Buckets(20, 2)
        assert [buckets.spend(1) for _ in range(20)] == [0] * 20
        assert buckets.spend(1) == pytest.approx(0.5)
        assert buckets.spend(2) == 0
        clock.now += 0.5
        assert buckets.spend(1) == 0
        assert buckets.spend(1) == pytest.approx(0.5)
        clock.now += 3600
        assert [buckets.spend(1) for _ in range(21)][19:] == [0, pytest.approx(0.5)]

    def test_full_buckets_are_forgotten(self, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        buckets = limits.Buckets(2, 1)
        buckets._sweep_at = 50
        monkeypatch.setattr(limits, "KEPT", 50)
        for person in range(50):
            buckets.spend(person)
        clock.now += 3
        buckets.spend("late")
        assert set(buckets._levels) == {"late"}

    def test_what_is_not_full_is_kept_and_not_looked_through_each_time(self, clock: Clock) -> None:
        buckets = limits.Buckets(2, 0.001)
        buckets._sweep_at = 50
        for person in range(51):
            buckets.spend(person)
        assert len(buckets._levels) == 51
        assert buckets._sweep_at >= limits.KEPT

    def test_typing_is_one_in_three_seconds_and_forgives_a_jittery_line(self, clock: Clock) -> None:
        heard = []
        for _tenth in range(600):
            if limits.may_type(1, 7):
                heard.append(clock.now)
            clock.now += 0.1
        assert 19 <= len(heard) <= 21
        limits.forget()
        for late in (0.0, 0.25, 0.0, 0.2, 0.05):  # told every 3 s, heard that much later
            clock.now = round(clock.now / 3) * 3 + 3 + late
            assert limits.may_type(1, 7)
            clock.now -= late
        assert not limits.may_type(1, 7)
        assert limits.may_type(1, 8)
        assert limits.may_type(2, 7)

    def test_nobody_is_told_to_come_too_early(self, limited: Clock) -> None:
        for _ in range(20):
            limits.spend_post(1)
        limited.now += 0.01
        with pytest.raises(limits.RateLimited) as refusal:
            limits.spend_post(1)
        assert refusal.value.retry_after == 0.5
        limited.now += 0.5
        limits.spend_post(1)

    def test_remembered_refusals_are_bounded(self, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "KEPT", 3)
        refusals = limits.Refusals()
        for key in "abcd":
            refusals.remember(key, 2)
        assert [refusals.wait(key) for key in "abcd"] == [2, 2, 2, 0]
        clock.now += 2
        refusals.remember("e", 5)
        assert set(refusals._until) == {"e"}


class TestCommands:
    pytestmark = LIVE

    async def test_posts(self, tab: Tabs, alice: User, bob: User, room: Room, limited: Clock) -> None:
        hers, again, his = await tab(alice), await tab(alice), await tab(bob)
        assert [(await hers.post(room))["type"] for _ in range(20)] == ["ok"] * 20
        for one in (hers, again):
            refused = await one.post(room)
            assert (refused["code"], refused["retry_after"]) == ("rate_limited", 0.5)
        assert (await his.post(room))["type"] == "ok"
        limited.now += refused["retry_after"]
        assert (await hers.post(room))["type"] == "ok"
        assert await act(Message.objects.filter(author=alice).count) == 21

    async def test_a_refused_post_costs_neither_formatting_nor_a_place_in_the_queue(
        self, tab: Tabs, alice: User, room: Room, limited: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hers = await tab(alice)
        for _ in range(20):
            await hers.post(room)
        monkeypatch.setattr("chat.actions.posting.prepare", lambda *args: 1 / 0)
        monkeypatch.setattr("chat.posting.post_message", lambda *args: 1 / 0)
        assert (await hers.post(room))["code"] == "rate_limited"
        with pytest.raises(limits.RateLimited):
            await act(actions.post_message, actor=alice, room_id=room.pk, client_id=uuid.uuid4(), body="Hello")

    async def test_opens(self, tab: Tabs, alice: User, bob: User, room: Room, limited: Clock) -> None:
        hers, again, his = await tab(alice), await tab(alice), await tab(bob)
        for _ in range(20):
            assert (await hers.open(room))["type"] == "room.changes"
        refused = await again.open(room)
        assert (refused["code"], refused["retry_after"]) == ("rate_limited", 0.5)
        assert (await his.open(room))["type"] == "room.changes"
        await his.post(room, "Not open there")
        await hers.message("Not open there")
        await again.nothing("room.changes")
        limited.now += 10
        for _ in range(20):
            assert (await again.open(room))["type"] == "room.changes"
        assert (await again.open(room))["code"] == "rate_limited"

    async def test_edits_deletions_and_marks(
        self, tab: Tabs, alice: User, bob: User, room: Room, say: Say, limited: Clock
    ) -> None:
        message = await act(say, alice, room)
        hers, his = await tab(alice), await tab(bob)
        for _ in range(60):
            assert (await hers.ask("read.mark", room=room.pk, message=message.pk))["type"] == "ok"
        assert (await hers.ask("read.mark", room=room.pk, message=message.pk))["code"] == "rate_limited"
        assert (await hers.ask("message.edit", message=message.pk, body="Other"))["code"] == "rate_limited"
        assert (await hers.ask("message.delete", message=message.pk))["code"] == "rate_limited"
        assert (await act(Message.objects.get, pk=message.pk)).body == "Hello"
        assert (await his.ask("read.mark", room=room.pk, message=message.pk))["type"] == "ok"
        limited.now += 0.1
        assert (await hers.ask("message.edit", message=message.pk, body="Other"))["type"] == "ok"

    async def test_typing_counts_the_person_in_the_room(
        self, tab: Tabs, alice: User, bob: User, room: Room, private_room: Room, limited: Clock
    ) -> None:
        tabs = [await tab(alice), await tab(alice)]
        his = await tab(bob)
        for one in (*tabs, his):
            await one.open(room)
            await one.open(private_room)
        for _ in range(3):
            for one in tabs:
                await one.say("typing", room=room.pk)
        await his.expect("typing", room=room.pk, user=alice.pk)
        await his.nothing("typing")
        await tabs[0].say("typing", room=private_room.pk)
        await his.expect("typing", room=private_room.pk)
        limited.now += 3
        await tabs[1].say("typing", room=room.pk)
        await his.expect("typing", room=room.pk)

    async def test_a_flood_of_frames_counts_all_sockets_of_the_person(
        self, tab: Tabs, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "_frames", limits.Buckets(20, 0.001))
        hers, again, his = await tab(alice), await tab(alice), await tab(bob)
        for _ in range(20):
            await hers.ask("ping")
        await again.say("ping")
        assert await again.code() == 4429
        assert (await his.ask("ping"))["type"] == "pong"
