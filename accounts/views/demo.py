"""Signing in by link, in the demo only: its people and words are thrown away with it."""

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.demo import person
from chat.views.door import door


@door("GET", public=True)
def sign_in(request: HttpRequest, token: str) -> HttpResponse:
    login(request, person(token), backend=settings.AUTHENTICATION_BACKENDS[0])
    return HttpResponseRedirect("/")
