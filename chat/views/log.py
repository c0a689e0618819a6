"""The log of a room over HTTP: everything that changed after a cursor, as the socket says it."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from chat import changes
from chat.errors import Invalid
from chat.views.door import door, number, viewer
from chat.views.find import entered


@door("GET")
def since(request: HttpRequest, slug: str) -> HttpResponse:
    membership = entered(viewer(request), slug)
    after = number(request.GET.get("after"), "after")
    if after is None:
        raise Invalid(_("Say after which seq: “after” is missing."))
    answer = changes.open_room(viewer(request), membership.room_id, after=after, epoch=request.GET.get("epoch"))
    return JsonResponse(answer.as_wire())
