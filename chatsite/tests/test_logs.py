"""Log lines: with the ids of request and socket, and without a word of anybody's."""

import io
import json
import logging
import sys
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured, RequestAborted
from django.db import IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from redis import RedisError

from accounts.models import User
from chat import actions, trail
from chat.models import Room
from chat.tests.live.conftest import Tab, act, cookie_of
from chatsite import logs

WORDS = "Meet me at the old harbour"


class Lines:
    """What was logged since, as JSON lines."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(logs.JsonLines())

    @property
    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def of(self, logger: str) -> list[dict[str, Any]]:
        return [line for line in self.all if line["logger"] == logger]


@pytest.fixture
def lines() -> Iterator[Lines]:
    found, root = Lines(), logging.getLogger()
    root.addHandler(found.handler)
    yield found
    root.removeHandler(found.handler)


def signed_in(person: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(person)
    return client


# --- Requests --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_change_is_one_line_with_its_id(lines: Lines, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "SLOW_SECONDS", 60.0)  # a busy machine's request is no warning here
    answer = signed_in(bob).post(f"/rooms/{room.slug}/messages/", {"body": WORDS, "client_id": str(uuid.uuid4())})
    assert answer.status_code == 302
    (line,) = lines.all
    assert line.pop("ms") < 60_000
    assert line.pop("time").endswith("+00:00")
    assert line.pop("process")
    assert line.pop("message").startswith("POST /rooms/<slug:slug>/messages/ 302 in ")
    assert line == {
        "level": "info",
        "logger": "chat.trail",
        "request": answer["X-Request-ID"],
        "method": "POST",
        "route": "/rooms/<slug:slug>/messages/",
        "status": 302,
        "person": bob.pk,
    }
    assert WORDS not in lines.stream.getvalue()
    assert room.slug not in lines.stream.getvalue()


@pytest.mark.django_db
def test_reading_that_goes_well_is_no_line(lines: Lines, bob: User, room: Room) -> None:
    assert signed_in(bob).get(f"/rooms/{room.slug}/").status_code == 200
    assert lines.all == []


@pytest.mark.django_db
def test_a_refusal_names_no_room(lines: Lines, mallory: User, private_room: Room) -> None:
    assert signed_in(mallory).get(f"/rooms/{private_room.slug}/members/?q=secret").status_code == 404
    assert signed_in(mallory).get(f"/no/such/{private_room.slug}").status_code == 404
    assert [line["route"] for line in lines.of("chat.trail")] == ["/rooms/<slug:slug>/members/", trail.NO_ADDRESS]
    assert private_room.slug not in lines.stream.getvalue()
    assert "secret" not in lines.stream.getvalue()


@pytest.mark.django_db
def test_what_breaks_is_told_without_its_words(
    lines: Lines, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: Any, **options: Any) -> None:
        try:
            raise KeyError(WORDS)
        except KeyError as error:
            raise ValueError(f"cannot store {WORDS!r}") from error

    monkeypatch.setattr(actions, "post_message", broken)
    client = signed_in(bob, raise_request_exception=False)
    fields = {"body": WORDS, "client_id": str(uuid.uuid4())}
    answer = client.post(f"/rooms/{room.slug}/messages/", fields)
    assert answer.status_code == 500
    (line,) = lines.of("django.request")
    assert line["message"] == "POST /rooms/<slug:slug>/messages/ 500"
    assert line["request"] == answer["X-Request-ID"]
    kinds = [part for part in line["error"] if ":" not in part]
    assert kinds == ["ValueError", "KeyError"]
    assert any("test_logs.py" in part and part.endswith("broken") for part in line["error"])
    assert WORDS not in lines.stream.getvalue()
    assert room.slug not in lines.stream.getvalue()


@pytest.mark.django_db
def test_a_slow_answer_is_a_warning(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "SLOW_SECONDS", 0.0)
    Client().get("/healthz")
    assert [line["level"] for line in lines.of("chat.trail")] == ["warning"]


@pytest.mark.parametrize(
    ("trusted", "given", "kept"),
    [
        (1, "6f0e1c2d3a4b5c6d7e8f", True),
        (0, "6f0e1c2d3a4b5c6d7e8f", False),
        (1, 'x" {"level": "fake"}', False),
        (1, "short", False),
        (1, "a" * 65, False),
    ],
    ids=["of our proxy", "of nobody we know", "with a line in it", "too short", "too long"],
)
def test_the_id_of_a_trusted_proxy_is_kept(trusted: int, given: str, kept: bool, settings: Any) -> None:
    settings.TRUSTED_PROXIES = trusted
    answer = Client().get("/healthz", headers={"x-request-id": given})
    assert (answer["X-Request-ID"] == given) is kept
    assert trail.GIVEN.fullmatch(answer["X-Request-ID"])


def test_no_two_requests_share_an_id() -> None:
    assert len({Client().get("/healthz")["X-Request-ID"] for _ in range(5)}) == 5
    assert trail.request_id.get() == ""


# --- Sockets ---------------------------------------------------------------------------------------------------------


@pytest.mark.live
@pytest.mark.django_db(transaction=True)
async def test_all_of_one_socket_carries_its_id(
    lines: Lines, alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the loop and in the threads that work for it; what is shared names no socket."""

    def broken(**options: Any) -> None:
        logging.getLogger("a.thread").info("at work")
        raise RuntimeError(WORDS)

    monkeypatch.setattr(actions, "edit_message", broken)
    monkeypatch.setattr(actions, "post_messages", broken)
    tabs = [await Tab(await act(cookie_of, alice)).connect() for _ in range(2)]
    for tab in tabs:
        assert (await tab.ask("message.edit", message=1, body=WORDS))["code"] == "unavailable"
    assert (await tabs[0].post(room, WORDS))["code"] == "unavailable"
    for tab in tabs:
        await tab.leave()
    opened = [line["socket"] for line in lines.of("chat.consumers") if line["message"] == "socket opened"]
    assert len(set(opened)) == 2
    assert [line.get("socket") for line in lines.of("a.thread")] == [*opened, None]  # a commit is several sockets'
    failed = [line for line in lines.of("chat.consumers") if line["level"] == "error"]
    assert [line["socket"] for line in failed] == [*opened, opened[0]]
    ended = [line for line in lines.of("chat.consumers") if line["message"].startswith("socket of person")]
    assert [(line["socket"], line["person"]) for line in ended] == [(name, alice.pk) for name in opened]
    assert WORDS not in lines.stream.getvalue()
    assert trail.socket_id.get() == ""


