"""The app of rooms."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    name = "chat"
    verbose_name = _("Rooms")
    default_auto_field = "django.db.models.BigAutoField"
