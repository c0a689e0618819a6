"""What of deleting an account takes its time: the last rooms, the files, and the words where they go too."""

from itertools import groupby
from operator import itemgetter
from typing import Any

from accounts import pictures
from accounts.models import User
from chat.actions.erasing import AT_ONCE, bury_words
from chat.actions.leaving import leave_for_good
from chat.jobs import Work
from chat.models import Membership, Message
from chat.takeout import files as takeout

PAGE = 1000  # ids read at once


def erase(work: Work) -> dict[str, Any]:
    """Goes on where a process that was killed has left it; every step may be done twice."""
    person = work.job.person
    _leave_rooms(work, person)
    pictures.remove(str(work.job.given["picture"]))
    takeout.remove(work.job.given["exports"])
    if not work.job.given["keep_messages"]:
        _bury_all(work, person)
    return {}


def _leave_rooms(work: Work, person: User) -> None:
    rooms = Membership.objects.filter(user=person).order_by("room_id").values_list("room_id", flat=True)
    for room_id in list(rooms):
        leave_for_good(person, room_id)
        work.step(done=work.job.done)


def _bury_all(work: Work, person: User) -> None:
    """In the order in which they were said; nobody can add to them, having no room to say it in."""
    said = Message.objects.filter(author=person)
    work.begin(total=said.count())
    done, after = work.job.done, int(work.job.result.get("after", 0))
    while page := list(said.filter(pk__gt=after).order_by("pk").values_list("room_id", "pk")[:PAGE]):
        for room_id, found in groupby(sorted(page), key=itemgetter(0)):
            ids = [message_id for _room, message_id in found]
            for start in range(0, len(ids), AT_ONCE):
                bury_words(person, room_id, ids[start : start + AT_ONCE])
                work.step(done=work.job.done)
        done, after = done + len(page), page[-1][1]
        work.step(done=done, keep={"after": after})