# --- The lines themselves --------------------------------------------------------------------------------------------


def record(message: object = "It broke", *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    told = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("some.place", logging.ERROR, __file__, 1, message, arguments, told)


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError(f'DETAIL: Key (body)=("{WORDS}") already exists'),
        KeyError(WORDS),
        UnicodeEncodeError("utf-8", WORDS, 0, 1, "no"),
        ValueError(WORDS),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("form", [logs.JsonLines, logs.PlainLines])
def test_an_errors_words_may_be_somebodys(form: type[logging.Formatter], error: Exception) -> None:
    try:
        raise RuntimeError(WORDS) from error
    except RuntimeError as raised:
        told = form().format(record("%r then %s", error, raised, error=raised))
    assert "Meet" not in told
    assert type(error).__name__ in told
    assert f"{type(error).__name__} then RuntimeError" in told


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("connection refused"),
        ConnectionResetError(104, "reset by peer"),
        ImproperlyConfigured("PORT: expected a number"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_errors_words_about_the_machine_are_told(error: Exception) -> None:
    assert str(error) in json.loads(logs.JsonLines().format(record(error=error)))["error"][0]


@pytest.mark.parametrize("error", [OperationalError("server closed the connection"), RedisError("it is gone")])
def test_a_part_that_is_away_is_one_line(error: Exception) -> None:
    """A database that restarts would fill the log with the same places again and again."""
    try:
        raise error from ConnectionResetError(104, "reset by peer")
    except type(error) as raised:
        away = record(error=raised)
    assert json.loads(logs.JsonLines().format(away))["error"] == [logs.describe(error)]
    assert len(logs.PlainLines().format(away).splitlines()) == 2


def test_a_client_that_went_away_is_no_fault(lines: Lines) -> None:
    """Found by chaos: Django's listener is left with it when the server ends the request first."""
    for error in (RequestAborted(), ValueError()):
        logging.getLogger("asyncio").error("Task exception was never retrieved", exc_info=error)
    assert [line["error"] for line in lines.of("asyncio")] == [["ValueError"]]


def test_nobody_draws_on_the_operators_terminal() -> None:
    told = logs.PlainLines().format(record("name \x1b[2J\r\n2026 ERROR forged \u202e %s", "\x9b31m"))
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "\n" not in told
    assert "\x9b" not in told
    assert "\\x1b[2J\\r\\n2026" in told
    assert logs.JsonLines().format(record("a\nb")).count("\n") == 0


def test_djangos_own_line_about_a_request_has_no_address() -> None:
    request = HttpRequest()
    request.method, request.path = "GET", "/rooms/secret-plan/"
    about = record("Not Found: %s", request.path)
    about.request, about.status_code = request, 404
    assert json.loads(logs.JsonLines().format(about))["message"] == f"GET {trail.NO_ADDRESS} 404"


@pytest.mark.parametrize(
    ("form", "watched", "formatter", "notes"),
    [
        ("auto", True, "PlainLines", "WARNING"),
        ("auto", False, "JsonLines", "INFO"),
        ("json", True, "JsonLines", "INFO"),
        ("line", False, "PlainLines", "WARNING"),
    ],
    ids=["terminal", "file", "json on a terminal", "lines in a file"],
)
def test_lines_on_a_terminal_and_json_elsewhere(
    form: str, watched: bool, formatter: str, notes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: watched, raising=False)
    chosen = logs.config(form, debug=False)
    assert chosen["formatters"]["line"]["()"] == f"chatsite.logs.{formatter}"
    assert chosen["loggers"]["chat.trail"]["level"] == notes


def test_a_view_that_raises_leaves_no_id_behind() -> None:
    def broken(request: HttpRequest) -> HttpResponse:
        raise RuntimeError

    middleware: Callable[[HttpRequest], Any] = trail.Trail(broken)
    with pytest.raises(RuntimeError):
        middleware(HttpRequest())
    assert trail.request_id.get() == ""
