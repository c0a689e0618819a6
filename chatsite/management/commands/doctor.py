"""`manage.py doctor`: what is misconfigured, in plain words."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chatsite import doctor
from chatsite.doctor import Finding, Level


class Command(BaseCommand):
    help = _("Say in plain words what is misconfigured, and what to do. Ends with 1 when something is wrong.")
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        found = []
        for finding in doctor.examine():
            self.tell(finding)
            found.append(finding.level)
        count = found.count(Level.WRONG)
        if count:
            self.stdout.write(ngettext("%d thing is wrong.", "%d things are wrong.", count) % count)
            sys.exit(1)
        self.stdout.write(_("Nothing is wrong."))

    def tell(self, finding: Finding) -> None:
        word = f"{finding.level.value:<5}"
        if finding.level is not Level.OK:
            word = self.style.ERROR(word) if finding.level is Level.WRONG else self.style.WARNING(word)
        self.stdout.write(f"{word}  {finding.what}")
        if finding.advice:
            self.stdout.write(f"       {finding.advice}")
