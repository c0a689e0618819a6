"""Messages: a page of history, posting, the permalink, editing, deleting."""

import uuid

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.models import User
from chat import actions, permissions
from chat.actions import Posted
from chat.errors import ChatError, Forbidden, Invalid, NotFound, Unauthenticated
from chat.forms import MessageForm
from chat.models import Membership, Message
from chat.rendering import body_html
from chat.views.door import door, fields, number, text_field, viewer, wants_json
from chat.views.find import entered, message_in
from chat.views.rooms import place, room_page
from chat.window import window


@door("GET", "POST")
def collection(request: HttpRequest, slug: str) -> HttpResponse:
    membership = entered(viewer(request), slug)
    return post(request, membership) if request.method == "POST" else history(request, membership)


def history(request: HttpRequest, membership: Membership) -> HttpResponse:
    """The list as a fragment, as it stands in the room page."""
    limit = number(request.GET.get("limit"), "limit", low=1, high=100) or 50
    opened = window(membership, limit=limit, **place(request))
    return render(request, "chat/_history.html", {"room": opened.room, "window": opened})


def post(request: HttpRequest, membership: Membership) -> HttpResponse:
    given = fields(request)
    body = text_field(given, "body")
    check_author(viewer(request), text_field(given, "written_by"))
    try:
        client_id = client_id_of(text_field(given, "client_id"))
        posted = actions.post_message(actor=viewer(request), room_id=membership.room_id, client_id=client_id, body=body)
    except ChatError as error:
        if wants_json(request) or error.status in {403, 404}:
            raise
        return room_page(request, membership, refused=error, draft=body)
    return posted_answer(request, membership, posted)


def check_author(person: User, author: str) -> None:
    """Words that waited for the network are sent as nobody but the person who said them. Raises Unauthenticated."""
    if author and author != str(person.pk):
        raise Unauthenticated(_("Somebody else is signed in here now."))


def posted_answer(request: HttpRequest, membership: Membership, posted: Posted) -> HttpResponse:
    if wants_json(request):
        wire = {"message": posted.message_id, "seq": posted.seq}
        return JsonResponse(wire, status=201 if posted.created else 200)
    return HttpResponseRedirect(f"{membership.room.get_absolute_url()}#message-{posted.message_id}")


def client_id_of(raw: str) -> uuid.UUID:
    """A lower-case UUID with hyphens, and no other spelling of it. Raises Invalid."""
    try:
        parsed = uuid.UUID(raw)
    except ValueError:
        parsed = None
    if parsed is None or str(parsed) != raw:
        raise Invalid(_("“client_id” must be a lower-case UUID."))
    return parsed


@door("GET")
def permalink(request: HttpRequest, slug: str, message_id: int) -> HttpResponse:
    return room_page(request, entered(viewer(request), slug), where={"around": message_id}, target_id=message_id)


@door("GET", "POST")
def edit(request: HttpRequest, slug: str, message_id: int) -> HttpResponse:
    membership = entered(viewer(request), slug)
    message = _editable(membership, message_id)
    if request.method != "POST":
        return _edit_page(request, membership, message, MessageForm(initial={"body": message.body}))
    body = text_field(fields(request), "body")
    try:
        seq = actions.edit_message(actor=viewer(request), message_id=message.pk, body=body)
    except ChatError as error:
        if wants_json(request) or error.status in {403, 404}:
            raise
        form = MessageForm({"body": body})
        form.add_error("body", error.detail)
        return _edit_page(request, membership, message, form, status=error.status)
    return _changed(request, message, seq)


def _editable(membership: Membership, message_id: int) -> Message:
    message = message_in(membership.room, message_id)
    if message.is_deleted:
        raise NotFound(_("This message was deleted."))
    if not permissions.can_edit(membership.room, message, membership):
        raise Forbidden(_("Only its author can edit a message, while the room is open."))
    return message


def _edit_page(
    request: HttpRequest, membership: Membership, message: Message, form: MessageForm, status: int = 200
) -> HttpResponse:
    context = {"form": form, "message": message, "room": membership.room, "membership": membership}
    return render(request, "chat/message_form.html", context, status=status)


@door("GET", "POST")
def delete(request: HttpRequest, slug: str, message_id: int) -> HttpResponse:
    membership = entered(viewer(request), slug)
    message = message_in(membership.room, message_id)
    if request.method == "POST":
        return _changed(request, message, actions.delete_message(actor=viewer(request), message_id=message.pk))
    if not permissions.can_delete(message, membership):
        raise Forbidden(_("Only its author or a moderator can delete a message."))
    context = {"message": message, "body": body_html(message), "room": membership.room, "membership": membership}
    return render(request, "chat/message_delete.html", context)


def _changed(request: HttpRequest, message: Message, seq: int) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"message": message.pk, "seq": seq})
    return HttpResponseRedirect(message.get_absolute_url())
