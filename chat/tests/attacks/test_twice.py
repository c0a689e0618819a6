"""Twice, and at once: through every door, in threads with connections of their own."""

import json
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import Any

import pytest
from django.db import connections
from django.db.models import Count
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat import actions
from chat.errors import ChatError
from chat.models import AuditEntry, Installation, Membership, Message, Restriction, Revision, Room
from chat.tests.attacks.asking import address, give
from chat.tests.attacks.rows import PAGES
from chat.tests.attacks.scene import Scene, traces

POSTS = [door for door in PAGES if door.startswith("POST")]


@pytest.mark.django_db
@pytest.mark.parametrize("door", POSTS)
def test_the_same_thing_twice(door: str, scene: Scene) -> None:
    """A second click is answered, never with a 500, and breaks no rule of the rows."""
    given = scene.fill(PAGES[door].given)
    for _time in range(2):
        answer = give(scene, door, given, "form")
        assert answer.status_code < 500
        assert_sound()


def assert_sound() -> None:
    """What holds of the rows whatever happened."""
    for room in Room.objects.all():
        here = Membership.objects.present().filter(room=room)
        assert here.filter(role="owner").exists() or room.slug == "rivals", room
        seqs = [*Message.objects.filter(room=room).values_list("seq", flat=True)]
        seqs += [*Membership.objects.filter(room=room).values_list("seq", flat=True)]
        assert max(seqs) <= room.seq, room
    said = Message.objects.values("room", "seq").annotate(number=Count("pk")).filter(number__gt=1)
    assert not said.exists()
    kept = Restriction.objects.in_force().values("kind", "user", "room").annotate(number=Count("pk"))
    assert not kept.filter(number__gt=1).exists()
    gone = Message.objects.filter(deleted_at__isnull=False)
    assert not gone.exclude(body="", html="").exists()


# --- At once

races = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """All at once, each in a thread; what they give, or the code of their refusal, in order."""
    gate = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        try:
            gate.wait(20)
            return job()
        except ChatError as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def through(door: str, scene: Scene, who: str, given: dict[str, Any]) -> Callable[[], Any]:
    """A post by this door, as a job whose answer is the status."""

    def work() -> Any:
        room = scene.rooms["public"]
        if door == "action":
            post = {"client_id": uuid.UUID(given["client_id"]), "body": given["body"]}
            return 201 if actions.post_message(actor=scene[who], room_id=room.pk, **post).created else 200
        client = Client(headers={"accept": "application/json"} if door != "form" else None)
        client.cookies["sessionid"] = scene.sessions[who].pk
        if door == "json":
            return client.post(
                f"/rooms/{room.slug}/messages/", json.dumps(given), content_type="application/json"
            ).status_code
        return client.post(f"/rooms/{room.slug}/messages/", given).status_code

    return work


