"""Links to a new password, by many at once, and sessions that several hands end at once."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils.http import int_to_base36

from accounts import sessions, signed_in
from accounts.models import User
from accounts.resets import ResetTokens
from chat import actions
from chat.tests.attacks.test_twice import races, together
from chatsite.testing import PASSWORD, sign_in

pytestmark = races


def passwords(number: int) -> list[str]:
    return [f"orange-lighthouse-{each}" for each in range(number)]


def chooser(link: str, password: str) -> Callable[[], Any]:
    """A browser that has the form open, as a job that sends it."""
    client = Client()
    form = client.get(link, follow=True).redirect_chain[-1][0]
    given = {"password1": password, "password2": password}
    return lambda: client.post(form, given).status_code


def reset_link(person: User, kind: str) -> str:
    if kind == "mail":
        key = ResetTokens().make_token(person)
        return f"/accounts/password/reset/key/{int_to_base36(person.pk)}-{key}/"
    link = actions.make_reset_link(actor=User.objects.system(), user_id=person.pk, reason="Forgot it")
    return link.removeprefix("http://testserver")


@pytest.mark.parametrize("kind", ["mail", "an administrator's"])
def test_one_of_many_uses_of_one_link_succeeds(kind: str, ada: User) -> None:
    link, wishes = reset_link(ada, kind), passwords(6)
    statuses = together(*(chooser(link, wish) for wish in wishes))
    assert statuses.count(302) == 1
    assert set(statuses) <= {302, 409, 200}, "used already, or found used before it was sent"
    ada.refresh_from_db()
    assert ada.check_password(wishes[statuses.index(302)])


def test_one_of_two_new_passwords_at_once_succeeds(ada: User) -> None:
    def changer(new: str) -> Callable[[], Any]:
        client = Client()
        sign_in(client, ada)
        given = {"oldpassword": PASSWORD, "password1": new, "password2": new}
        return lambda: client.post("/accounts/password/change/", given)

    wishes = passwords(4)
    answers = together(*(changer(wish) for wish in wishes))
    assert max(answer.status_code for answer in answers) < 500
    done = [answer.get("Location") == "/accounts/password/change/" for answer in answers]
    assert done.count(True) == 1, "the others were signed out by it, or told that it was changed meanwhile"
    ada.refresh_from_db()
    assert ada.check_password(wishes[done.index(True)])


def test_everywhere_else_from_two_browsers_at_once(ada: User) -> None:
    """One of the two may be a thief: whoever was first stays, and nobody else."""
    browsers = [Client() for _number in range(4)]
    for client in browsers:
        client.force_login(ada)
        client.get("/settings/")
    statuses = together(*(lambda c=c: c.post("/accounts/sessions/end-others/").status_code for c in browsers))
    assert max(statuses) < 500
    assert [client.get("/settings/").status_code for client in browsers].count(200) == 1


def test_one_session_noted_by_many_at_once_has_one_row(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    client.force_login(ada)
    monkeypatch.setattr(signed_in.Recently, "first", lambda _self, _key: True)  # as in six processes

    def visit() -> int:
        other = Client()
        other.cookies["sessionid"] = str(client.session.session_key)
        return int(other.get("/settings/").status_code)

    assert together(*(visit,) * 6) == [200] * 6
    assert UserSession.objects.count() == 1


def test_sweeps_at_once(ada: User) -> None:
    for _number in range(6):
        Client().force_login(ada)
    Session.objects.update(expire_date="2020-01-01T00:00:00Z")
    assert sum(together(*(sessions.sweep,) * 3)) == 6
    assert not Session.objects.exists()
