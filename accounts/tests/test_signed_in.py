"""Where one is signed in: what is noted, listed, ended, and what a new password leaves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import sessions, signed_in
from accounts.models import User
from chat import actions
from chatsite.testing import PASSWORD

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1"
LIST = "/accounts/sessions/"


@pytest.fixture(autouse=True)
def _anew() -> None:
    signed_in.recently.forget()


@pytest.fixture
def ada(in_use: None, make_person: Callable[..., User]) -> User:
    return make_person("ada", email="ada@example.org")


def browser(agent: str = FIREFOX, address: str = "203.0.113.7") -> Client:
    client = Client(REMOTE_ADDR=address, headers={"user-agent": agent})
    answer = client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    assert answer.status_code == 302, "the premise"
    return client


def is_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


def row_of(client: Client) -> UserSession:
    return UserSession.objects.get(session_key=client.session.session_key)


def page_of(client: Client) -> str:
    return client.get(LIST).content.decode()


def test_signing_in_is_noted(ada: User) -> None:
    row = row_of(browser(PHONE, "198.51.100.9"))
    assert (row.user, row.ip, row.user_agent) == (ada, "198.51.100.9", PHONE)


def test_so_is_what_knows_nothing_of_allauth(ada: User) -> None:
    """Set-up and the demo's links call Django's own login."""
    client = Client()
    client.force_login(ada)
    assert not UserSession.objects.exists()
    client.get("/settings/")
    assert row_of(client).user == ada


def test_the_page_tells_device_address_and_this_one(ada: User) -> None:
    here, phone = browser(), browser(PHONE, "198.51.100.9")
    page = page_of(here)
    first, second = page.split('<li class="session">')[1:]
    assert "Firefox on Linux" in first
    assert "203.0.113.7" in first
    assert "This one" in first
    assert "Safari on iPhone" in second
    assert "198.51.100.9" in second
    assert "This one" not in second
    assert "session_end" not in first
    assert "/end/" not in first
    assert "/end/" in second
    assert "Sign out everywhere else" in page
    phone.post("/accounts/logout/")
    assert "nowhere else" in page_of(here)
    assert UserSession.objects.count() == 1


def test_one_is_signed_out(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    here, phone, third = browser(), browser(PHONE), browser()
    rung: list[int] = []
    monkeypatch.setattr("chat.live.doorbell.ring_user", rung.append)
    held = sessions.identify(phone.session.session_key)
    assert held is not None
    answer = here.post(f"{LIST}{row_of(phone).pk}/end/")
    assert answer["Location"] == LIST
    assert [is_in(each) for each in (here, phone, third)] == [True, False, True]
    assert sessions.lapsed([held]) == {held: 4401}
    assert rung == [ada.pk], "open sockets look again at once"


def test_signing_out_this_one_is_signing_out(ada: User) -> None:
    here, other = browser(), browser()
    assert here.post(f"{LIST}{row_of(here).pk}/end/")["Location"] == "/"
    assert [is_in(here), is_in(other)] == [False, True]


@pytest.mark.parametrize("whose", ["bob's", "nobody's", "ended"])
def test_only_ones_own(whose: str, ada: User, make_person: Callable[..., User]) -> None:
    here, bob = browser(), Client()
    bob.force_login(make_person("bob"))
    bob.get("/settings/")
    place = {"bob's": row_of(bob).pk, "nobody's": 2**60, "ended": row_of(here).pk + 10}[whose]
    assert here.post(f"{LIST}{place}/end/").status_code == 404
    assert is_in(bob)


def test_everywhere_else(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    here, phone = browser(), browser(PHONE)
    unnoted = Client()
    unnoted.force_login(ada)
    began, old = row_of(here).created_at, here.session.session_key
    stolen = Client()
    stolen.cookies["sessionid"] = str(old)
    assert is_in(stolen), "the premise: who has the cookie is in"
    rung: list[int] = []
    monkeypatch.setattr("chat.live.doorbell.ring_user", rung.append)
    monkeypatch.setattr("django.db.transaction.on_commit", lambda job, **_options: job())
    here.post(f"{LIST}end-others/")
    assert [is_in(each) for each in (here, phone, unnoted, stolen)] == [True, False, False, False]
    assert rung == [ada.pk]
    assert here.session.session_key != old
    [row] = UserSession.objects.all()
    assert (row.session_key, row.created_at) == (here.session.session_key, began), "it is still the same browser"


def test_a_new_password_leaves_this_one(ada: User) -> None:
    here, phone = browser(), browser(PHONE)
    began = row_of(here).created_at
    stolen = Client()
    stolen.cookies["sessionid"] = str(here.session.session_key)
    assert is_in(stolen), "the premise: who has the cookie is in"
    new = "orange-lighthouse-3"
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert [is_in(here), is_in(phone), is_in(stolen)] == [True, False, False]
    assert page_of(here).count('<li class="session">') == 1
    assert Session.objects.count() == 1
    assert UserSession.objects.get().created_at == began


def test_seen_is_written_once_a_minute(ada: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    client = browser()
    client.get("/settings/")
    before = row_of(client).last_seen_at
    client.get("/settings/")
    assert row_of(client).last_seen_at == before
    UserSession.objects.update(last_seen_at=before - timedelta(seconds=61), ip="192.0.2.1")
    signed_in.recently.forget()
    client.get("/settings/")
    row = row_of(client)
    assert row.last_seen_at >= before
    assert row.ip == "203.0.113.7", "and from where it is used now"


def test_another_process_wrote_it_just_now(ada: User) -> None:
    client = browser()
    before = row_of(client).last_seen_at
    signed_in.recently.forget()
    client.get("/settings/")
    assert row_of(client).last_seen_at == before


def test_a_database_that_refuses_costs_no_page(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser()
    signed_in.recently.forget()

    def refuse(request: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(signed_in, "note", refuse)
    assert is_in(client)


def test_what_no_longer_holds_is_not_listed(ada: User, settings: Settings) -> None:
    here, expired, stale = browser(), browser(PHONE), browser(PHONE)
    Session.objects.filter(pk=expired.session.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))
    data = stale.session
    data["_auth_user_hash"] = "of an older password"
    data.save()
    assert page_of(here).count('<li class="session">') == 1


def test_the_list_and_the_sessions_are_bounded(
    ada: User, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(signed_in, "KEPT", 6)
    monkeypatch.setattr(signed_in, "SHOWN", 4)
    browsers = [browser() for _number in range(8)]
    assert [is_in(each) for each in browsers] == [False] * 2 + [True] * 6
    with django_assert_max_num_queries(12):
        page = page_of(browsers[-1])
    assert page.count('<li class="session">') == 4
    assert "Only the ones seen last" in page


@pytest.mark.parametrize("agent", ["", "x" * 3000, "\0nul", "<script>alert(1)</script>", "🦊" * 400, "Mozilla/5.0"])
def test_whatever_a_browser_calls_itself(agent: str, ada: User) -> None:
    client = Client(HTTP_USER_AGENT=agent)
    client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    page = page_of(client)
    assert "Unknown device" in page
    assert "<script>alert" not in page


def test_what_is_over_is_swept(ada: User) -> None:
    here, expired, orphan = browser(), browser(), browser()
    Session.objects.filter(pk=expired.session.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))
    Session.objects.filter(pk=orphan.session.session_key).delete()
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(hours=2))
    assert sessions.sweep() == 3
    assert sessions.sweep() == 0
    assert [row.session_key for row in UserSession.objects.all()] == [here.session.session_key]
    assert is_in(here)


def test_the_youngest_rows_are_left_alone(ada: User) -> None:
    UserSession.objects.create(user=ada, session_key="a" * 32, ip="192.0.2.1", user_agent="")
    assert sessions.sweep() == 0


def test_moderators_end_all(ada: User, warden: User) -> None:
    """What ends sessions without allauth leaves none in the list either."""
    here = browser()
    actions.close_sessions(actor=warden, user_id=ada.pk, reason="Stolen laptop")
    assert not is_in(here)
    again = browser()
    assert page_of(again).count('<li class="session">') == 1


def test_what_was_here_recently_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    recently = signed_in.Recently(limit=2)
    assert [recently.first(key) for key in ("a", "a", "b", "c", "c", "a")] == [True, False, True, True, False, True]
    now[0] = signed_in.NOTED_EVERY
    assert recently.first("c")
