"""The addresses of people, beside allauth's own."""

from allauth.account.views import email, password_set
from django.conf import settings
from django.urls import path, register_converter
from django.urls.converters import StringConverter

from accounts import pictures
from accounts.reauth import fresh
from accounts.views import again, demo, factors, language, people, profile, sessions, set_up


class PictureConverter(StringConverter):
    """The name of a picture's file; nothing else leads to the folder."""

    regex = pictures.NAME.pattern


register_converter(PictureConverter, "picture")

urlpatterns = [
    path("set-up/", set_up.local, name="set_up"),
    path("set-up/<str:token>/", set_up.by_link, name="set_up_by_link"),
    path("people/<slug:handle>/", people.profile, name="person"),
    path("pictures/<picture:picture>", people.picture, name="picture"),
    path("language/", language.choose, name="language"),
    path("settings/", profile.settings, name="settings"),
    path("settings/picture/", profile.own_picture, name="own_picture"),
    path("accounts/sessions/", sessions.sessions, name="usersessions_list"),
    path("accounts/sessions/<id:place_id>/end/", sessions.end, name="session_end"),
    path("accounts/sessions/end-others/", sessions.end_others, name="sessions_end_others"),
    path("accounts/reauthenticate/again/", again.sign_in_again, name="sign_in_again"),
    # allauth's own addresses, with a question before or more to tell; the first that fits is taken.
    path("accounts/email/", fresh(email), name="account_email"),
    path("accounts/password/set/", fresh(password_set), name="account_set_password"),
    path("accounts/2fa/", factors.overview, name="mfa_index"),
    path("accounts/2fa/authenticate/", factors.second_step, name="mfa_authenticate"),
    path("accounts/2fa/totp/activate/", factors.add_app, name="mfa_activate_totp"),
    path("accounts/2fa/webauthn/", factors.no_list, name="mfa_list_webauthn"),
    path("accounts/2fa/webauthn/login/", factors.sign_in_by_key, name="mfa_login_webauthn"),
    path("accounts/2fa/webauthn/reauthenticate/", factors.confirm_key, name="mfa_reauthenticate_webauthn"),
    path("accounts/2fa/webauthn/add/", factors.add_key, name="mfa_add_webauthn"),
    path("accounts/2fa/webauthn/keys/<int:pk>/remove/", factors.remove_key, name="mfa_remove_webauthn"),
]

if settings.DEMO:
    urlpatterns.append(path("demo/<str:token>/", demo.sign_in, name="demo_sign_in"))
