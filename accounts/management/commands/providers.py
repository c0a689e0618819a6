"""`manage.py providers`: which other sites people can sign in by, and what is to be entered there."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from accounts.provider_report import Report, reports


class Command(BaseCommand):
    help = _("List the sites that people can sign in by, and what to enter there. Ends with 1 when something is wrong.")
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        found = reports(settings)
        for report in found:
            self.tell(report)
        if any(report.wrong for report in found):
            sys.exit(1)

    def tell(self, report: Report) -> None:
        state = self.style.SUCCESS(_("on")) if report.is_on else _("off")
        self.stdout.write(f"{report.name}: {state}")
        if not report.is_on:
            self.stdout.write("  " + _("To switch it on, set %(names)s.") % {"names": ", ".join(report.variables)})
            return
        self.stdout.write("  " + _("Callback address to enter there:"))
        for address in report.callbacks:
            self.stdout.write(f"    {address}")
        if report.page:
            self.stdout.write("  " + _("Its page for that: %(page)s") % {"page": report.page})
        for line in report.notes:
            self.stdout.write("  " + self.style.WARNING(line))
        for line in report.wrong:
            self.stdout.write("  " + self.style.ERROR(line))
