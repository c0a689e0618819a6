"""`manage.py worker`: works off the queue where no `serve` does, as under another ASGI server."""

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from chat.jobs import work_off
from chat.worker import Worker, sweep_all

ENDS = {signal.SIGTERM, signal.SIGINT}


class Command(BaseCommand):
    help = _("Make downloads and delete accounts as they are asked for, until SIGTERM. `serve` does it by itself.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help=_("Do what is due now, then end."))

    def handle(self, *, once: bool, **options: Any) -> None:
        if once:
            sweep_all()
            number = work_off()
            self.stdout.write(_("Jobs done: %(number)d") % {"number": number})
            return
        # Blocked for all threads to come, so that this one can wait for them instead of being interrupted by them.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
        with Worker().at_work():
            signal.sigwait(ENDS)
