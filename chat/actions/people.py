"""The first administrator, and what sockets and the audit hear of an account."""

from functools import partial
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.names import clean_handle, clean_name
from chat.actions.audit import Verb, record
from chat.actions.rooms import create_room
from chat.errors import Conflict, Forbidden, Invalid
from chat.live import doorbell
from chat.models import Installation


def set_up(*, site_name: str, handle: str, name: str, email: str, password: str, room_name: str) -> User:
    """Name the site, make its administrator and a first room; the installation's lock lets one caller through.

    There is nobody yet who could be the actor. Raises Conflict when it was done before, Invalid.
    """
    try:
        site_name, handle, name = clean_name(site_name), clean_handle(handle), clean_name(name)
        if email:
            validate_email(email)
        validate_password(password, User(handle=handle, name=name, email=email))
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
    with transaction.atomic():
        installation = Installation.objects.select_for_update().get()
        if installation.set_up_at is not None:
            raise Conflict(_("This site has its administrator already. Sign in instead."))
        user = User.objects.create_superuser(handle, password, name=name, email=email)
        installation.name, installation.set_up_at = site_name, timezone.now()
        installation.save(update_fields=["name", "set_up_at"])
        create_room(actor=user, name=room_name)
    return user


def sign_out(*, actor: User) -> None:
    """Make the person's open sockets look again whether their sessions still hold."""
    doorbell.ring_user(actor.pk)


def end_own_sessions(*, actor: User) -> None:
    """Sign the actor out everywhere at once; who asks keeps the present session by its new hash.

    Of two who ask at once, one may be a stranger: the first wins. Raises Conflict for the other.
    """
    with transaction.atomic():
        as_known = User.objects.filter(pk=actor.pk, sessions_closed=actor.sessions_closed)
        if not as_known.update(sessions_closed=F("sessions_closed") + 1):
            raise Conflict(_("You were signed out in the meantime."))
        transaction.on_commit(partial(doorbell.ring_user, actor.pk), robust=True)
    actor.sessions_closed += 1


def note_account(*, actor: User, person: User, **settings: tuple[Any, Any]) -> None:
    """Write down what an administrator changed of an account, as (before, after) pairs: rights and states, no words.

    Open sockets look again whether they may stay. The change itself is the admin's own. Raises Forbidden.
    """
    if not actor.is_staff:
        raise Forbidden(_("Only administrators change other people's accounts."))
    with transaction.atomic():
        target = f"person:{person.pk}"
        record(Verb.ACCOUNT, target, actor=actor, room=None, person_id=person.pk, reason="", **settings)
        transaction.on_commit(partial(doorbell.ring_user, person.pk), robust=True)