class TestAtOnce:
    pytestmark = races

    def test_one_client_id_fifty_times_through_every_door(self, scene: Scene) -> None:
        given = {"client_id": str(uuid.uuid4()), "body": "Once"}
        doors = cycle(["json", "form", "urlencoded", "action"])
        statuses = together(*(through(next(doors), scene, "bob", given) for _ in range(50)))
        assert Message.objects.filter(body="Once").count() == 1
        assert set(statuses) <= {200, 201, 302}
        assert statuses.count(201) <= 1
        assert_sound()

    def test_one_client_id_with_other_words(self, scene: Scene) -> None:
        client_id = str(uuid.uuid4())
        jobs = [
            through("json", scene, "bob", {"client_id": client_id, "body": f"Words {number}"}) for number in range(10)
        ]
        statuses = sorted(together(*jobs))
        assert statuses == [201] + [409] * 9
        assert Message.objects.filter(client_id=client_id).count() == 1

    @pytest.mark.parametrize("later", ["edited", "deleted", "hidden"])
    def test_a_resend_after_more_has_happened(self, later: str, scene: Scene) -> None:
        given = {"client_id": str(uuid.uuid4()), "body": "Once"}
        assert together(through("json", scene, "bob", given)) == [201]
        message = Message.objects.get(body="Once")
        acts: dict[str, Callable[[], Any]] = {
            "edited": lambda: actions.edit_message(actor=scene["bob"], message_id=message.pk, body="Other"),
            "deleted": lambda: actions.delete_message(actor=scene["bob"], message_id=message.pk),
            "hidden": lambda: actions.hide_message(actor=scene["mod"], message_id=message.pk, reason="Spam"),
        }
        acts[later]()
        after = traces()
        statuses = together(*(through(door, scene, "bob", given) for door in ("json", "form", "action")))
        assert statuses == [200, 302, 200]
        assert traces() == after, "nothing comes back"

    def test_edits_and_a_delete(self, scene: Scene) -> None:
        message, bob = scene.messages["public"], scene["bob"]

        def edit(number: int) -> Callable[[], Any]:
            return lambda: actions.edit_message(actor=bob, message_id=message.pk, body=f"Words {number}")

        jobs = [edit(number) for number in range(6)]
        jobs.insert(3, lambda: actions.delete_message(actor=bob, message_id=message.pk))
        answers = together(*jobs)
        message.refresh_from_db()
        assert (message.is_deleted, message.body, message.html) == (True, "", "")
        seqs = [answer for answer in answers if isinstance(answer, int)]
        assert len(set(seqs)) == len(seqs) == Revision.objects.filter(message=message).count()
        assert max(seqs) == message.seq, "the delete is the last thing that happened"
        assert_sound()

    def test_hidden_restored_and_deleted_at_once(self, scene: Scene) -> None:
        message, bob, mod, alice = scene.messages["public"], scene["bob"], scene["mod"], scene["alice"]
        together(
            *(lambda: actions.hide_message(actor=mod, message_id=message.pk, reason="Spam") for _ in range(3)),
            *(lambda: actions.restore_message(actor=alice, message_id=message.pk, reason="No") for _ in range(3)),
            lambda: actions.delete_message(actor=bob, message_id=message.pk),
        )
        message.refresh_from_db()
        verbs = AuditEntry.objects.filter(target=f"message:{message.pk}").order_by("pk").values_list("verb", flat=True)
        assert all(one != other for one, other in zip(verbs, list(verbs)[1:], strict=False)), "by turns, never twice"
        assert not message.is_deleted or not message.body
        assert_sound()

    @pytest.mark.parametrize("act", ["join", "add", "leave", "remove"])
    def test_comings_and_goings(self, act: str, scene: Scene) -> None:
        room, alice = scene.rooms["public"], scene["alice"]
        jobs: dict[str, Callable[[], Any]] = {
            "join": lambda: actions.join_room(actor=scene["mallory"], room_id=room.pk),
            "add": lambda: actions.add_member(actor=alice, room_id=room.pk, handle="mallory"),
            "leave": lambda: actions.leave_room(actor=scene["carol"], room_id=room.pk),
            "remove": lambda: actions.remove_member(actor=alice, room_id=room.pk, user_id=scene["carol"].pk),
        }
        before = Room.objects.get(pk=room.pk).seq
        answers = together(*[jobs[act]] * 8)
        assert not [answer for answer in answers if isinstance(answer, str)]
        assert Room.objects.get(pk=room.pk).seq == before + 1, "it happened once"
        assert_sound()

    def test_the_last_owners_cannot_all_go(self, scene: Scene) -> None:
        room, alice = scene.rooms["public"], scene["alice"]
        owners = [alice, *(scene[who] for who in ("mod", "bob", "carol"))]
        for owner in owners:
            actions.set_role(actor=alice, room_id=room.pk, user_id=owner.pk, role="owner")

        def demote(by: User, whom: User) -> Callable[[], Any]:
            return lambda: actions.set_role(actor=by, room_id=room.pk, user_id=whom.pk, role="member").role

        pairs = zip(owners, owners[1:] + owners[:1], strict=True)
        together(*(demote(by, whom) for by, whom in pairs))
        assert_sound()
        together(*(lambda owner=owner: actions.leave_room(actor=owner, room_id=room.pk).state for owner in owners))
        assert_sound()

    def test_the_same_restriction_at_once(self, scene: Scene) -> None:
        room, carol = scene.rooms["public"], scene["carol"]

        def ban(who: str) -> Callable[[], Any]:
            words = {"room_id": room.pk, "until": None, "reason": "Spam"}
            return lambda: actions.ban_person(actor=scene[who], user_id=carol.pk, **words).pk

        made = together(*(ban(who) for who in ("mod", "alice") * 4))
        assert len(set(made)) == 8
        in_force = Restriction.objects.in_force().filter(user=carol, room=room, kind="ban")
        standing = in_force.get().pk
        assert Membership.objects.get(user=carol, room=room).state == "removed"

        def lift(who: str, restriction_id: int) -> Callable[[], Any]:
            return lambda: actions.lift_restriction(actor=scene[who], restriction_id=restriction_id, reason="No").pk

        lifted = together(lift("mod", standing), *(lift("alice", made[-1]) for _ in range(4)))
        assert not [answer for answer in lifted if answer == "unavailable"]
        assert_sound()

    def test_a_ban_racing_a_join(self, scene: Scene) -> None:
        room, mallory, until = scene.rooms["public"], scene["mallory"], None
        together(
            *(lambda: actions.join_room(actor=mallory, room_id=room.pk).state,) * 4,
            lambda: actions.ban_person(
                actor=scene["alice"], user_id=mallory.pk, room_id=room.pk, until=until, reason="Spam"
            ),
        )
        row = Membership.objects.filter(user=mallory, room=room).first()
        assert row is None or not row.is_in
        assert actions_refused(lambda: actions.join_room(actor=mallory, room_id=room.pk)) == "forbidden"

    def test_a_removal_racing_posts(self, scene: Scene) -> None:
        room, alice, bob = scene.rooms["private"], scene["alice"], scene["bob"]
        together(
            *(
                lambda: actions.post_message(actor=bob, room_id=room.pk, client_id=uuid.uuid4(), body="Racing")
                for _ in range(8)
            ),
            lambda: actions.remove_member(actor=alice, room_id=room.pk, user_id=bob.pk),
        )
        removal = Membership.objects.get(user=bob, room=room).seq
        assert not Message.objects.filter(room=room, author=bob, seq__gt=removal).exists()
        assert_sound()

    def test_sign_ups_with_one_handle(self, db: None) -> None:
        Installation.objects.update(set_up_at=timezone.now())
        given = {"name": "Eve", "username": "eve", "password1": "violet-umbrella-8"}
        statuses = together(*(lambda: Client().post("/accounts/signup/", given).status_code,) * 8)
        assert User.objects.filter(handle="eve").count() == 1
        assert max(statuses) < 500
        assert statuses.count(302) == 1


def actions_refused(act: Callable[[], Any]) -> str:
    try:
        act()
    except ChatError as error:
        return error.code
    return ""


@pytest.mark.django_db
def test_addresses_of_what_is_gone(scene: Scene) -> None:
    """A page that was open while its message, member or restriction went: answered, and nothing comes of it."""
    message, mod = scene.messages["public"], scene["mod"]
    actions.delete_message(actor=scene["bob"], message_id=message.pk)
    actions.lift_restriction(actor=mod, restriction_id=scene.mutes["public"].pk, reason="Over")
    actions.remove_member(actor=mod, room_id=scene.rooms["public"].pk, user_id=scene["dave"].pk)
    body = Message.objects.get(pk=message.pk)
    for door in PAGES:
        if "message" in door or "member" in door or "restriction" in door:
            for who in ("bob", "mod", "alice"):
                method = door.partition(" ")[0].lower()
                given = scene.fill(PAGES[door].given)
                answer = getattr(scene.client(who, json=True), method)(address(scene, door), given)
                assert answer.status_code < 500, (door, who)
    assert Message.objects.get(pk=message.pk).body == body.body == ""
    assert Membership.objects.get(user=scene["dave"], room=scene.rooms["public"]).state == "removed"
    assert_sound()
