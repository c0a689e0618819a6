"""Signing in by link, in the demo only: its people and words are thrown away with it."""

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.demo import person
from accounts.reauth import remember
from chat.views.door import door


@door("GET", public=True)
def sign_in(request: HttpRequest, token: str) -> HttpResponse:
    guest = person(token)
    login(request, guest, backend=settings.AUTHENTICATION_BACKENDS[0])
    remember(request, guest, "demo")
    return HttpResponseRedirect("/")
