"""`./run test`: every check and test in order, up to the first that fails.

Nothing: all of it. `quick`: what needs no server, no browser and no table of attacks, in under a minute. `real` and
pytest's own arguments: those tests on PostgreSQL and Redis. `uvicorn`: all that runs sockets, and chaos, on that server
in place of ours. Only pytest's arguments: those tests, on SQLite in one process.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from chatsite.testing import seeded, serving
from chatsite.testing.nginx import Nginx
from chatsite.testing.servers import Missing, PostgreSQL, Redis, find_chromium, provided
from chatsite.testing.steps import Step, StepFailed, side_by_side, watched

Environment = Mapping[str, str]

BROWSER = "chat/tests/browser"
ATTACKS = "chat/tests/attacks"  # some thousand cases, a row of the tables each
# What the record and the bell decide: told again on the real ones.
RECORD_AND_BELL = (
    *("accounts", "chat"),
    *(f"chatsite/tests/test_{name}.py" for name in ("cache", "doctor_servers", "layer")),
)
# These ask neither of the two, start a server of their own on the embedded default, or are tables of who may do what:
# the database's part in that is told by those that stay (races, limits, wrong types and words, sessions).
SAME_ON_BOTH = (
    *("accounts/tests/test_connections.py", "accounts/tests/test_devices.py", "accounts/tests/test_languages.py"),
    "accounts/tests/test_passkeys.py",
    "accounts/tests/test_picture_bounds.py",
    "accounts/tests/test_pictures.py",
    *("accounts/tests/test_providers.py", "accounts/tests/test_reauth.py"),
    "accounts/tests/test_social.py",
    "chat/tests/attacks/test_bodies.py",
    "chat/tests/attacks/test_desk.py",
    "chat/tests/attacks/test_desk_pages.py",
    "chat/tests/attacks/test_fuzz.py",
    "chat/tests/attacks/test_oauth.py",
    "chat/tests/attacks/test_others_things.py",
    "chat/tests/attacks/test_text.py",
    "chat/tests/chaos/test_chaos.py",
    *("chat/tests/chaos/test_client.py", "chat/tests/chaos/test_oracle.py"),
    "chat/tests/chaos/test_room.py",
    "chat/tests/chaos/test_watch.py",
    *("chat/tests/doors/test_admin_people.py", "chat/tests/doors/test_admin_person.py"),
    "chat/tests/doors/test_every_word.py",
    "chat/tests/doors/test_headers.py",
    "chat/tests/doors/test_house.py",
    *("chat/tests/doors/test_log_words.py", "chat/tests/doors/test_moderation.py", "chat/tests/doors/test_registry.py"),
    "chat/tests/doors/test_url_table.py",
    "chat/tests/doors/test_visibility.py",
    "chat/tests/live/test_bounds.py",
    "chat/tests/live/test_flood.py",
    "chat/tests/live/test_handshake_limits.py",
    "chat/tests/live/test_lanes.py",
    *("chat/tests/live/test_limits.py", "chat/tests/live/test_on_uvicorn.py", "chat/tests/live/test_protocol.py"),
    "chat/tests/live/test_storm.py",
    "chat/tests/live/test_trouble.py",
    "chat/tests/live/test_worker.py",
    "chat/tests/model/test_following.py",
    "chat/tests/model/test_model.py",
    "chat/tests/model/test_sending.py",
    *("chat/tests/test_boundaries.py", "chat/tests/test_docs.py", "chat/tests/test_formatting.py"),
)
# What another ASGI server must pass: every socket of these tests goes through it.
SOCKETS = (
    "chat/tests/live",
    "chat/tests/chaos",
    *("chat/tests/attacks/test_getting_in.py", "chat/tests/attacks/test_socket.py", "chat/tests/attacks/test_words.py"),
)
EMBEDDED = {"TEST_DATABASE_URL": "", "TEST_REDIS_URL": ""}


def main(arguments: Sequence[str]) -> int:
    os.chdir(Path(__file__).resolve().parents[2])
    try:
        if not arguments:
            return everything()
        if arguments[0] == "quick":
            return quick(arguments[1:])
        if arguments[0] == "real":
            return real(arguments[1:])
        if arguments[0] == "uvicorn":
            return uvicorn()
        return subprocess.call(pytest(*arguments))
    except StepFailed as failure:
        print(f"\nrun test: FAILED at: {failure}", flush=True)
        return 1
    except KeyboardInterrupt:
        return 130


def everything() -> int:
    started = time.monotonic()
    missing: list[str] = []
    told: list[Step] = []
    with data_folder() as checks, a_place_for_the_town():
        side_by_side([*lint(), *checks_of(checks), deploy_check(checks), collected()])
        for part in (on_the_embedded_default, on_the_real_ones, in_the_browser):
            try:
                told.append(part())
            except Missing as reason:
                missing.append(str(reason))
    missing += without_nginx()
    return closing(told, missing, started)


def quick(arguments: Sequence[str]) -> int:
    started = time.monotonic()
    with data_folder() as checks:
        side_by_side([*lint(), *checks_of(checks)])
    chosen = "not browser and not live and not postgres and not redis and not slow"
    left_out = [*without_browser(), f"--ignore={ATTACKS}"]
    step = Step("quick tests", pytest(*parallel(), "-m", chosen, *left_out, *arguments), EMBEDDED)
    watched(step)
    return closing([step], [], started)


def real(arguments: Sequence[str]) -> int:
    try:
        with real_servers() as urls:
            watched(Step("on PostgreSQL and Redis", pytest(*arguments), urls))
    except Missing as reason:
        print(f"run test: {reason}")
        return 1
    return 0


def uvicorn() -> int:
    started = time.monotonic()
    os.environ[serving.VARIABLE] = "uvicorn"
    with a_place_for_the_town():
        steps = [step(*SOCKETS) for step in (on_the_embedded_default, on_the_real_ones)]
    return closing(steps, [], started)


# --- The steps -------------------------------------------------------------------------------------------------------


def lint() -> list[Step]:
    return [
        Step("ruff check", python("ruff", "check", "--output-format=concise", ".")),
        Step("ruff format --check", python("ruff", "format", "--check", "--quiet", ".")),
    ]


def checks_of(environment: Environment) -> list[Step]:
    return [
        Step("makemigrations --check", manage("makemigrations", "--check", "--dry-run"), environment),
        Step("mypy", python("mypy", "--no-error-summary"), environment),
    ]


def deploy_check(environment: Environment) -> Step:
    """Settings as in production behind one proxy: Django's own list of omissions, warnings included."""
    production = {
        "SITE_URL": "https://chat.example.org",
        "SECRET_KEY": "".join(chr(33 + number % 90) for number in range(0, 700, 7)),
        "DATABASE_URL": "postgres://chat:secret@127.0.0.1:1/chat",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "TRUSTED_PROXIES": "1",
        "WORKERS": "2",
    }
    command = manage("check", "--deploy", "--fail-level", "WARNING")
    return Step("check --deploy", command, {**environment, **production})


