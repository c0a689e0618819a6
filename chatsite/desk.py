"""Django's admin as an app, with a first page and a clock of our own."""

from django.contrib.admin.apps import AdminConfig


class DeskConfig(AdminConfig):
    default_site = "chatsite.admin.DeskSite"
