"""The log: conversations as people see them, what to look for in them, and taking messages from sight."""

import re
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin import helpers
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from chat import actions
from chat.admin import log_pages
from chat.admin.acts import AT_ONCE, BACK, Act, ActingDesk
from chat.admin.desk import ReadingDesk, may_act, staff_of
from chat.admin.log_filters import LogForm
from chat.models import Message, Revision, Room

NUMBER = re.compile("[0-9]{1,18}")
ON_AUTHOR = ("mute", "ban", "remove")


def _hide(actor: User, message: Message, given: dict[str, Any]) -> None:
    actions.hide_message(actor=actor, message_id=message.pk, reason=given["reason"])


def _restore(actor: User, message: Message, given: dict[str, Any]) -> None:
    actions.restore_message(actor=actor, message_id=message.pk, reason=given["reason"])


ACTS = (
    Act(
        "hide",
        gettext_lazy("Hide…"),
        gettext_lazy("Hide"),
        _hide,
        note=gettext_lazy("Everybody in the room then reads who hid it and why, and no longer what it said."),
        is_grave=True,
        offered=lambda message: not message.is_deleted and message.kind != Message.Kind.NOTICE,
    ),
    Act(
        "restore",
        gettext_lazy("Restore…"),
        gettext_lazy("Restore"),
        _restore,
        note=gettext_lazy("It stands in the room again, as it was. The reason is kept in the audit."),
        offered=lambda message: message.is_hidden,
    ),
)


@admin.register(Message)
class MessageAdmin(ActingDesk, ReadingDesk):
    acts = ACTS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """Of rooms that are open to who asks, with what tombstones said."""
        kept = Revision.objects.filter(message=OuterRef("pk")).exclude(cause=Revision.Cause.EDIT).order_by("-pk")
        readable = Message.objects.filter(room__in=Room.objects.open_to(staff_of(request)))
        whole = readable.select_related("author", "deleted_by", "room")
        return whole.annotate(kept=Subquery(kept.values("body")[:1])).order_by("pk")

    def thing_words(self, request: HttpRequest, thing: Any) -> str:
        words = Truncator(" ".join((thing.kept or thing.body).split())).chars(120)
        said = f"{localtime(thing.created_at):%Y-%m-%d %H:%M}"
        return _("%(name)s, %(time)s: “%(words)s”") % {"name": thing.author.name, "time": said, "words": words}

    # --- The log

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._in_bulk(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        form = LogForm(staff_of(request), request.GET)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Messages"),
            "opts": self.opts,
            "form": form,
            "rooms": log_pages.offered_rooms(),
            "tick": helpers.ACTION_CHECKBOX_NAME,
            "acts": self.acts if may_act(request) else (),
            **(log_pages.listing(request, form.sought) if form.is_valid() else {}),
        }
        return TemplateResponse(request, "admin/chat/message/log.html", context, status=400 if form.errors else 200)

    def _in_bulk(self, request: HttpRequest) -> HttpResponse:
        """The page that asks for the reason, and what it was answered."""
        if not may_act(request):
            raise PermissionDenied
        chosen = next((act for act in self.acts if act.name == request.POST.get("action")), None)
        ticked = {pk for pk in request.POST.getlist(helpers.ACTION_CHECKBOX_NAME) if NUMBER.fullmatch(pk)}
        if chosen is None:
            raise Http404
        if not 0 < len(ticked) <= AT_ONCE:
            self.message_user(request, _("Tick between 1 and %(number)d messages.") % {"number": AT_ONCE}, "WARNING")
            return HttpResponseRedirect(request.get_full_path())
        things = [message for message in self.get_queryset(request).filter(pk__in=ticked) if chosen.offered(message)]
        if len(things) < len(ticked):
            self._say_left_out(request, chosen, len(ticked) - len(things))
        if not things:
            return HttpResponseRedirect(request.get_full_path())
        return self._ask(request, chosen, things, request.get_full_path(), ticked=True)

    def _say_left_out(self, request: HttpRequest, act: Act, number: int) -> None:
        words = ngettext(
            "%(act)s: %(number)d of the ticked messages is left out, since there is nothing to do for it.",
            "%(act)s: %(number)d of the ticked messages are left out, since there is nothing to do for them.",
            number,
        )
        self.message_user(request, words % {"act": act.title, "number": number}, "INFO")

    # --- One message

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request) or request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        message = self.get_object(request, unquote(object_id))
        if message is None:
            self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
            return HttpResponseRedirect(reverse("admin:index"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Message %(id)s") % {"id": message.pk},
            "opts": self.opts,
            "buttons": self.acts_on(request, message),
            "author_buttons": self._acts_on_author(request, message),
            **log_pages.message_page(request, message),
        }
        return TemplateResponse(request, "admin/chat/message/message.html", context)

    def _acts_on_author(self, request: HttpRequest, message: Message) -> list[dict[str, Any]]:
        """Mute, ban, remove whoever said it: in its room to begin with, and back to here."""
        desk = self.admin_site.get_model_admin(User)
        assert isinstance(desk, ActingDesk)
        if not may_act(request) or not desk.has_view_permission(request):
            return []
        query = urlencode({BACK: request.path, "place": message.room_id})
        return [
            {"label": act.label, "is_grave": act.is_grave, "url": f"{desk.act_url(act, message.author)}?{query}"}
            for act in desk.acts
            if act.name in ON_AUTHOR and act.offered(message.author)
        ]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What was done to it stands on its page."""
        return self.change_view(request, object_id)
