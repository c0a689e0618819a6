"""The place that is attacked: two rooms of one harbour, everybody who may come to its doors, and how to see a trace."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts import signed_in
from accounts.models import User
from chat.groups import make_groups
from chat.models import Connection, Installation, Invite, Membership, Message, ProcessLease, Restriction, Revision, Room
from chatsite.testing import just_signed_in

ROOMS = ("public", "private")
SECRET = "the tide turns at four"
PRIVATE = f"{SECRET} in the private room"
# Who comes to the doors. `gone` was removed, `rival` owns a room of her own; `boss` is there to be made a superuser.
IN_ROOM = ("alice", "mod", "bob", "carol", "dave", "banned", "inactive")
STRANGERS = ("mallory", "gone", "rival")
CLOSED_OUT = ("nobody", "banned", "inactive")
PICTURE = f"{'0' * 32}.webp"  # bob's and dave's; there is no such file
KEY_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
# At the desk: a viewer looks at everything and may not act, a helper may not even look.
STAFF = {"superuser": "boss", "moderator": "rival", "viewer": "mallory", "helper": "gone"}
ROLES = {"alice": "owner", "mod": "moderator"}


class Scene:
    """bob has said something in each room, and dave is muted there; rival has a room and a message of her own."""

    def __init__(self) -> None:
        Installation.objects.update(set_up_at=timezone.now(), name="Harbour")
        self.people: dict[str, User] = {handle: _person(handle) for handle in (*IN_ROOM, *STRANGERS, "boss")}
        self.rooms = {kind: self._room(kind) for kind in ROOMS}
        self.rooms["hers"] = self._own_room(self.people["rival"])
        self.messages = {kind: self._said(kind) for kind in self.rooms}
        self.hidden = {kind: self._hidden(kind) for kind in ROOMS}
        self.daves = {kind: Membership.objects.get(room=self.rooms[kind], user=self["dave"]) for kind in ROOMS}
        self.invites = {kind: Invite.objects.create(room=self.rooms[kind], created_by=self["alice"]) for kind in ROOMS}
        self.mutes = {kind: self._muted(self.rooms[kind]) for kind in ROOMS}
        Restriction.objects.create(kind="ban", user=self["banned"], by=self["alice"], reason="Spam")
        User.objects.filter(pk=self["inactive"].pk).update(is_active=False)
        Authenticator.objects.create(user=self["dave"], type=Authenticator.Type.TOTP, data={"secret": ""})
        User.objects.filter(pk__in=[self["bob"].pk, self["dave"].pk]).update(picture=PICTURE)
        self.sessions = {handle: _session(User.objects.get(pk=person.pk)) for handle, person in self.people.items()}
        Session.objects.bulk_create(self.sessions.values())
        for session in self.sessions.values():
            signed_in.recently.first(session.session_key)  # as in chatsite.testing.sign_in
        self._clients: dict[tuple[str, bool], Client] = {}

    def __getitem__(self, handle: str) -> User:
        return self.people[handle]

    # --- Making it

    def _room(self, kind: str) -> Room:
        room = _make_room(f"{kind}-harbour", kind, self["alice"])
        _let_in(room, {handle: self[handle] for handle in IN_ROOM})
        _let_in(room, {"gone": self["gone"]}, state="removed")
        return room

    def _own_room(self, owner: User) -> Room:
        room = _make_room("rivals", "public", owner)
        Membership.objects.create(room=room, user=owner, role="owner", seq=1, joined_at=timezone.now())
        return room

    def _said(self, kind: str) -> Message:
        room, author = self.rooms[kind], self["rival" if kind == "hers" else "bob"]
        words = f"{SECRET} in the {kind} room"
        return _say(room, author, body=words, html=f"<p>{words}</p>")

    def _hidden(self, kind: str) -> Message:
        by, now = self["mod"], timezone.now()
        hidden = _say(self.rooms[kind], self["bob"], deleted_at=now, deleted_by=by, deleted_reason="Spam")
        words = f"{SECRET} in the {kind} room, hidden"
        Revision.objects.create(message=hidden, body=words, author=self["bob"], made_at=now, cause="hide")
        return hidden

    def _muted(self, room: Room) -> Restriction:
        until = timezone.now() + timedelta(hours=1)
        return Restriction.objects.create(
            kind="mute", user=self["dave"], room=room, by=self["mod"], reason="Calm", until=until
        )

    # --- Asking

    def client(self, handle: str, *, json: bool = False) -> Client:
        """The browser, or with `json` the program, of a person; `nobody` is signed out."""
        handle = STAFF.get(handle, handle)
        key = handle, json
        if key not in self._clients:
            client = Client(headers={"accept": "application/json"} if json else None)
            client.raise_request_exception = False
            if handle != "nobody":
                client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[handle].pk
            self._clients[key] = client
        return self._clients[key]

    def anew(self) -> None:
        """Browsers as they began: what is undone in the database would still be in their cookies."""
        self._clients.clear()

    def samples(self, kind: str = "public") -> dict[str, Any]:
        """What stands for each part of an address, and for each {name} in what is given."""
        return {
            "slug": self.rooms[kind].slug,
            "room": self.rooms[kind].pk,
            "room_id": self.rooms[kind].pk,
            "private_room": self.rooms["private"].pk,
            "message": self.messages[kind].pk,
            "message_id": self.messages[kind].pk,
            "hidden": self.hidden[kind].pk if kind in self.hidden else 0,
            "membership_id": self.daves[kind].pk if kind in self.daves else 0,
            "restriction_id": self.mutes[kind].pk if kind in self.mutes else 0,
            "invite_id": self.invites[kind].pk if kind in self.invites else 0,
            "invite": self.invites[kind].token if kind in self.invites else "0-0",
            "user_id": self["dave"].pk,
            "inactive_id": self["inactive"].pk,
            "pk": 1,
            "place_id": 1,
            "user": self["dave"].pk,
            "handle": "dave",
            "picture": PICTURE,
            "day": date(2026, 11, 22),
            "token": "0" * 64,
            "key": "abc-123",
            "uidb36": "1",
            "target": "1/1/",
            "url": "nothing/here/",
            "app_label": "chat",
            "content_type_id": 1,
            "object_id": self["dave"].pk,
            "id": self["dave"].pk,
            "act": "ban",
            "uuid": str(uuid.UUID(int=7)),
            "tomorrow": f"{timezone.now() + timedelta(days=1):%Y-%m-%dT%H:%M}",
        }

    def fill(self, given: Mapping[str, Any], kind: str = "public") -> dict[str, Any]:
        """`given` with "{room}" and its like replaced by what they stand for; alone they keep their type."""
        return {name: _filled(value, self.samples(kind)) for name, value in given.items()}


def _filled(value: Any, samples: Mapping[str, Any]) -> Any:
    if not isinstance(value, str) or "{" not in value:
        return value
    name = value[1:-1]
    return samples[name] if value == f"{{{name}}}" and name in samples else value


def _session(person: User) -> Session:
    """Signed in, without the traces that signing in leaves."""
    held = {SESSION_KEY: str(person.pk), HASH_SESSION_KEY: person.get_session_auth_hash()}
    held[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    held |= just_signed_in(person)
    until = timezone.now() + timedelta(days=1)
    return Session(
        session_key=get_random_string(32, KEY_LETTERS), session_data=SessionStore().encode(held), expire_date=until
    )


def _person(handle: str) -> User:
    return User.objects.create_user(handle, None, name=handle.capitalize())


def _make_room(slug: str, kind: str, owner: User) -> Room:
    return Room.objects.create(
        slug=slug, kind=kind, name=f"{slug} name", seq=1, header_seq=1, members_seq=1, created_by=owner
    )


def _say(room: Room, author: User, **fields: Any) -> Message:
    now = timezone.now()
    fields |= {"client_id": uuid.uuid4(), "markup": 1, "created_at": now}
    room.seq += 1
    message = Message.objects.create(room=room, author=author, seq=room.seq, **fields)
    Room.objects.filter(pk=room.pk).update(seq=message.seq, last_message_id=message.pk)
    return message


def _let_in(room: Room, people: Mapping[str, User], state: str = "in") -> None:
    now = timezone.now()
    Membership.objects.bulk_create(
        Membership(room=room, user=person, role=ROLES.get(handle, "member"), state=state, seq=1, joined_at=now)
        for handle, person in people.items()
    )


def make_staff(person: User, rank: str) -> User:
    """A helper without rights, one of a ready group, or a superuser."""
    person.is_staff, person.is_superuser = True, rank == "superuser"
    person.save()
    if rank.startswith("Site "):
        make_groups(apps)  # a transactional test has taken the migration's
        person.groups.add(Group.objects.get(name=rank))
    return person


# --- Traces

# That somebody is here is no trace.
QUIET = {model._meta.label for model in (Session, UserSession, ProcessLease, Connection)}


def traces() -> dict[str, list[str]]:
    """Every row of every table: equal before and after what was refused."""
    return {
        model._meta.label: [repr(row) for row in model._base_manager.order_by("pk").values_list()]
        for model in apps.get_models()
        if model._meta.label not in QUIET
    }


def news(before: dict[str, list[str]]) -> str:
    """The rows that are there now and were not before, as one text."""
    fresh = {label: set(rows) - set(before[label]) for label, rows in traces().items()}
    return "\n".join(f"{label} {row}" for label, rows in fresh.items() for row in sorted(rows))


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back at the end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
