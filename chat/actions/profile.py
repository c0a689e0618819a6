"""What people are called and look like: name, handle, picture; each of their rooms hears of a change."""

from datetime import timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import pictures
from accounts.languages import is_language
from accounts.models import PastHandle, User
from accounts.names import clean_handle, clean_name
from accounts.zones import is_zone
from chat import limits
from chat.actions.accounts import require_account_keeper
from chat.actions.audit import Verb, clean_reason, record
from chat.actions.log import changing
from chat.actions.standing import may_restrict_on_site, require_site_moderator
from chat.errors import Conflict, Forbidden, Invalid, RateLimited
from chat.models import Membership

HANDLE_CHANGES, HANDLE_PERIOD = 3, timedelta(days=30)


def rename_person(*, actor: User, person: User, name: str) -> None:
    """Give a person another name and tell each of their rooms. Raises Invalid, Forbidden, RateLimited."""
    if actor.pk != person.pk and not actor.is_staff:
        raise Forbidden(_("You can change your own name only."))
    try:
        name = clean_name(name)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
    if User.objects.filter(pk=person.pk, name=name).exists():
        return
    limits.spend_profile(actor.pk)
    with transaction.atomic():
        _lock(person)
        User.objects.filter(pk=person.pk).update(name=name)
    person.name = name
    _tell_rooms(person)


def change_handle(*, actor: User, person: User, handle: str) -> None:
    """Call a person by another handle; the old one stays theirs, and what was written to it still finds them.

    Three times in 30 days; administrators, for others, as often as it takes, and the audit says so. Raises Invalid,
    Forbidden, Conflict (somebody has it, or had it), RateLimited.
    """
    if actor.pk != person.pk:
        require_account_keeper(actor, person)
    try:
        handle = clean_handle(handle)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
    if User.objects.filter(pk=person.pk, handle=handle).exists():
        return
    try:
        with transaction.atomic():
            _move_to(handle, person=_lock(person), actor=actor)
    except IntegrityError as error:
        raise _taken() from error
    person.handle = handle
    _tell_rooms(person)


def change_picture(*, actor: User, person: User, picture: bytes | None, reason: str = "") -> None:
    """Give oneself a picture, of whatever file that is, or none; moderators of the site take away those of others.

    Those say why. Raises Invalid, TooLarge, Forbidden, RateLimited, Unavailable.
    """
    if actor.pk != person.pk:
        _require_may_take_picture(actor, person, picture)
        reason = clean_reason(reason)
    if picture is None and not person.picture:
        return
    limits.spend_profile(actor.pk)  # before the costly part
    name = "" if picture is None else pictures.keep(pictures.shape(picture))
    try:
        with transaction.atomic():
            _hang(name, person=_lock(person), actor=actor, reason=reason)
    except BaseException:
        pictures.remove(name)
        raise
    person.picture = name
    _tell_rooms(person)


def change_preferences(*, actor: User, theme: str, language: str, time_zone: str) -> None:
    """How the actor wants to see the site; an empty language or zone is the browser's. Raises Invalid."""
    if theme not in User.Theme.values or not is_zone(time_zone) or not (language == "" or is_language(language)):
        raise Invalid(_("There is no such theme, language or time zone."))
    User.objects.filter(pk=actor.pk).update(theme=theme, language=language, time_zone=time_zone)


# --- Handles


def _move_to(handle: str, *, person: User, actor: User) -> None:
    """Under the account's lock. First take the new one, then look whose it was: who gave it up meanwhile is seen."""
    old = person.handle
    User.objects.filter(pk=person.pk).update(handle=handle)
    if PastHandle.objects.filter(handle=handle).exclude(user=person).exists():
        raise _taken()
    if actor.pk == person.pk:
        _require_patience(person, old)
    else:
        record(Verb.ACCOUNT, f"person:{person.pk}", actor=actor, person_id=person.pk, handle=(old, handle))
    kept = {"user": person, "given_up_at": timezone.now()}
    PastHandle.objects.update_or_create(handle=old, defaults=kept)


def _require_patience(person: User, giving_up: str) -> None:
    """Each change within the period leaves a row of its own: whoever comes back to a handle keeps it for a while."""
    lately = PastHandle.objects.filter(user=person, given_up_at__gt=timezone.now() - HANDLE_PERIOD)
    rows = dict(lately.order_by("given_up_at").values_list("handle", "given_up_at"))
    if giving_up in rows:
        since = rows[giving_up]
    elif len(rows) >= HANDLE_CHANGES:
        since = [*rows.values()][-HANDLE_CHANGES]
    else:
        return
    again = since + HANDLE_PERIOD
    raise RateLimited(
        _("You have changed your handle often. You can again from %(day)s on.") % {"day": date_format(again)},
        retry_after=(again - timezone.now()).total_seconds(),
    )


def _taken() -> Conflict:
    return Conflict(_("Somebody has this handle, or had it. Choose another."))


# --- Pictures


def _require_may_take_picture(actor: User, person: User, picture: bytes | None) -> None:
    if picture is not None:
        raise Forbidden(_("You can give yourself a picture only."))
    require_site_moderator(actor)
    if not may_restrict_on_site(actor, person):
        raise Forbidden(_("You cannot change the account of %(name)s.") % {"name": person.name})


def _hang(name: str, *, person: User, actor: User, reason: str) -> None:
    """Under the account's lock; the file of the old picture goes once nothing names it any more."""
    User.objects.filter(pk=person.pk).update(picture=name)
    if actor.pk != person.pk:
        target, had = f"person:{person.pk}", (bool(person.picture), bool(name))
        record(Verb.ACCOUNT, target, actor=actor, person_id=person.pk, reason=reason, picture=had)
    transaction.on_commit(partial(pictures.remove, person.picture), robust=True)


# --- Both


def _lock(person: User) -> User:
    """The account as it is now, locked: two changes of it come one after the other. Raises Conflict (deleted)."""
    present = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if present.anonymised_at is not None:
        raise Conflict(_("This account is deleted."))
    return present


def _tell_rooms(person: User) -> None:
    for room_id in Membership.objects.present().filter(user=person).values_list("room_id", flat=True):
        _tell_room(room_id, person)


def _tell_room(room_id: int, person: User) -> None:
    with changing(room_id) as change:
        membership = change.membership(person.pk)
        if membership is not None and membership.is_in:
            membership.seq = change.number("member")
            membership.save(update_fields=["seq"])
