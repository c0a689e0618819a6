"""Asking for a copy of everything that is one's own."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.actions.jobs import enqueue
from chat.errors import Forbidden, RateLimited
from chat.models import Job

PAUSE = timedelta(days=1)  # between two copies: each reads everything somebody ever said


def request_export(*, actor: User) -> Job:
    """Queue a copy of the actor's data; one that is being made is given back. Raises RateLimited after one of today.

    A new copy takes the place of the last one; one that failed can be asked for again at once.
    """
    with transaction.atomic():
        if not User.objects.select_for_update(no_key=True).get(pk=actor.pk).is_active:
            raise Forbidden(_("This account is not active."))  # a deletion of it came first
        last = latest_export(actor)
        if last is not None and last.state == Job.State.DONE:
            left = (last.created_at + PAUSE - timezone.now()).total_seconds()
            if left > 0:
                raise RateLimited(_("There is a copy of today already. You can ask for one a day."), retry_after=left)
        return enqueue(Job.Kind.EXPORT, person=actor)


def latest_export(person: User) -> Job | None:
    return Job.objects.filter(person=person, kind=Job.Kind.EXPORT).order_by("-pk").first()
