"""`manage.py seed`: the one believable town that demo, screenshots, browser tests and benches use."""

import random
from argparse import ArgumentParser
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat import actions
from chat.management import town
from chat.management.portraits import PORTRAITS, portrait
from chat.models import Installation, Message, Room

FIXED_SEED = 1907


class Command(BaseCommand):
    help = _("Fill an empty installation with a town of people, rooms and conversations.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--password", help=_("Password of every person; without one nobody can sign in by password.")
        )
        parser.add_argument("--messages", type=int, default=400, help=_("How many were said in the Harbour room."))

    def handle(self, **options: Any) -> None:
        if Installation.objects.get().set_up_at is not None:
            raise CommandError(_("This installation is in use; seed fills empty ones only."))
        chance = random.Random(FIXED_SEED)
        people = _people(options["password"])
        for handle in PORTRAITS:
            actions.change_picture(actor=people[handle], person=people[handle], picture=portrait(handle))
        rooms = {name: _room(name, people) for name in town.ROOMS}
        for name, room in rooms.items():
            _talk(room, people, chance, options["messages"] if name == "Harbour" else 0)
            self.stdout.write(f"{room.name}: {room.messages.count()} messages")
        _touch(people)
        self.stdout.write(_("Seeded. The demo person is ada."))


def _people(password: str | None) -> dict[str, User]:
    with transaction.atomic():
        people = {}
        for handle, name in town.PEOPLE.items():
            people[handle] = User.objects.create_user(handle, None, name=name, email=f"{handle}@town.example")
        hashed = _hashed(password)
        User.objects.filter(pk__in=[person.pk for person in people.values()]).update(password=hashed)
        User.objects.filter(handle="ada").update(is_staff=True, is_superuser=True)
        Installation.objects.update(name="Lindhaven", set_up_at=timezone.now())
    return {person.handle: person for person in User.objects.filter(handle__in=people)}


def _hashed(password: str | None) -> str:
    """Hashed once for all: sixteen times would be most of the seed's time."""
    person = User()
    person.set_password(password)
    return person.password


def _room(name: str, people: dict[str, User]) -> Room:
    topic, kind, owner, moderators = town.ROOMS[name]
    room = actions.create_room(actor=people[owner], name=name, topic=topic, kind=kind)
    speakers = {handle for handle, _body in town.TALK.get(name, [])}
    members = set(people) if name in {"Harbour", "Town hall"} else speakers | set(moderators) | {"ada", "bo"}
    if name in town.NOT_JOINED:
        members -= {"ada"}
    for handle in sorted(members - {owner}):
        actions.add_member(actor=people[owner], room_id=room.pk, handle=handle)
    for handle in moderators:
        actions.set_role(actor=people[owner], room_id=room.pk, user_id=people[handle].pk, role="moderator")
    return room


def _talk(room: Room, people: dict[str, User], chance: random.Random, wanted: int) -> None:
    script = town.TALK.get(room.name, [])
    filler = [_remark(people, chance) for _number in range(max(0, wanted - len(script)))]
    if room.name == "Town hall":
        filler = [_remark(people, chance) for _number in range(50 - len(script))]
    lines = filler + script
    said = [
        actions.Said(people[handle].pk, body, at)
        for (handle, body), at in zip(lines, _times(len(lines), chance), strict=True)
    ]
    owner = people[town.ROOMS[room.name][2]]
    if said:
        actions.import_messages(actor=owner, room_id=room.pk, said=said)


def _remark(people: dict[str, User], chance: random.Random) -> tuple[str, str]:
    words = {
        "place": chance.choice(town.PLACES),
        "thing": chance.choice(town.THINGS),
        "day": chance.choice(town.DAYS),
        "who": chance.choice(["Bo", "Elif", "Mateo", "Hana", "the council", "Jonas"]),
    }
    return chance.choice(sorted(people)), chance.choice(town.REMARKS).format(**words)


def _times(count: int, chance: random.Random) -> list[datetime]:
    """Times that end a few minutes ago: bursts within minutes, pauses of hours, nights of nothing."""
    at = timezone.now() - timedelta(minutes=3)
    times = []
    for _number in range(count):
        times.append(at)
        pause = chance.choices([20, 90, 900, 9_000, 30_000], weights=[40, 30, 15, 10, 5])[0]
        at -= timedelta(seconds=chance.uniform(0.5, 1.5) * pause)
    return times[::-1]


def _touch(people: dict[str, User]) -> None:
    """The states that only later acts make: an edit, tombstones by author and moderator, rooms read and unread."""
    hall = Room.objects.get(name="Town hall")
    by_author = {handle: hall.messages.filter(author=person).order_by("-pk") for handle, person in people.items()}
    actions.edit_message(actor=people["bo"], message_id=by_author["bo"][0].pk, body=by_author["bo"][0].body + " 🎩")
    actions.delete_message(actor=people["otto"], message_id=by_author["otto"][0].pk)
    _keep_order(hall, people)
    _invite(hall, people["ada"])
    for name, room in ((room.name, room) for room in Room.objects.exclude(name__in=[*town.NOT_JOINED, "New pier"])):
        behind = {"Market square": 3, "Harbour": 2}.get(name, 0)
        newest = room.messages.order_by("-pk").values_list("pk", flat=True)[behind]
        actions.mark_read(actor=people["ada"], room_id=room.pk, message_id=newest)


def _keep_order(hall: Room, people: dict[str, User]) -> None:
    """What moderators did: a hidden message, one restored, a mute in force and one that was lifted."""
    fern = Message.objects.get(room=hall, body__startswith="The *papier")
    nour = Message.objects.get(room=hall, body="😂😂")
    actions.hide_message(actor=people["bo"], message_id=nour.pk, reason="Two faces are not a contribution")
    actions.restore_message(actor=people["chiara"], message_id=nour.pk, reason="They are, Bo")
    actions.hide_message(actor=people["chiara"], message_id=fern.pk, reason="The donkey was to stay a surprise")
    mute_in_hall = partial(actions.mute_person, actor=people["chiara"], room_id=hall.pk)
    mute = mute_in_hall(user_id=people["dmitri"].pk, reason="Roundabouts, the whole evening")
    actions.lift_restriction(actor=people["ada"], restriction_id=mute.pk, reason="He has slept on it")
    tomorrow = timezone.now() + timedelta(days=1)
    mute_in_hall(user_id=people["otto"].pk, until=tomorrow, reason="Gave the donkey away, twice")


def _invite(hall: Room, ada: User) -> None:
    """Links that hold, and one that was withdrawn."""
    week = timezone.now() + timedelta(days=7)
    actions.make_invite(actor=ada, room_id=None, expires_at=week, uses_limit=1)
    actions.make_invite(actor=ada, room_id=hall.pk, expires_at=None, uses_limit=None)
    withdrawn = actions.make_invite(actor=ada, room_id=hall.pk, expires_at=week, uses_limit=25)
    actions.withdraw_invite(actor=ada, invite_id=withdrawn.pk)
