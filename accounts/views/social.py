"""Out to a provider and back: allauth's views, fenced in; and the page of one's connections."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from allauth.core.internal import ratelimit
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthProcess, ProviderException
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.views import SignupView as AllauthSignupView
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from requests import RequestException

from accounts import connections
from accounts.reauth import require_fresh
from accounts.social import refuse_known, refuse_taken
from chat.errors import Conflict, NotFound, NotFresh
from chat.views.door import door, viewer

View = Callable[..., HttpResponseBase]
NO_ANSWER = (RequestException, ProviderException, OAuth2Error)
STARTS = {"start": "30/m/ip"}


def start(view: View, provider_id: str) -> View:
    """allauth's view that sends people to the provider. A link shows a page with a button, a post goes there."""

    @require_http_methods(["GET", "POST"])  # allauth would start by HEAD, too
    @wraps(view)
    def started(request: HttpRequest, **parts: Any) -> HttpResponseBase:
        _keep_to_ours(request)
        if _process(request) == AuthProcess.CONNECT:
            if not request.user.is_authenticated:
                return HttpResponseRedirect(f"{reverse('account_login')}?next={reverse('socialaccount_connections')}")
            require_fresh(request, back="socialaccount_connections")
            connections.check_room(viewer(request))
        if limited := ratelimit.consume_or_429(request, app="accounts", action="start", config=STARTS):
            return limited
        try:
            return _onward(request, view(request, **parts), provider_id)
        except NO_ANSWER as error:
            return _failed(request, provider_id, error)

    return started


def _keep_to_ours(request: HttpRequest) -> None:
    """Of the query only what our own pages give: allauth would pass on scopes and parameters out of any link."""
    kept = QueryDict(mutable=True)
    kept.update({name: request.GET[name] for name in ("next", "process") if name in request.GET})
    request.GET = kept  # type: ignore[assignment]
    if _process(request) not in {AuthProcess.LOGIN, AuthProcess.CONNECT}:
        raise BadRequest("process")


def _process(request: HttpRequest) -> str:
    return str(request.POST.get("process") or request.GET.get("process") or AuthProcess.LOGIN)


def _onward(request: HttpRequest, answer: HttpResponseBase, provider_id: str) -> HttpResponseBase:
    """Onward by a page that leads away, not by a redirect of the form.

    Chromium holds every hop after a form against form-action, and nobody can list the hops of a provider that asks
    yet another one; this way the policy needs no foreign address at all.
    """
    if not isinstance(answer, HttpResponseRedirect) or not urlsplit(answer.url).netloc:
        return answer
    name = get_adapter().get_provider(request, provider_id).name
    return render(request, "socialaccount/leaving.html", {"provider_name": name, "address": answer.url})


def callback(view: View, provider_id: str) -> View:
    """allauth's view that people come back to."""

    @require_http_methods(["GET"])
    @wraps(view)
    def returned(request: HttpRequest, **parts: Any) -> HttpResponseBase:
        try:
            return view(request, **parts)
        except NotFresh as error:  # too long at the provider; this address works only once
            raise NotFresh(error.detail, back=reverse("socialaccount_connections")) from error
        except (*NO_ANSWER, IntegrityError) as error:  # also the same connection made in two windows
            return _failed(request, provider_id, error)

    return returned


def _failed(request: HttpRequest, provider_id: str, error: Exception) -> HttpResponse:
    provider = get_adapter().get_provider(request, provider_id)
    answer: HttpResponse = render_authentication_error(request, provider, exception=error)
    return answer


class SignupView(AllauthSignupView):
    """The choice of a handle and a name. The address is looked at again: minutes may have passed."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        except SocialApp.DoesNotExist:  # the provider was switched off meanwhile
            return HttpResponseRedirect(reverse("account_login"))
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        addresses = [address.email for address in self.sociallogin.email_addresses]
        return {**super().get_context_data(**kwargs), "addresses": addresses}

    def form_valid(self, form: Any) -> HttpResponse:
        refuse_known(self.request, self.sociallogin)
        refuse_taken(self.request, self.sociallogin)
        answer: HttpResponse = super().form_valid(form)
        return answer


@door("GET", "POST")
def connected(request: HttpRequest) -> HttpResponse:
    """One's connections; a post takes one away."""
    person = viewer(request)
    refusal = ""
    if request.method == "POST":
        require_fresh(request)
        try:
            connections.disconnect(person=person, account_id=_number(request.POST.get("account", "")))
            messages.success(request, _("It opens your account no longer."))
            return HttpResponseRedirect(reverse("socialaccount_connections"))
        except (Conflict, NotFound) as error:
            refusal = error.detail
    context = {"connections": connections.of(person), "refusal": refusal}
    return render(request, "socialaccount/connections.html", context, status=409 if refusal else 200)


def _number(raw: str) -> int:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else 0
