"""One's own data: a copy to take along, and the end of the account."""

from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.farewell import EraseForm
from accounts.reauth import fresh, require_fresh
from chat import actions, takeout
from chat.actions.exporting import PAUSE
from chat.errors import NotFound, RateLimited
from chat.models import Job
from chat.rendering import wire_time
from chat.takeout.files import expires_at
from chat.views.door import door, viewer, wants_json
from chat.views.filling import filled, form_page, tried
from chat.views.sending import download


@door("GET", "POST")
def copies(request: HttpRequest) -> HttpResponseBase:
    """How far the copy is; a POST asks for one."""
    person = viewer(request)
    if request.method != "POST":
        return _state(request, actions.latest_export(person))
    require_fresh(request)
    try:
        job = actions.request_export(actor=person)
    except RateLimited as error:
        if wants_json(request):
            raise
        return _state(request, actions.latest_export(person), refused=error.detail, status=error.status)
    return _state(request, job, status=202) if wants_json(request) else HttpResponseRedirect(reverse("my_data"))


def _state(request: HttpRequest, job: Job | None, *, refused: str = "", status: int = 200) -> HttpResponse:
    state = _told(job)
    if wants_json(request):
        return JsonResponse({"export": state}, status=status)
    strings = {"copy": _("Your copy is being made: {done} of {total} messages.")}
    until = expires_at(job) if job else None
    page = {"export": state, "kept_until": until, "refused": refused, "for_scripts": {"strings": strings}}
    return render(request, "accounts/my_data.html", page, status=status)


def _told(job: Job | None) -> dict[str, Any] | None:
    """`state` is waiting, running, done, failed, or gone when its file is not kept any more."""
    if job is None:
        return None
    state, path = job.state, takeout.find_export(job)
    if state == Job.State.DONE and path is None:
        state = "gone"
    return {
        "state": state,
        "done": job.done,
        "total": job.total,
        "size": job.result.get("size", 0),
        "asked_at": wire_time(job.created_at),
        "expires_at": wire_time(expires_at(job)),
        "may_ask": job.state == Job.State.FAILED or (job.ended_at is not None and _may_ask_again(job)),
    }


def _may_ask_again(job: Job) -> bool:
    return job.created_at + PAUSE <= timezone.now()


@door("GET")
def copy(request: HttpRequest) -> HttpResponseBase:
    """The newest copy of whoever asks. Who has to confirm first is led to its page: a download would leave none."""
    require_fresh(request, back="my_data")
    person = viewer(request)
    job = actions.latest_export(person)
    path = takeout.find_export(job)
    if job is None or path is None:
        raise NotFound(_("There is no copy here. Ask for one in your settings."))
    name = f"{person.handle}-{job.created_at:%Y-%m-%d}.zip"
    return download(request, path, name=name, content_type="application/zip")


@door("GET", "POST")
@fresh
def erase(request: HttpRequest) -> HttpResponse:
    """Deleting the account: the handle is typed, and what becomes of the messages is chosen."""
    person = viewer(request)
    form = filled(request, EraseForm, person=person)

    def act(handle: str, messages: str) -> Any:
        return actions.erase_person(actor=person, person=person, keep_messages=messages == "keep")

    if tried(request, form, act) is not None:
        return _goodbye(request)
    return form_page(request, "accounts/erase.html", form, person=person)


def _goodbye(request: HttpRequest) -> HttpResponse:
    """Said at once, since there is no address left at which this person could read it."""
    logout(request)
    if wants_json(request):
        return JsonResponse({}, status=200)
    return render(request, "accounts/erased.html")
