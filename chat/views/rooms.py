"""Rooms: making, reading, joining, leaving, naming."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.zones import zone_of
from chat import actions
from chat.context import site_of
from chat.errors import ChatError, Forbidden, Invalid, NotFound
from chat.forms import NewRoomForm, RoomForm
from chat.models import Membership, Message
from chat.overview import ban_in, mute_in
from chat.permissions import can_change_room, can_edit, can_keep_order
from chat.views.door import door, moment, number, viewer
from chat.views.filling import filled, form_page
from chat.views.find import entered, keeps_as_staff, room_and_membership
from chat.views.here import people_here
from chat.window import Window, window


@door("GET", "POST")
def new(request: HttpRequest) -> HttpResponse:
    form = filled(request, NewRoomForm)
    if form.is_bound and form.is_valid():
        try:
            room = actions.create_room(actor=viewer(request), **form.cleaned_data)
            return HttpResponseRedirect(room.get_absolute_url())
        except Invalid as error:
            form.add_error(None, error.detail)
    return form_page(request, "chat/room_form.html", form)


@door("GET")
def show(request: HttpRequest, slug: str) -> HttpResponse:
    room, membership = room_and_membership(viewer(request), slug)
    if membership is None:
        return render(request, "chat/room_outside.html", {"room": room, "ban": ban_in(viewer(request).pk, room.pk)})
    return room_page(request, membership, where=place(request))


@door("GET")
def day(request: HttpRequest, slug: str, day: date) -> HttpResponse:
    """The room opened at the start of a day, as the clock of who reads it says."""
    since = datetime.combine(day, time(), tzinfo=zone_of(viewer(request)))
    return room_page(request, entered(viewer(request), slug), where={"since": since})


def room_page(
    request: HttpRequest,
    membership: Membership,
    *,
    target_id: int | None = None,
    refused: ChatError | None = None,
    draft: str = "",
    where: Mapping[str, Any] = MappingProxyType({}),
) -> HttpResponse:
    """The room with a window of its messages. `target_id` is what a permalink names, `draft` what was refused, and why.

    Raises NotFound when the window lacks the target.
    """
    opened = window(membership, **where)
    context = {
        "room": opened.room,
        "membership": opened.membership,
        "is_staff_here": keeps_as_staff(viewer(request), opened.room),
        "mute": mute_in(site_of(request).mutes, membership.room_id),
        "window": opened,
        "members_here": people_here(membership.room_id, viewer(request)),
        "client_id": uuid.uuid4(),
        **({} if target_id is None else _about(_target(opened, target_id), opened, viewer(request))),
        "refused": refused,
        "draft": draft,
    }
    return render(request, "chat/room.html", context, status=refused.status if refused else 200)


def _target(opened: Window, message_id: int) -> Message:
    found = next((message for message in opened.messages if message.pk == message_id), None)
    if found is None:
        raise NotFound(_("No such message."))
    return found


def _about(message: Message, opened: Window, person: User) -> dict[str, Any]:
    """The message of a permalink, and what the viewer may do to it: without scripts this is the way to do it."""
    mine, as_staff = opened.membership, keeps_as_staff(person, opened.room)
    keeps = can_keep_order(mine) or as_staff
    own, there = message.author_id == person.pk, not message.is_deleted and message.kind == Message.Kind.TEXT
    return {
        "target": message,
        "can_edit": there and can_edit(opened.room, message, mine),
        "can_delete": there and own,
        "can_hide": there and keeps and not own,
        "can_restore": message.is_hidden and keeps,
        # Whether the author is below the viewer, the form itself finds out.
        "can_restrict": keeps and not own and message.kind == Message.Kind.TEXT,
    }


def place(request: HttpRequest) -> dict[str, Any]:
    """Where the query asks a window to open: at most one of before, after, around, since. Raises Invalid."""
    places: dict[str, Any] = {name: number(request.GET.get(name), name) for name in ("before", "after", "around")}
    places["since"] = moment(request.GET.get("since"), "since")
    asked = {name: where for name, where in places.items() if where is not None}
    if len(asked) > 1:
        raise Invalid(_("Ask for one of before, after, around or since."))
    return asked


@door("POST")
def join(request: HttpRequest, slug: str) -> HttpResponse:
    room, _membership = room_and_membership(viewer(request), slug)
    actions.join_room(actor=viewer(request), room_id=room.pk)
    return HttpResponseRedirect(room.get_absolute_url())


@door("POST")
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    room = entered(viewer(request), slug).room
    actions.leave_room(actor=viewer(request), room_id=room.pk)
    return HttpResponseRedirect("/")


@door("GET", "POST")
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    membership = entered(viewer(request), slug)
    room = membership.room
    if not can_change_room(membership):
        raise Forbidden(_("Only the owner and moderators change the room."))
    form = filled(request, RoomForm, initial={"name": room.name, "topic": room.topic})
    if form.is_bound and form.is_valid():
        try:
            actions.change_room(actor=viewer(request), room_id=room.pk, **form.cleaned_data)
            return HttpResponseRedirect(room.get_absolute_url())
        except Invalid as error:
            form.add_error(None, error.detail)
    return form_page(request, "chat/room_form.html", form, room=room, membership=membership)
