"""`manage.py serve`, which is what `./run` starts: prepare what is due, serve, say where."""

import io
import socket
import sys
import threading
import time
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.utils.translation import gettext as _

from accounts import setup_link
from accounts.demo import link as sign_in_link
from chatsite import listening, preparation, processes, supervisor
from chatsite.crew import Crew, end_with_parent, show_life
from chatsite.daphne import Server
from chatsite.farewell import hear_no_more

DEMO_PERSON = "ada"


class Command(BaseCommand):
    help = _("Serve the site until SIGTERM or Ctrl-C.")
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dev", action="store_true", help=_("Debug pages; start again when a file changes."))
        parser.add_argument("--demo", action="store_true", help=_("Throw-away data, and a link that signs in."))
        parser.add_argument("--fd", type=int, help=_("Serve on this inherited listening socket instead of PORT."))
        parser.add_argument("--child", action="store_true", help=SUPPRESS)
        parser.add_argument("--line", type=int, help=SUPPRESS)
        parser.add_argument("--beat", type=int, help=SUPPRESS)

    def handle(self, **options: Any) -> None:
        try:
            self.start(**options)
        except preparation.CannotStart as reason:
            sys.exit(f"chatrooms: {reason}")

    def start(self, *, fd: int | None, child: bool, dev: bool, demo: bool, **options: Any) -> None:
        self.demo = demo
        given = None if fd is None else socket.socket(fileno=fd)
        if given and options["line"] is not None:
            return serve_as_worker(given, *(socket.socket(fileno=options[name]) for name in ("line", "beat")))
        if given and child:
            return self.serve_again(given)
        port = listening.address_of(given)[1] if given else settings.PORT
        self.address = f"http://localhost:{port}"
        with preparation.lock(settings.DATA_DIR, self.address, shared=settings.SEVERAL_PROCESSES):
            listener = given or listening.listen(settings.BIND, port)
            self.prepare()
            if dev:
                self.serve_with_children(listener, processes.run_reloading)
            elif settings.WORKERS > 1:
                self.serve_with_children(listener, run_workers)
            else:
                server = Server(application(), listener=listener, on_running=self.announcer(listener))
                work_while(server.run)

    def prepare(self) -> None:
        preparation.prepare(self.say)
        if self.demo:
            self.say(_("Making the demonstration's people and rooms"))
            call_command("seed", stdout=io.StringIO())

    # --- Serving in other processes

    def serve_with_children(self, listener: socket.socket, run: Callable[[list[str], socket.socket], int]) -> None:
        command = [sys.executable, *sys.argv, "--child", "--fd", str(listener.fileno())]
        self.announcer(listener)()
        if code := run(command, listener):
            sys.exit(code)

    def serve_again(self, listener: socket.socket) -> None:
        """In the reloader's child."""
        preparation.prepare(self.say)  # the change may have brought a migration
        server = processes.stop_at_exit(Server(application(), listener=listener, signal_handlers=False))
        processes.serve_reloading(partial(work_while, server.run))

    # --- Saying so

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def announcer(self, listener: socket.socket) -> Callable[[], None]:
        """Starts the wait for the first page in a thread; its answer ends the output with the address."""
        arguments = (listening.address_of(listener), self.last_lines())
        return threading.Thread(target=self.announce, args=arguments, daemon=True).start

    def last_lines(self) -> list[str]:
        if self.demo:
            return [sign_in_link(DEMO_PERSON)]
        if settings.REACHABLE and not setup_link.is_set_up():
            link = setup_link.link()
            return [
                _("Set the site up here; the link works until somebody has: %(link)s") % {"link": link},
                self.address,
            ]
        return [self.address]

    def announce(self, place: tuple[str, int], lines: list[str]) -> None:
        try:
            status = listening.answers(place, settings.SITE_URL)
        except TimeoutError:
            return self.announce(place, lines)  # on a busy machine, workers take their time to start
        except ConnectionResetError:  # who was asked has died; where there are several, another answers
            time.sleep(1)
            return self.announce(place, lines)
        except OSError:
            return  # stopped before it answered
        if status >= 500:
            self.say(_("The first page fails with status %(status)s; the log above says why.") % {"status": status})
        else:
            supervisor.tell("READY=1")
        self.say("\n".join(lines))


def run_workers(command: Sequence[str], listener: socket.socket) -> int:
    database: Any = connection  # of PostgreSQL, with a pool: preparing was all this process asks of it
    database.close()
    database.close_pool()
    prepare = [sys.executable, sys.argv[0], "prepare"]
    code = Crew(command, prepare=prepare, count=settings.WORKERS, listener=listener).run()
    hear_no_more()
    return code


def serve_as_worker(listener: socket.socket, line: socket.socket, beat: socket.socket) -> None:
    end_with_parent()
    server = Server(application(), listener=listener, line=line, on_running=lambda: show_life(server.loop, beat))
    work_while(server.run)


def work_while(serve: Callable[[], None]) -> None:
    """Serve, with a thread beside it that makes the downloads and sweeps up."""
    from chat.worker import Worker

    with Worker().at_work():
        serve()


def application() -> Any:
    # Imported late: it makes the application, and Django must be set up before.
    from chatsite.asgi import application as asgi_application

    return asgi_application
