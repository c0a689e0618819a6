"""Mutes, bans, and their end; ending somebody's sessions; opening a private room to one of the site's moderators."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from chat import formatting, permissions
from chat.actions.audit import Verb, clean_reason, record
from chat.actions.drafts import Draft, write
from chat.actions.log import Change, changing, no_such_room
from chat.actions.members import expel
from chat.actions.standing import (
    find_room_to_moderate,
    is_site_moderator,
    may_restrict_on_site,
    require_order_keeper,
    require_site_moderator,
)
from chat.errors import Forbidden, Invalid, NotFound
from chat.live import doorbell
from chat.models import Message, Opening, Restriction, Room

Kind = Restriction.Kind
OPEN_FOR = timedelta(hours=1)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)  # the end of the calendar overflows in other time zones


def mute_person(
    *, actor: User, user_id: int, room_id: int | None = None, until: datetime | None = None, reason: str
) -> Restriction:
    """Let somebody read but not write, in a room or (None) on the site; a mute in force there is replaced.

    Raises NotFound, Forbidden, Invalid (reason, a time that has passed or is too far away).
    """
    return _restrict(Kind.MUTE, actor, user_id, room_id, until, reason)


def ban_person(
    *, actor: User, user_id: int, room_id: int | None = None, until: datetime | None = None, reason: str
) -> Restriction:
    """Shut somebody out of a room, which also takes them out of it now, or (None) out of the site.

    A ban in force there is replaced. Raises NotFound, Forbidden, Invalid, Conflict (last owner of the room).
    """
    return _restrict(Kind.BAN, actor, user_id, room_id, until, reason)


def lift_restriction(*, actor: User, restriction_id: int, reason: str) -> Restriction:
    """End a mute or a ban before its time; one that is over stays as it is.

    Raises NotFound, Forbidden (also for what the site's moderators set), Invalid (reason).
    """
    found = Restriction.objects.select_related("user").filter(pk=restriction_id).first()
    if found is None or (found.room_id is None and not is_site_moderator(actor)):
        raise NotFound(_("No such restriction, or not yours to see."))
    reason = clean_reason(reason)
    with _place(actor, found.room_id) as change:
        restriction = Restriction.objects.select_related("by", "user").select_for_update(of=("self",)).get(pk=found.pk)
        _require_may_lift(change, actor, restriction)
        if not restriction.is_in_force:
            return restriction
        restriction.lifted_at = timezone.now()
        restriction.save(update_fields=["lifted_at"])
        _record(Verb.LIFT, restriction, actor, reason, in_force=(True, False))
        transaction.on_commit(partial(doorbell.ring_user, restriction.user_id), robust=True)
        return restriction


def close_sessions(*, actor: User, user_id: int, reason: str) -> None:
    """Sign somebody out everywhere; their open sockets close. Raises NotFound, Forbidden, Invalid (reason)."""
    require_site_moderator(actor)
    reason = clean_reason(reason)
    with transaction.atomic():
        person = _person(user_id)
        if not may_restrict_on_site(actor, person):
            raise _beyond(person)
        User.objects.filter(pk=person.pk).update(sessions_closed=F("sessions_closed") + 1)
        record(Verb.CLOSE_SESSIONS, f"person:{person.pk}", actor=actor, person_id=person.pk, reason=reason)
        transaction.on_commit(partial(doorbell.ring_user, person.pk), robust=True)


def open_private_room(*, actor: User, room_id: int, reason: str) -> Opening:
    """Let this moderator of the site read a private room for an hour. Its members are told who, why, until when.

    Raises NotFound, Forbidden, Invalid (reason, a public room).
    """
    present = User.objects.filter(pk=actor.pk).first()
    if present is None or not permissions.is_room_opener(present):
        raise Forbidden(_("Only moderators of the site can open a private room."))
    reason = clean_reason(reason)
    if not Room.objects.filter(pk=room_id).exists():
        raise no_such_room()
    with changing(room_id) as change:
        if change.room.kind == Room.Kind.PUBLIC:
            raise Invalid(_("This room is public; it is open already."))
        now = timezone.now()
        opening = Opening.objects.create(
            room=change.room, by=actor, reason=reason, created_at=now, until=now + OPEN_FOR
        )
        until = (None, opening.until.isoformat())
        record(Verb.OPEN, f"room:{room_id}", actor=actor, room=change.room, reason=reason, until=until)
        _notify(change, _opening_notice(opening), now)
        return opening


def _restrict(
    kind: Kind, actor: User, user_id: int, room_id: int | None, until: datetime | None, reason: str
) -> Restriction:
    if room_id is None:
        require_site_moderator(actor)
    else:
        find_room_to_moderate(actor, room_id)
    reason, person = clean_reason(reason), _person(user_id)
    if until is not None and until <= timezone.now():
        raise Invalid(_("That time has passed. Choose one that is still to come."))
    if until is not None and until > LATEST:
        raise Invalid(_("That time is too far away. Leave it out, and it lasts until it is lifted."))
    with _place(actor, room_id) as change:
        _require_may_restrict(change, actor, person)
        if change is not None and kind == Kind.BAN:
            expel(change, person.pk)
        restriction = _replace(kind, actor, person, change.room if change else None, until, reason)
        transaction.on_commit(partial(doorbell.ring_user, person.pk), robust=True)
        return restriction


@contextmanager
def _place(actor: User, room_id: int | None) -> Iterator[Change | None]:
    """The room under its lock for what concerns one room, nothing but a transaction for the site."""
    if room_id is None:
        with transaction.atomic():
            yield None
        return
    find_room_to_moderate(actor, room_id)
    with changing(room_id) as change:
        yield change


def _require_may_restrict(change: Change | None, actor: User, person: User) -> None:
    if change is None:
        allowed = may_restrict_on_site(actor, person)
    else:
        allowed = require_order_keeper(change, actor).may_restrict(person, change.membership(person.pk))
    if not allowed:
        raise _beyond(person)


def _require_may_lift(change: Change | None, actor: User, restriction: Restriction) -> None:
    if restriction.user_id == actor.pk:
        raise Forbidden(_("Nobody lifts what was set on them. Another moderator can."))
    if change is None:
        return require_site_moderator(actor)
    if not require_order_keeper(change, actor).may_undo(restriction.by, change.room):
        raise Forbidden(_("A moderator of the site set this; only they can lift it."))


def _replace(
    kind: Kind, actor: User, person: User, room: Room | None, until: datetime | None, reason: str
) -> Restriction:
    # The person's row is the lock of what concerns the site; in a room its own lock holds already.
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    now = timezone.now()
    former = Restriction.objects.in_force().filter(kind=kind, user=person, room=room)
    ends = list(former.values_list("until", flat=True))
    former.update(lifted_at=now)
    restriction = Restriction.objects.create(
        kind=kind, user=person, room=room, by=actor, reason=reason, created_at=now, until=until
    )
    until_before = _iso(ends[0]) if ends else None
    verb = Verb.BAN if kind == Kind.BAN else Verb.MUTE
    _record(verb, restriction, actor, reason, in_force=(bool(ends), True), until=(until_before, _iso(until)))
    return restriction


def _record(verb: Verb, restriction: Restriction, actor: User, reason: str, **settings: tuple[object, object]) -> None:
    record(
        verb,
        f"restriction:{restriction.pk}",
        actor=actor,
        room=restriction.room,
        person_id=restriction.user_id,
        reason=reason,
        **settings,
    )


def _person(user_id: int) -> User:
    person = User.objects.filter(pk=user_id).exclude(kind=User.Kind.SYSTEM).first()
    if person is None:
        raise NotFound(_("No such person."))
    return person


def _beyond(person: User) -> Forbidden:
    return Forbidden(
        _("You cannot restrict %(name)s: only those below you, and never yourself.") % {"name": person.name}
    )


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _opening_notice(opening: Opening) -> str:
    with translation.override(settings.LANGUAGE_CODE):
        return _(
            "%(name)s, who moderates this site, opened this room to read it until %(until)s UTC. Reason: %(reason)s"
        ) % {
            "name": opening.by.name,
            "until": f"{opening.until:%Y-%m-%d %H:%M}",
            "reason": opening.reason,
        }


def _notify(change: Change, text: str, now: datetime) -> None:
    """The house's own word in a room, shown as typed: a reason is no place for markup."""
    draft = Draft(text, formatting.as_typed(text), [])
    message = draft.number(change, author_id=User.objects.system().pk, client_id=uuid.uuid4(), created_at=now)
    message.kind = Message.Kind.NOTICE
    write(change, [(message, draft)])
