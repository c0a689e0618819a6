"""Django's `runserver` on our server, with its clean stop; reads DEBUG as on unless it says otherwise."""

import os
import sys
from collections.abc import Callable
from typing import Any

from daphne.management.commands.runserver import Command as DaphneCommand
from django.conf import settings
from django.utils import autoreload

from chatsite import preparation, processes
from chatsite.daphne import Server


class Command(DaphneCommand):
    server_cls: Callable[..., Server] = Server
    default_port = str(settings.PORT)

    def run(self, **options: Any) -> None:
        try:
            self.run_locked(**options)
        except preparation.CannotStart as reason:
            sys.exit(f"chatrooms: {reason}")

    def run_locked(self, **options: Any) -> None:
        if options["use_reloader"] and os.environ.get(autoreload.DJANGO_AUTORELOAD_ENV) == "true":
            self.server_cls = lambda **settings: processes.stop_at_exit(Server(**settings))
            return processes.serve_reloading(lambda: self.inner_run(None, **options))
        with preparation.lock(settings.DATA_DIR, f"http://{self.addr}:{self.port}"):
            if options["use_reloader"]:
                sys.exit(processes.run_reloading(autoreload.get_child_arguments()))
            self.inner_run(None, **options)
