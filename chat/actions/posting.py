"""Posting messages: those that wait for one room share one lock, one insert and one commit."""

import uuid
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Max
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from chat import limits, metrics, permissions
from chat.actions.drafts import Draft, prepare, write
from chat.actions.log import Change, changing, find_room, not_a_member, require_sight
from chat.errors import ChatError, Conflict, Forbidden, RateLimited
from chat.models import Membership, Message, Restriction, plain
from chat.models.plain import Words

OUTCOMES = {True: "new", False: "repeated"}  # of a post, by whether it was created


@dataclass(frozen=True)
class Post:
    actor: User
    client_id: uuid.UUID
    body: str
    language: str = ""  # to refuse it in, when that is not the one of the thread
    is_member: bool = False  # as far as the door knows, which spares a look; judged under the lock all the same
    is_counted: bool = False  # against the author's rate, by a commit that failed


@dataclass(frozen=True)
class Posted:
    message_id: int
    seq: int
    created: bool


def post_message(*, actor: User, room_id: int, client_id: uuid.UUID, body: str) -> Posted:
    """Say something once: a resend with the same `client_id` answers with the message that is there.

    Raises NotFound, Forbidden (not in, archived, muted), Invalid, TooLarge, RateLimited, and Conflict when the same id
    comes with other words.
    """
    (answer,) = post_messages(room_id=room_id, posts=[Post(actor, client_id, body)])
    if isinstance(answer, ChatError):
        raise answer
    return answer


def post_messages(*, room_id: int, posts: Sequence[Post]) -> list[Posted | ChatError]:
    """Several posts to one room in this order, in one commit; each is judged by itself and answered in its place."""
    answers: dict[int, Posted | ChatError] = {}
    drafts: dict[int, Draft] = {}
    members, spoken = _members(room_id, posts), get_language()
    for place, post in enumerate(posts):
        try:
            with _answering(post, spoken):
                drafts[place] = _prepare(room_id, post, members)
        except ChatError as error:
            answers[place] = error
    if drafts:
        authors, client_ids = _keys([posts[place] for place in drafts])
        asked = plain.standing(room_id, authors), plain.said(room_id, authors, client_ids)
        with changing(room_id, *asked) as change:
            answers |= _post_all(change, {place: (posts[place], draft) for place, draft in drafts.items()})
    _count(answers.values())
    return [answers[place] for place in range(len(posts))]


def _answering(post: Post, spoken: str | None) -> AbstractContextManager[None]:
    """Posts of several people share a commit, and each is refused in their own language."""
    return nullcontext() if post.language in {"", spoken} else translation.override(post.language)


def _count(answers: Iterable[Posted | ChatError]) -> None:
    """After the commit: what is counted as posted is stored."""
    for one in answers:
        metrics.POSTS["refused" if isinstance(one, ChatError) else OUTCOMES[one.created]].add()


def _members(room_id: int, posts: Sequence[Post]) -> set[int]:
    """Those of the authors who are in, by a look before the lock: a stranger stops there."""
    members = {post.actor.pk for post in posts if post.is_member}
    if asked := {post.actor.pk for post in posts} - members:
        (rows,) = plain.ask(plain.standing(room_id, asked))
        memberships, _muted = plain.members(rows, room_id)
        members |= {user_id for user_id, membership in memberships.items() if membership.is_in}
    return members


def _keys(posts: Sequence[Post]) -> tuple[set[int], set[uuid.UUID]]:
    return {post.actor.pk for post in posts}, {post.client_id for post in posts}


def _prepare(room_id: int, post: Post, members: set[int]) -> Draft:
    if post.actor.pk not in members:
        find_room(post.actor, room_id)
        raise not_a_member()
    if not post.is_counted:
        limits.spend_post(post.actor.pk)  # before the text is worked on, which is what costs
    return prepare(room_id, post.body)


