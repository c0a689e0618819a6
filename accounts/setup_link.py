"""The one-time link to the set-up page of a site that others can reach."""

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from chat.models import Installation


def link() -> str:
    """The whole address; it works until somebody has set the site up, and never after a restore from a backup."""
    return f"{settings.SITE_URL}/set-up/{token()}/"


def token() -> str:
    epoch = Installation.objects.values_list("epoch", flat=True).get()
    return salted_hmac("accounts.setup_link", str(epoch), algorithm="sha256").hexdigest()


def holds(given: str) -> bool:
    return constant_time_compare(given, token())


def is_set_up() -> bool:
    return Installation.objects.filter(set_up_at__isnull=False).exists()
