"""Random stories told to the actions and to a plain model of them: same answers, same log from every cursor."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from accounts.models import User
from chat import actions, changes, overview
from chat.errors import ChatError
from chat.models import Membership
from chat.tests.model.pace import pace
from chat.tests.model.plain import PlainRoom, Refused, Said

pytestmark = pytest.mark.slow

HANDLES = ("alice", "bob", "mod", "dora")
WHY = "For the story"
people = st.sampled_from(HANDLES)
kinds = st.sampled_from(["public", "private"])
bodies = st.sampled_from(["one", "two", "ask @bob", "@mod, @dora: three"])
places = st.integers(0, 30)


def answer(act: Callable[[], Any]) -> Any:
    """What it gives, or the refusal it raises."""
    try:
        return act()
    except (Refused, ChatError) as refusal:
        return refusal


class ActionsMachine(RuleBasedStateMachine):
    """alice owns a public and a private room; bob is in both, dora in neither; mod moderates."""

    def __init__(self) -> None:
        super().__init__()
        self.story = transaction.atomic()
        self.story.__enter__()
        self.users = {handle: User.objects.create(handle=handle, name=handle.title()) for handle in HANDLES}
        self.handles = {user.pk: handle for handle, user in self.users.items()}
        self.rooms = {kind: self._room(kind) for kind in ("public", "private")}
        self.plain = {kind: PlainRoom(kind, "alice") for kind in self.rooms}
        self.restrictions: dict[tuple[str, str, str], int] = {}
        for kind in self.rooms:
            self.add(kind, "alice", "bob")
            self.add(kind, "alice", "mod")
            self.set_role(kind, "alice", "mod", "moderator")

    def _room(self, kind: str) -> int:
        return actions.create_room(actor=self.users["alice"], name="Room", kind=kind).pk

    def teardown(self) -> None:
        try:
            for kind, plain in self.plain.items():
                for after in range(plain.seq + 1):
                    self.require_same_log(kind, after)
        finally:
            transaction.set_rollback(True)
            self.story.__exit__(None, None, None)

    # --- Both are told, both answer

    def tell(self, kind: str, expected: Callable[[], Any], act: Callable[..., Any], actor: str, **given: Any) -> Any:
        """What the action answered; None when both refuse, and with the same code."""
        want, got = answer(expected), answer(partial(act, actor=self.users[actor], **given))
        if isinstance(want, Refused):
            assert isinstance(got, ChatError), f"{got} instead of {want}"
            assert got.code == want.code
            return None
        assert not isinstance(got, ChatError), f"{got!r} ({got}) instead of {want}"
        seq = got.seq if isinstance(got, Membership) else got
        assert not isinstance(want, int) or want == seq
        return got

    def said(self, kind: str, place: int) -> Said:
        said = self.plain[kind].said
        return said[place % len(said)]

    def tell_of(self, kind: str, verb: str, said: Said, act: Callable[..., Any], actor: str, **given: Any) -> None:
        words = (given["body"],) if "body" in given else ()
        expected = partial(getattr(self.plain[kind], verb), actor, said, *words)
        self.tell(kind, expected, act, actor, message_id=said.id, **given)

    # --- Words

    @rule(kind=kinds, actor=people, body=bodies)
    def post(self, kind: str, actor: str, body: str) -> None:
        self._post(kind, actor, str(uuid.uuid4()), body)

    @precondition(lambda self: any(plain.said for plain in self.plain.values()))
    @rule(kind=kinds, place=places, body=st.none() | bodies, actor=st.none() | people)
    def post_again(self, kind: str, place: int, body: str | None, actor: str | None) -> None:
        if self.plain[kind].said:
            said = self.said(kind, place)
            self._post(kind, actor or said.author, said.client_id, body or said.body)

    def _post(self, kind: str, actor: str, client_id: str, body: str) -> None:
        plain = self.plain[kind]
        given = {"room_id": self.rooms[kind], "client_id": uuid.UUID(client_id), "body": body}
        found: list[Said | None] = []
        posted = self.tell(
            kind, lambda: found.append(plain.find_post(actor, client_id, body)), actions.post_message, actor, **given
        )
        if posted is None:
            return
        known = found[0]
        said = known or plain.post(posted.message_id, actor, client_id, body)
        assert (posted.message_id, posted.seq, posted.created) == (said.id, said.seq, known is None)

    @rule(kind=kinds, place=places, body=bodies, actor=st.none() | people)
    def edit(self, kind: str, place: int, body: str, actor: str | None) -> None:
        if self.plain[kind].said:
            said = self.said(kind, place)
            self.tell_of(kind, "edit", said, actions.edit_message, actor or said.author, body=body)

    @rule(kind=kinds, place=places, actor=st.none() | people)
    def delete(self, kind: str, place: int, actor: str | None) -> None:
        if self.plain[kind].said:
            said = self.said(kind, place)
            self.tell_of(kind, "delete", said, actions.delete_message, actor or said.author)

    @rule(kind=kinds, place=places, actor=people, is_back=st.booleans())
    def hide_or_restore(self, kind: str, place: int, actor: str, is_back: bool) -> None:
        if self.plain[kind].said:
            verb, act = ("restore", actions.restore_message) if is_back else ("hide", actions.hide_message)
            self.tell_of(kind, verb, self.said(kind, place), act, actor, reason=WHY)

    @rule(kind=kinds, place=places, meanwhile=st.sampled_from(["its author deletes it", "somebody leaves"]))
    def hidden_and_meanwhile(self, kind: str, place: int, meanwhile: str) -> None:
        """Which chance alone seldom plays."""
        self.hide_or_restore(kind, place, "alice", is_back=False)
        if meanwhile == "its author deletes it":
            self.delete(kind, place, None)
        else:
            self.join_or_leave(kind, "mod", is_going=True)
        self.hide_or_restore(kind, place, "alice", is_back=True)

    @rule(kind=kinds, place=places, actor=people, back=st.booleans())
    def mark_read(self, kind: str, place: int, actor: str, back: bool) -> None:
        plain = self.plain[kind]
        newest = self.said(kind, place).id if plain.said else 0
        expected = partial(plain.mark_read, actor, newest, back)
        given = {"room_id": self.rooms[kind], "message_id": newest, "back": back}
        if reading := self.tell(kind, lambda: str(expected()), actions.mark_read, actor, **given):
            counts = (reading.seq, reading.last_read, reading.unread, reading.mentions)
            assert counts == plain.counts(actor)

    # --- People

    @rule(kind=kinds, actor=people, is_going=st.booleans())
    def join_or_leave(self, kind: str, actor: str, is_going: bool) -> None:
        plain = self.plain[kind]
        verb, act = (plain.leave, actions.leave_room) if is_going else (plain.join, actions.join_room)
        self.tell(kind, partial(verb, actor), act, actor, room_id=self.rooms[kind])

    @rule(kind=kinds, actor=people, person=people)
    def add(self, kind: str, actor: str, person: str) -> None:
        expected = partial(self.plain[kind].add, actor, person)
        self.tell(kind, expected, actions.add_member, actor, room_id=self.rooms[kind], handle=person)

    @rule(kind=kinds, actor=people, person=people)
    def remove(self, kind: str, actor: str, person: str) -> None:
        expected = partial(self.plain[kind].remove, actor, person)
        given = {"room_id": self.rooms[kind], "user_id": self.users[person].pk}
        self.tell(kind, expected, actions.remove_member, actor, **given)

    @rule(kind=kinds, actor=people, person=people, role=st.sampled_from(["member", "moderator", "owner"]))
    def set_role(self, kind: str, actor: str, person: str, role: str) -> None:
        expected = partial(self.plain[kind].set_role, actor, person, role)
        given = {"room_id": self.rooms[kind], "user_id": self.users[person].pk, "role": role}
        self.tell(kind, expected, actions.set_role, actor, **given)

    @rule(kind=kinds, actor=people, person=people, restriction=st.sampled_from(["mute", "ban"]))
    def restrict(self, kind: str, actor: str, person: str, restriction: str) -> None:
        act = actions.mute_person if restriction == "mute" else actions.ban_person
        expected = partial(self.plain[kind].restrict, restriction, actor, person)
        given = {"room_id": self.rooms[kind], "user_id": self.users[person].pk, "reason": WHY}
        if set_now := self.tell(kind, expected, act, actor, **given):
            self.restrictions[kind, restriction, person] = set_now.pk

    @precondition(lambda self: self.restrictions)
    @rule(actor=people, which=places)
    def lift(self, actor: str, which: int) -> None:
        (kind, restriction, person), pk = sorted(self.restrictions.items())[which % len(self.restrictions)]
        expected = partial(self.plain[kind].lift, actor, restriction, person)
        self.tell(kind, expected, actions.lift_restriction, actor, restriction_id=pk, reason=WHY)

    @rule(kind=kinds, actor=people, name=st.sampled_from(["Room", "Quay", "Pier"]))
    def rename(self, kind: str, actor: str, name: str) -> None:
        expected = partial(self.plain[kind].rename, actor, name)
        self.tell(kind, expected, actions.change_room, actor, room_id=self.rooms[kind], name=name, topic="")

    # --- What must hold at every moment

    @invariant()
    def numbers_and_counts_are_the_same(self) -> None:
        heads = changes.heads(list(self.rooms.values()))
        for kind, plain in self.plain.items():
            assert heads[self.rooms[kind]] == plain.seq
        for handle, user in self.users.items():
            got = {e["id"]: (e["seq"], e["last_read"], e["unread"], e["mentions"]) for e in overview.counts(user.pk)}
            assert got == {self.rooms[k]: p.counts(handle) for k, p in self.plain.items() if p.rank(handle) >= 0}

    @invariant()
    def the_newest_change_is_told(self) -> None:
        for kind, plain in self.plain.items():
            self.require_same_log(kind, plain.seq - 1)

    def require_same_log(self, kind: str, after: int) -> None:
        plain, batch = self.plain[kind], changes.read(self.rooms[kind], after)
        assert (batch.after, batch.seq, batch.more) == (after, plain.seq, False)
        told = sorted((said for said in plain.said if said.seq > after), key=lambda said: (said.seq, said.id))
        assert [self._entry(entry) for entry in batch.entries] == [_plain_entry(said) for said in told]
        changed = {h: (m.role, m.state == "in") for h, m in plain.members.items() if m.seq > after}
        assert {m["user"]["handle"]: (m["role"], m["state"] == "in") for m in batch.members} == changed
        assert (batch.header is not None) == (after < plain.header_seq)
        assert batch.header is None or batch.header["name"] == plain.name

    def _entry(self, entry: dict[str, Any]) -> tuple[Any, ...]:
        named = frozenset(self.handles[person] for person in entry["mentions"])
        words = (entry["body"], entry["edited_at"] is not None, entry["deleted_at"] is not None)
        return entry["id"], entry["seq"], entry["author"]["handle"], entry["client_id"], *words, named


def _plain_entry(said: Said) -> tuple[Any, ...]:
    words = ("" if said.gone else said.body, said.is_edited, bool(said.gone))
    named = frozenset() if said.gone else said.named
    return said.id, said.seq, said.author, said.client_id, *words, named


def test_the_actions_do_what_the_plain_model_says(db: None) -> None:
    run_state_machine_as_test(ActionsMachine, settings=pace(examples=20, steps=30))
