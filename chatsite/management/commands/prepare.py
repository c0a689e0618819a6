"""`manage.py prepare`: what `serve` does before it serves, for processes that do not: gunicorn's, a container's."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from chatsite import preparation


class Command(BaseCommand):
    help = _("Migrate the database and collect the static files, where that is due.")
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        try:
            preparation.prepare(self.stdout.write)
        except preparation.CannotStart as reason:
            sys.exit(f"chatrooms: {reason}")
