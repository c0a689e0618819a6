"""Who may make an account, and what an invitation that somebody came with is good for."""

import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import languages
from accounts.models import User
from accounts.setup_link import is_set_up
from chat import actions
from chat.errors import ChatError, Conflict, Forbidden, NotFound

if TYPE_CHECKING:
    from chat.models import Invite

KEPT = "invite"
KEPT_SECONDS = 2 * 60 * 60  # between the click on an invitation and the account, or the sign-in


def keep(request: HttpRequest, token: str) -> None:
    """Remember the invitation over sign-up or sign-in, whichever way that goes: after a click, never on a visit."""
    request.session[KEPT] = [token, int(time.time()) + KEPT_SECONDS]


def kept(request: HttpRequest) -> str:
    """The invitation that this browser came with, empty without one. It need not hold any more."""
    token, until = request.session.get(KEPT) or ("", 0)
    return str(token) if time.time() < until else ""


def invitation(request: HttpRequest) -> "Invite | None":
    """What this browser came with, if it still holds."""
    token = kept(request)
    try:
        return actions.find_invite(token=token) if token else None
    except NotFound:
        return None


def may_sign_up(request: HttpRequest) -> bool:
    """SIGNUP: everybody, those with an invitation that holds, or nobody. Before the set-up nobody in any case."""
    if settings.SIGNUP == "closed" or not is_set_up():
        return False  # the first account is the administrator's
    return settings.SIGNUP == "open" or invitation(request) is not None


def let_in(request: HttpRequest, person: User) -> User:
    """Store a new person; in the same transaction their invitation counts, so that neither is without the other.

    Raises Forbidden (no invitation where one is needed), Conflict (it was used up meanwhile): then there is no account.
    """
    token = kept(request)
    if settings.SIGNUP == "closed" or (settings.SIGNUP == "invite" and not token):
        raise Forbidden(_("New accounts are made by invitation here."))
    person.language = person.language or languages.at_the_door(request)
    try:
        with transaction.atomic():
            person.save()
            if token:
                actions.claim_invite(actor=person, token=token)
    except Conflict:
        _forget(request)
        raise
    return person


def arrive(request: HttpRequest, person: User) -> str:
    """After any sign-in: into the room that the person was invited to. Its address, empty without one."""
    token = kept(request)
    _forget(request)
    room = actions.enter_invited(actor=person)
    try:
        if token:
            room = actions.redeem_invite(actor=person, token=token).room or room
    except ChatError as error:
        messages.error(request, error.detail)
    return room.get_absolute_url() if room else ""


def _forget(request: HttpRequest) -> None:
    request.session.pop(KEPT, None)
