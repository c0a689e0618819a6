"""What must not start: settings that look right one by one and lose messages or secrets together."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

IN_MEMORY = "channels.layers.InMemoryChannelLayer"
SECRET_LENGTH = 32


@register(Tags.compatibility)
def processes(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Several processes share what they say through a server, or not at all."""
    found: list[CheckMessage] = []
    if settings.WORKERS <= 1:
        return found
    if settings.CHANNEL_LAYERS["default"]["BACKEND"] == IN_MEMORY:
        hint = "Set REDIS_URL, or WORKERS=1."
        found.append(Error("The in-process layer does not reach other workers.", hint=hint, id="chatsite.E001"))
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        hint = "Set DATABASE_URL to a PostgreSQL server, or WORKERS=1."
        found.append(Error("SQLite gives one process at a time its turn.", hint=hint, id="chatsite.E002"))
    return found


@register(Tags.security)
def secrets(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Whoever guesses the key signs in as anybody."""
    found: list[CheckMessage] = []
    if len(settings.SECRET_KEY) < SECRET_LENGTH:
        hint = "Leave SECRET_KEY unset: a good one is made in DATA_DIR."
        found.append(Error(f"SECRET_KEY has under {SECRET_LENGTH} characters.", hint=hint, id="chatsite.E003"))
    if settings.DEBUG and settings.REACHABLE:
        hint = "Unset DEBUG, or listen on 127.0.0.1 under http://localhost."
        found.append(Error("Debug pages show secrets to whoever can reach the site.", hint=hint, id="chatsite.E004"))
    return found


@register(Tags.security, deploy=True)
def transport(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Passwords in the clear."""
    if settings.HTTPS or not settings.REACHABLE:
        return []
    hint = "Put a proxy with TLS in front and give SITE_URL its https address."
    return [checks.Warning("The site is reachable by plain http.", hint=hint, id="chatsite.W001")]
