"""The addresses of people, beside allauth's own."""

from django.conf import settings
from django.urls import path

from accounts.views import demo, people, set_up

urlpatterns = [
    path("set-up/", set_up.local, name="set_up"),
    path("set-up/<str:token>/", set_up.by_link, name="set_up_by_link"),
    path("people/<slug:handle>/", people.profile, name="person"),
    path("settings/", people.settings, name="settings"),
]

if settings.DEMO:
    urlpatterns.append(path("demo/<str:token>/", demo.sign_in, name="demo_sign_in"))
