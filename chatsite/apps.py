"""The site as an app: its commands come before others' of the same name, and its checks run with Django's."""

from django.apps import AppConfig


class ChatsiteConfig(AppConfig):
    name = "chatsite"

    def ready(self) -> None:
        from chatsite import checks  # noqa: F401 - registers them