def _post_all(change: Change, drafted: dict[int, tuple[Post, Draft]]) -> dict[int, Posted | ChatError]:
    judge, spoken = Judge(change), get_language()
    found: dict[int, Message | Words | ChatError] = {}
    fresh: dict[int, tuple[Words, Draft]] = {}
    for place, (post, draft) in drafted.items():
        try:
            with _answering(post, spoken):
                message, is_new = judge.message_of(post, draft)
        except ChatError as error:
            found[place] = error
            continue
        found[place] = message
        if is_new and isinstance(message, Words):
            fresh[place] = message, draft
    write(change, list(fresh.values()))
    return {
        place: one if isinstance(one, ChatError) else Posted(one.pk, one.seq, created=place in fresh)
        for place, one in found.items()
    }


class Judge:
    """What the posts of one transaction rest on, read under its lock; two queries however many they are."""

    def __init__(self, change: Change) -> None:
        self.change, self.room = change, change.room
        standing, said = change.answers
        self.memberships, muted = plain.members(standing, self.room.pk)
        self.mutes = _mutes(self.room.pk, muted) if muted else {}
        known = Message.objects.filter(pk__in=[message_id for (message_id,) in said]) if said else ()
        self.messages: dict[tuple[int, uuid.UUID], Message | Words] = {
            (one.author_id, one.client_id): one for one in known
        }
        self.spoke_at: dict[int, datetime] = {}

    def message_of(self, post: Post, draft: Draft) -> tuple[Message | Words, bool]:
        """The message that was said with this id, or a new one, numbered but not written. Raises ChatError."""
        membership = self.memberships.get(post.actor.pk)
        require_sight(self.room, membership)
        key = post.actor.pk, post.client_id
        if key in self.messages:
            return _said_before(self.messages[key], draft.body), False
        self._require_may_post(membership)
        now = self.spoke_at[post.actor.pk] = timezone.now()
        message = draft.number(self.change, author_id=post.actor.pk, client_id=post.client_id, created_at=now)
        self.messages[key] = message
        return message, True

    def _require_may_post(self, membership: Membership | None) -> None:
        if not permissions.can_post(self.room, membership) or membership is None:
            raise Forbidden(_("This room is archived; it can be read, not written to."))
        if membership.user_id in self.mutes:
            raise _muted(self.mutes[membership.user_id])
        if permissions.is_slowed(self.room, membership):
            self._require_patience(membership.user_id)

    def _require_patience(self, author_id: int) -> None:
        if author_id not in self.spoke_at:
            newest = Message.objects.filter(room=self.room, author=author_id).aggregate(last=Max("created_at"))["last"]
            if newest is None:
                return
            self.spoke_at[author_id] = newest
        ready_at = self.spoke_at[author_id] + timedelta(seconds=self.room.slow_seconds)
        wait = (ready_at - timezone.now()).total_seconds()
        if wait > 0:
            raise RateLimited(_("This room is in slow mode. Wait a moment."), retry_after=round(wait, 1))


def require_voice(room_id: int, author_id: int) -> None:
    """Raises Forbidden for somebody who is muted there, until when and why."""
    mute = _mutes(room_id, [author_id]).get(author_id)
    if mute is not None:
        raise _muted(mute)


def _mutes(room_id: int, authors: Iterable[int]) -> dict[int, Restriction]:
    rows = Restriction.objects.filter(user__in=authors, kind=Restriction.Kind.MUTE, lifted_at=None)
    rows = rows.order_by(F("until").asc(nulls_last=True))  # of several the one that lasts longest
    return {mute.user_id: mute for mute in rows if mute.room_id in {None, room_id} and mute.is_in_force}


def _said_before(message: Message | Words, body: str) -> Message | Words:
    is_as_said = isinstance(message, Words) or (message.edited_at is None and not message.is_deleted)
    if message.body != body and is_as_said:
        raise Conflict(_("This client_id was used for other words. Send them under a new one."))
    return message


def _muted(mute: Restriction) -> ChatError:
    if mute.until is None:
        return Forbidden(_("A moderator has muted you: %(reason)s") % {"reason": mute.reason})
    until = f"{mute.until:%Y-%m-%d %H:%M} UTC"
    return Forbidden(
        _("A moderator has muted you until %(until)s: %(reason)s") % {"until": until, "reason": mute.reason}
    )
