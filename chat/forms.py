"""The forms of rooms. They shape input for an action; the action holds the rules."""

import zoneinfo
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.names import NAME_LIMIT
from chat.models import Restriction, Room
from chat.models.order import REASON_LIMIT

TOPIC_LIMIT = Room._meta.get_field("topic").max_length


class RoomForm(forms.Form):
    name = forms.CharField(label=_("Name"), widget=forms.TextInput(attrs={"maxlength": NAME_LIMIT, "dir": "auto"}))
    topic = forms.CharField(
        label=_("Topic"),
        required=False,
        max_length=TOPIC_LIMIT,
        help_text=_("One line on what this room is for."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )


class NewRoomForm(RoomForm):
    kind = forms.ChoiceField(
        label=_("Who can join"),
        choices=[(Room.Kind.PUBLIC, _("Public: anyone signed in")), (Room.Kind.PRIVATE, _("Private: by invitation"))],
        initial=Room.Kind.PUBLIC,
        required=False,
        widget=forms.RadioSelect,
    )

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or Room.Kind.PUBLIC


class MessageForm(forms.Form):
    body = forms.CharField(
        label=_("Message"), strip=False, widget=forms.Textarea(attrs={"rows": 6, "dir": "auto", "autofocus": True})
    )


class MemberForm(forms.Form):
    handle = forms.CharField(
        label=_("Handle"), widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"})
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_LIMIT,
        help_text=_("It is kept, and shown to those it concerns."),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off", "autofocus": True}),
        error_messages={"required": _("Give a reason. It is kept, and shown to those it concerns.")},
    )


class RemoveForm(ReasonForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_LIMIT,
        required=False,
        help_text=_("It is kept in the room's book of moderation."),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off", "autofocus": True}),
    )


class RestrictForm(ReasonForm):
    """`until` comes out as a time, or as None for "until it is lifted"."""

    PERIODS: ClassVar[dict[str, timedelta]] = {
        "hour": timedelta(hours=1),
        "day": timedelta(days=1),
        "week": timedelta(weeks=1),
        "month": timedelta(days=30),
    }

    kind = forms.ChoiceField(
        label=_("What"),
        choices=[
            (Restriction.Kind.MUTE, _("Mute: reads on, but cannot write")),
            (Restriction.Kind.BAN, _("Ban: goes out of the room, and cannot come back")),
        ],
        widget=forms.RadioSelect,
    )
    period = forms.ChoiceField(
        label=_("For"),
        initial="day",
        choices=[
            ("hour", _("An hour")),
            ("day", _("A day")),
            ("week", _("A week")),
            ("month", _("30 days")),
            ("lifted", _("Until it is lifted")),
        ],
    )
    until = forms.DateTimeField(
        label=_("Or until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    zone = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ("kind", "period", "until", "reason")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        del self.fields["reason"].widget.attrs["autofocus"]
        self.fields["period"].required = not self.is_bound or "period" in self.data  # programs may leave it out
        zone = format_html("<span data-zone>{}</span>", self["zone"].value() or "UTC")
        words = _("By the clock of {zone}. Counts instead of the line above.")
        self.fields["until"].help_text = format_html(str(words), zone=zone)

    def full_clean(self) -> None:
        """A time without a zone is one of the reader's clock, not of this machine's."""
        with timezone.override(self._zone()):
            super().full_clean()

    def _zone(self) -> zoneinfo.ZoneInfo:
        try:
            return zoneinfo.ZoneInfo(str(self.data.get("zone") or "UTC"))
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            return zoneinfo.ZoneInfo("UTC")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        period = self.PERIODS.get(given.pop("period", ""))
        given.pop("zone", None)
        if not given.get("until") and "until" not in self.errors:
            given["until"] = timezone.now() + period if period else None
        return given


class InviteForm(forms.Form):
    """Gives `expires_at` and `uses_limit`, each None for none."""

    LASTS: ClassVar[dict[str, timedelta | None]] = {
        "day": timedelta(days=1),
        "week": timedelta(weeks=1),
        "month": timedelta(days=30),
        "always": None,
    }
    USES: ClassVar[dict[str, int | None]] = {"1": 1, "5": 5, "10": 10, "25": 25, "100": 100, "any": None}

    lasts = forms.ChoiceField(
        label=_("Holds for"),
        initial="week",
        choices=[
            ("day", _("A day")),
            ("week", _("A week")),
            ("month", _("30 days")),
            ("always", _("Until it is withdrawn")),
        ],
    )
    uses = forms.ChoiceField(
        label=_("How many people"),
        initial="10",
        choices=[
            ("1", _("One")),
            *((str(number), str(number)) for number in (5, 10, 25, 100)),
            ("any", _("Any number")),
        ],
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        span, uses = self.LASTS.get(given.pop("lasts", "")), self.USES.get(given.pop("uses", ""))
        return given | {"expires_at": timezone.now() + span if span else None, "uses_limit": uses}