def collected() -> Step:
    """Beside the others, which keep one processor busy: what it compiles, no later process has to."""
    return Step("every test is found", pytest("--collect-only", "--quiet"), EMBEDDED)


def on_the_embedded_default(*paths: str) -> Step:
    chosen = "not browser and not postgres and not redis"
    command = pytest(*parallel(5), "-m", chosen, *without_browser(), *paths)
    return seen(Step("tests on SQLite and the in-process layer", command, EMBEDDED))


def on_the_real_ones(*paths: str) -> Step:
    with real_servers() as urls:
        ignored = [f"--ignore={path}" for path in SAME_ON_BOTH]
        chosen = paths or RECORD_AND_BELL
        command = pytest(*parallel(4), "-m", "not browser", *without_browser(), *ignored, *chosen)
        return seen(Step("tests on PostgreSQL and Redis", command, urls))


def without_nginx() -> list[str]:
    """Its tests stand among the others and skip themselves where there is none."""
    try:
        Nginx.find()
    except Missing as reason:
        return [f"the frame behind nginx did not run: {reason}"]
    return []


def in_the_browser() -> Step:
    chromium = find_chromium()
    if chromium is None:
        raise Missing("the browser journeys did not run: there is no Chromium (set CHROMIUM to one)")
    # In processes of their own: sync Playwright keeps an event loop running to the end of its process.
    return seen(Step("journeys in Chromium", pytest(*parallel(3), BROWSER), {**EMBEDDED, "CHROMIUM": chromium}))


# --- What they are made of -------------------------------------------------------------------------------------------


def python(*words: str) -> list[str]:
    return [sys.executable, "-m", *words]


def manage(*words: str) -> list[str]:
    return [sys.executable, "manage.py", *words]


def pytest(*words: str) -> list[str]:
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    return python("pytest", *colour, *words)


def parallel(processes: int = 2) -> list[str]:
    """More than two where tests mostly wait for clocks and servers. Files keep the order of chatsite.testing.order.

    A process that dies ends the run: xdist gives another what is left of its file and may wait for ever.
    """
    return ["-n", str(processes), "--dist", "loadfile", "--no-loadscope-reorder", "--max-worker-restart", "0"]


def without_browser() -> list[str]:
    return [f"--ignore={BROWSER}"]


def seen(step: Step) -> Step:
    watched(step)
    return step


@contextmanager
def data_folder() -> Iterator[Environment]:
    with tempfile.TemporaryDirectory(prefix="chat-checks-") as folder:
        yield {"DATA_DIR": folder}


@contextmanager
def a_place_for_the_town() -> Iterator[None]:
    """Where the steps find the same one; the first that needs it makes it."""
    with tempfile.TemporaryDirectory(prefix="chat-town-") as folder:
        os.environ[seeded.PLACE] = folder
        try:
            yield
        finally:
            del os.environ[seeded.PLACE]


@contextmanager
def real_servers() -> Iterator[Environment]:
    kinds: dict[str, Callable[[], Redis | PostgreSQL]] = {"TEST_DATABASE_URL": PostgreSQL, "TEST_REDIS_URL": Redis}
    with ExitStack() as stack:
        urls = {name: stack.enter_context(provided(name, kind)) for name, kind in kinds.items()}
        yield urls


def closing(steps: Sequence[Step], missing: Sequence[str], started: float) -> int:
    """The last lines: each pytest run's own closing line, the time of all, and what this machine could not show."""
    print()
    for step in steps:
        print(step.verdict())
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    print(f"\nrun test: all that could run passed in {minutes} min {seconds} s" if missing else
          f"\nrun test: everything passed in {minutes} min {seconds} s")  # fmt: skip
    for reason in missing:
        print(f"run test: NOT RUN: {reason}", flush=True)
    return 1 if missing and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
