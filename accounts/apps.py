"""The app of people, and allauth's app of sessions without its own bookkeeping."""

from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")
    default_auto_field = "django.db.models.BigAutoField"
    default = True


class SessionsConfig(UserSessionsConfig):
    default = False

    def ready(self) -> None:
        """accounts.signed_in keeps the rows: allauth would load each of a person's sessions at every sign-in."""
