"""“Is it you?” for those who have no password and no factor to say it with: they sign in again."""

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import User
from chat.views.door import door, viewer


@door("GET")
def sign_in_again(request: HttpRequest) -> HttpResponse:
    target = get_next_redirect_url(request) or "/"
    context = {
        "ways": _providers_of(request, viewer(request), target),
        "sign_in": f"{reverse('account_login')}?{urlencode({'next': target})}",
    }
    return render(request, "accounts/again.html", context)


def _providers_of(request: HttpRequest, person: User, target: str) -> list[dict[str, str]]:
    """The providers that the person came by and that are switched on, each with the address that starts there."""
    held = set(SocialAccount.objects.filter(user=person).values_list("provider", flat=True))
    return [
        {"name": provider.name, "url": provider.get_login_url(request, process="login", next=target)}
        for provider in get_adapter(request).list_providers(request)
        if provider.sub_id in held
    ]
