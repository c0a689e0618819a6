"""The first administrator, and what a change of a person means for rooms."""

from functools import partial
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.names import clean_handle, clean_name
from chat.actions.audit import Verb, record
from chat.actions.log import changing
from chat.actions.rooms import create_room
from chat.errors import Conflict, Forbidden, Invalid
from chat.live import doorbell
from chat.models import Installation, Membership


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


def rename_person(*, actor: User, person: User, name: str) -> None:
    """Give a person another name and tell each of their rooms. Raises Invalid, Forbidden."""
    if actor.pk != person.pk and not actor.is_staff:
        raise Forbidden(_("You can change your own name only."))
    try:
        name = clean_name(name)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
    if User.objects.filter(pk=person.pk, name=name).exists():
        return
    User.objects.filter(pk=person.pk).update(name=name)
    person.name = name
    for room_id in Membership.objects.present().filter(user=person).values_list("room_id", flat=True):
        _tell_room(room_id, person)


def sign_out(*, actor: User) -> None:
    """Make the person's open sockets look again whether their sessions still hold."""
    doorbell.ring_user(actor.pk)


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


def _tell_room(room_id: int, person: User) -> None:
    with changing(room_id) as change:
        membership = change.membership(person.pk)
        if membership is not None and membership.is_in:
            membership.seq = change.number("member")
            membership.save(update_fields=["seq"])
