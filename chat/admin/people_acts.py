"""What moderators of the site do to people: mute, ban, lift, end sessions, take out of a room."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from chat import actions
from chat.admin.acts import Act, ReasonForm
from chat.errors import Conflict
from chat.models import Membership, Restriction, Room

SPANS = {
    "hour": (gettext_lazy("1 hour"), timedelta(hours=1)),
    "day": (gettext_lazy("1 day"), timedelta(days=1)),
    "week": (gettext_lazy("1 week"), timedelta(weeks=1)),
    "month": (gettext_lazy("30 days"), timedelta(days=30)),
}
UNTIL, WITHOUT_END = "until", "none"
SITE = "site"
FARTHEST = timedelta(days=36_500)
OFFERED_ROOMS = 200


class PlaceForm(ReasonForm):
    """Where: the whole site, or a room that one of the people is or was in. Gives `room_id`, None for the site."""

    place = forms.ChoiceField(label=gettext_lazy("Where"))
    takes_site = True

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        rooms = self._rooms(options["things"])
        site = [(SITE, _("The whole site"))] if self.takes_site else []
        choices = [("", _("Choose…")), *site, *((str(room.pk), room.name) for room in rooms)]
        self.fields["place"].choices = choices  # type: ignore[attr-defined]

    def _rooms(self, people: Sequence[User]) -> list[Room]:
        """Open to the staff, and known to one of the people; the room that a link asked for comes along."""
        memberships = Membership.objects.filter(user__in=people)
        if not self.takes_site:
            memberships = memberships.present()
        rooms = Room.objects.open_to(self.staff)
        found = list(rooms.filter(pk__in=memberships.values("room")).order_by("name", "pk")[:OFFERED_ROOMS])
        asked = str(self.initial.get("place", ""))
        is_id = asked.isascii() and asked.isdecimal() and len(asked) < 19  # what a database can look for
        if self.takes_site and is_id and int(asked) not in {room.pk for room in found}:
            found += rooms.filter(pk=int(asked))
        return found

    def clean_place(self) -> str:
        place = str(self.cleaned_data["place"])
        self.cleaned_data["room_id"] = None if place == SITE else int(place)
        return place


class RoomForm(PlaceForm):
    takes_site = False


class RestrictForm(PlaceForm):
    """And for how long: some span, until a time on the moderator's clock, or without end. Gives `end`."""

    lasts = forms.ChoiceField(label=gettext_lazy("How long"))
    until = forms.DateTimeField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    usual = "day"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        spans = [(name, words) for name, (words, _span) in SPANS.items()]
        ends = [(UNTIL, _("Until the time below")), (WITHOUT_END, _("Without end"))]
        self.fields["lasts"].choices = [*spans, *ends]  # type: ignore[attr-defined]
        self.initial.setdefault("lasts", self.usual)
        clock = {"zone": timezone.get_current_timezone_name()}
        self.fields["until"].help_text = _("Only with “Until the time below”. On your clock: %(zone)s.") % clock

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        lasts, until = given.get("lasts"), given.get("until")
        if lasts == UNTIL and "until" in given:
            if until is None:
                self.add_error("until", _("Say until when."))
            elif until <= timezone.now():
                self.add_error("until", _("That time has passed. Choose one that is still to come."))
            elif until > timezone.now() + FARTHEST:
                self.add_error("until", _("That is too far away. Choose “Without end”."))
        given["end"] = until if lasts == UNTIL else timezone.now() + SPANS[lasts][1] if lasts in SPANS else None
        return given


class BanForm(RestrictForm):
    usual = "week"


def _mute(actor: User, person: User, given: dict[str, Any]) -> None:
    actions.mute_person(
        actor=actor, user_id=person.pk, room_id=given["room_id"], until=given["end"], reason=given["reason"]
    )


def _ban(actor: User, person: User, given: dict[str, Any]) -> None:
    actions.ban_person(
        actor=actor, user_id=person.pk, room_id=given["room_id"], until=given["end"], reason=given["reason"]
    )


def _lift(actor: User, person: User, given: dict[str, Any]) -> None:
    """All that is in force, on the site and in rooms that are open to the actor."""
    here = Q(room=None) | Q(room__in=Room.objects.open_to(actor))
    found = list(Restriction.objects.in_force().filter(here, user=person).values_list("pk", flat=True)[:OFFERED_ROOMS])
    if not found:
        raise Conflict(_("No mute or ban is in force."))
    for restriction_id in found:
        actions.lift_restriction(actor=actor, restriction_id=restriction_id, reason=given["reason"])


def _close_sessions(actor: User, person: User, given: dict[str, Any]) -> None:
    actions.close_sessions(actor=actor, user_id=person.pk, reason=given["reason"])


def _take_picture(actor: User, person: User, given: dict[str, Any]) -> None:
    actions.change_picture(actor=actor, person=person, picture=None, reason=given["reason"])


def _reset_link(actor: User, person: User, given: dict[str, Any]) -> str:
    return actions.make_reset_link(actor=actor, user_id=person.pk, reason=given["reason"])


def _remove(actor: User, person: User, given: dict[str, Any]) -> None:
    actions.remove_member(actor=actor, user_id=person.pk, room_id=given["room_id"], reason=given["reason"])


def _is_account(person: User) -> bool:
    return person.kind != User.Kind.SYSTEM and person.anonymised_at is None


ACTS = (
    Act(
        "mute",
        gettext_lazy("Mute…"),
        gettext_lazy("Mute"),
        _mute,
        RestrictForm,
        gettext_lazy("They can read but not write. They are told until when, and the reason."),
        offered=_is_account,
    ),
    Act(
        "ban",
        gettext_lazy("Ban…"),
        gettext_lazy("Ban"),
        _ban,
        BanForm,
        gettext_lazy(
            "From a room: they are taken out of it and cannot come back. From the site: they cannot sign in,"
            " and their open pages close."
        ),
        is_grave=True,
        offered=_is_account,
    ),
    Act(
        "remove",
        gettext_lazy("Remove from a room…"),
        gettext_lazy("Remove from a room"),
        _remove,
        RoomForm,
        gettext_lazy("They can join a public room again. To keep them out, ban them from it."),
        is_grave=True,
        offered=_is_account,
    ),
    Act(
        "lift",
        gettext_lazy("Lift mutes and bans…"),
        gettext_lazy("Lift all mutes and bans"),
        _lift,
        note=gettext_lazy("All in force, on the site and in public rooms. One by one: in the list of restrictions."),
        offered=_is_account,
    ),
    Act(
        "remove-picture",
        gettext_lazy("Remove the picture…"),
        gettext_lazy("Remove the picture"),
        _take_picture,
        note=gettext_lazy("Their initials are shown again. They can choose another picture."),
        offered=lambda person: bool(person.picture),
    ),
    Act(
        "close-sessions",
        gettext_lazy("Sign out everywhere…"),
        gettext_lazy("Sign out everywhere"),
        _close_sessions,
        note=gettext_lazy("All their sessions end and open pages ask them to sign in again."),
        offered=_is_account,
    ),
    Act(
        "reset-link",
        gettext_lazy("Link for a new password…"),
        gettext_lazy("Make a link for a new password"),
        _reset_link,
        note=gettext_lazy(
            "For administrators. The link is shown once, works once, for a day, and ends the ones before it."
            " Whoever has it can take the account: hand it over in person, or call."
        ),
        offered=lambda person: person.kind == User.Kind.HUMAN and person.is_active,
        shows=gettext_lazy("Link to hand over"),
        asks_again=True,
    ),
)
