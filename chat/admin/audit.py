"""The book of acts: to read, filtered, newest first. Nothing in it is changed here, or anywhere."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from chat.admin.desk import ReadingDesk, is_open, opened_rooms, room_words, staff_of
from chat.admin.keyset import leaf
from chat.models import AuditEntry, Room

PER_PAGE = 50
WITHHELD = gettext_lazy("Told in the room only.")
DESKS = {
    "message": "admin:chat_message_change",
    "restriction": "admin:chat_restriction_change",
    "invite": "admin:chat_invite_change",
    "person": "admin:accounts_user_change",
    "room": "admin:chat_room_change",
}


class Told:
    """An entry as one reader may have it: what was said in a private room stays there until they open it."""

    def __init__(self, entry: AuditEntry, opened: Collection[int]) -> None:
        self.entry = entry
        room = entry.room
        self.room = room_words(room, opened) if room else ""
        self.is_withheld = bool(room and not is_open(room, opened) and entry.verb != AuditEntry.Verb.OPEN)

    @property
    def reason(self) -> str:
        return str(WITHHELD) if self.is_withheld and self.entry.reason else self.entry.reason

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """(setting, before, after), but for what did not change."""
        before, after = self.entry.before, self.entry.after
        names = [] if self.is_withheld else [*before, *(name for name in after if name not in before)]
        pairs = [(name, before.get(name), after.get(name)) for name in names]
        return [(name.replace("_", " "), _shown(old), _shown(new)) for name, old, new in pairs if old != new]

    @property
    def terms(self) -> list[tuple[str, Any, Any]]:
        """Those changes that its verb does not say already."""
        return [change for change in self.changes if change[0] not in {"in force", "hidden", "state"}]

    @property
    def target_url(self) -> str:
        """The desk of what was acted on; a message of a closed room has none."""
        noun, _colon, pk = self.entry.target.partition(":")
        if noun not in DESKS or (self.is_withheld and noun == "message"):
            return ""
        try:
            return reverse(DESKS[noun], args=[pk])
        except NoReverseMatch:
            return ""


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str) and len(value) > len("2026-11-22T") and value[10:11] == "T":
        try:
            return f"{timezone.localtime(datetime.fromisoformat(value)):%Y-%m-%d %H:%M}"
        except ValueError:
            return value
    return str(value)


class DayField(forms.DateField):
    """A day of this age: the calendar's first and last have no neighbours to reckon with."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_validators = [MinValueValidator(date(1970, 1, 2)), MaxValueValidator(date(2999, 12, 31))]


class AuditForm(forms.Form):
    """What to look for. `rows()` narrows the book; a wrong wish finds nothing and says why."""

    verb = forms.ChoiceField(label=gettext_lazy("Act"), required=False)
    actor = forms.CharField(label=gettext_lazy("By"), required=False, max_length=32)
    person = forms.CharField(label=gettext_lazy("Whom"), required=False, max_length=32)
    room = forms.CharField(label=gettext_lazy("Room"), required=False, max_length=64)
    since = DayField(label=gettext_lazy("From"), required=False)
    until = DayField(label=gettext_lazy("To"), required=False)

    def __init__(self, *args: Any, staff: User, **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})
        self.staff = staff
        for name in ("actor", "person"):
            self.fields[name].widget.attrs["placeholder"] = _("handle")
        self.fields["room"].widget.attrs["placeholder"] = _("address or number")
        self.fields["verb"].choices = [("", _("Any")), *AuditEntry.Verb.choices]  # type: ignore[attr-defined]

    def clean_actor(self) -> User | None:
        return _person(self.cleaned_data["actor"])

    def clean_person(self) -> User | None:
        return _person(self.cleaned_data["person"])

    def clean_room(self) -> Room | None:
        """By its address only if it is open to the staff: that of a private room tells its name."""
        wanted = self.cleaned_data["room"].strip()
        if not wanted:
            return None
        if wanted.isascii() and wanted.isdecimal() and len(wanted) < 19:
            found = Room.objects.filter(pk=int(wanted)).first()
        else:
            found = Room.objects.open_to(self.staff).filter(slug=wanted).first()
        if found is None:
            raise forms.ValidationError(_("No such room."))
        return found

    def rows(self) -> QuerySet[AuditEntry]:
        entries = AuditEntry.objects.select_related("actor", "person", "room")
        if not self.is_valid():
            return entries.none()
        given = self.cleaned_data
        chosen = {name: given[name] for name in ("verb", "actor", "person", "room") if given[name]}
        if given["since"]:
            chosen["created_at__gte"] = _midnight(given["since"])
        if given["until"]:
            chosen["created_at__lt"] = _midnight(given["until"]) + timedelta(days=1)
        return entries.filter(**chosen)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _person(handle: str) -> User | None:
    wanted = handle.strip().removeprefix("@").lower()
    if not wanted:
        return None
    found = User.objects.by_handle(wanted)
    if found is None:
        raise forms.ValidationError(_("Nobody has this handle."))
    return found


@admin.register(AuditEntry)
class AuditDesk(ReadingDesk):
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = AuditForm(request.GET, staff=staff_of(request))
        page = leaf(form.rows(), request.GET, PER_PAGE)
        context = {
            **self._context(request, _("Audit")),
            "form": form,
            "page": page,
            "entries": [Told(entry, opened_rooms(request)) for entry in page.rows],
            "is_filtered": any(request.GET.get(name) for name in form.fields),
        }
        status = 200 if form.is_valid() else 400
        return TemplateResponse(request, "admin/chat/auditentry/list.html", context, status=status)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One entry, whole. There is nothing to post: what was written stays."""
        entry = self.get_object(request, object_id) if object_id else None
        if object_id is None or request.method != "GET" or not self.has_view_permission(request, entry):
            raise PermissionDenied
        if entry is None:
            raise Http404
        context = {**self._context(request, str(entry)), "told": Told(entry, opened_rooms(request))}
        return TemplateResponse(request, "admin/chat/auditentry/entry.html", context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        raise Http404  # an entry has no history

    def _context(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
