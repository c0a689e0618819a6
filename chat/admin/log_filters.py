"""What somebody looks for in the log: one form, read from the address."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.zones import zone_of
from chat.models import Room

YEARS = (1970, 9000)  # the ends of the calendar overflow in other time zones
ISO = ("%Y-%m-%d",)
WORDS_LIMIT = 200


class State(TextChoices):
    HIDDEN = "hidden", _("Hidden by a moderator")
    DELETED = "deleted", _("Deleted by the author")
    EDITED = "edited", _("Edited")


@dataclass(frozen=True)
class Sought:
    """Every part may be absent; `start` and `end` bound the time of saying, `end` is the first moment behind it."""

    room: Room | None = None
    author: User | None = None
    start: datetime | None = None
    end: datetime | None = None
    state: str = ""
    words: str = ""

    @property
    def is_conversation(self) -> bool:
        """A room from end to end, as its members read it."""
        return self.room is not None and self == Sought(room=self.room)


class LogForm(forms.Form):
    room = forms.CharField(label=_("Room"), required=False, max_length=64)
    author = forms.CharField(label=_("Author"), required=False, max_length=33)
    since = forms.DateField(label=_("From"), required=False, input_formats=ISO)
    until = forms.DateField(label=_("To"), required=False, input_formats=ISO)
    state = forms.ChoiceField(label=_("Only"), required=False, choices=[("", _("Everything")), *State.choices])
    q = forms.CharField(label=_("Words"), required=False, max_length=WORDS_LIMIT)

    def __init__(self, staff: User, *args: Any, **options: Any) -> None:
        self.staff = staff
        super().__init__(*args, **options)
        self.label_suffix = ""
        handle = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
        self.fields["room"].widget.attrs |= {**handle, "list": "log-rooms", "placeholder": _("its address")}
        self.fields["author"].widget.attrs |= {**handle, "placeholder": _("their handle")}
        self.fields["q"].widget.attrs |= {"type": "search", "dir": "auto"}
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateInput(format=ISO[0], attrs={"type": "date"})

    def clean_room(self) -> Room | None:
        slug = self.cleaned_data["room"].strip("/")
        if not slug:
            return None
        found = Room.objects.open_to(self.staff).filter(slug=slug).first()
        if found is None:
            raise forms.ValidationError(_("No such room, or not open to you."))
        return found

    def clean_author(self) -> User | None:
        handle = self.cleaned_data["author"].removeprefix("@").lower()
        if not handle:
            return None
        found = User.objects.by_handle(handle)
        if found is None:
            raise forms.ValidationError(_("Nobody has this handle."))
        return found

    def clean_since(self) -> date | None:
        return _in_calendar(self.cleaned_data["since"])

    def clean_until(self) -> date | None:
        return _in_calendar(self.cleaned_data["until"])

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", _("This is before the first day."))

    @property
    def sought(self) -> Sought:
        """Of a valid form. Days are those of the reader's own time zone."""
        given = self.cleaned_data
        until = given["until"] and given["until"] + timedelta(days=1)
        return Sought(
            room=given["room"],
            author=given["author"],
            start=self._midnight(given["since"]),
            end=self._midnight(until),
            state=given["state"],
            words=given["q"],
        )

    def _midnight(self, day: date | None) -> datetime | None:
        return datetime.combine(day, time.min, zone_of(self.staff)) if day else None


def _in_calendar(day: date | None) -> date | None:
    if day is not None and not YEARS[0] <= day.year <= YEARS[1]:
        raise forms.ValidationError(_("Choose a day of this age."))
    return day
