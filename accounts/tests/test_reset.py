"""A forgotten password: the mail, its link, and what it does not tell."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db

NEW = {"password1": "orange-lighthouse-3", "password2": "orange-lighthouse-3"}


@pytest.fixture
def ada(make_person: Callable[..., User]) -> User:
    return make_person("ada", email="ada@example.org")


def ask(address: str) -> tuple[int, str]:
    answer = Client().post("/accounts/password/reset/", {"email": address})
    return answer.status_code, answer["Location"]


def link_in(mail: str) -> str:
    whole = mail.replace("=\n", "")
    return next(word for word in whole.split() if "/password/reset/key/" in word).removeprefix("http://testserver")


def test_the_mail_leads_to_a_new_password(client: Client, ada: User, mails: Callable[[], list[str]]) -> None:
    signed_in = Client()
    signed_in.force_login(ada)
    ask("Ada@example.org")
    [mail] = mails()
    assert "To: ada@example.org" in mail
    link = link_in(mail)
    form = client.get(link, follow=True)
    client.post(form.redirect_chain[-1][0], NEW)
    ada.refresh_from_db()
    assert ada.check_password(NEW["password1"])
    assert signed_in.get("/settings/").status_code == 302, "whoever had the old password is out"

    again = Client().get(link, follow=True)
    assert "password1" not in again.content.decode(), "the link works once"


def test_unknown_addresses_get_the_same_answer(client: Client, ada: User, mails: Callable[[], list[str]]) -> None:
    assert ask("ada@example.org") == ask("nobody@example.org")


@pytest.mark.parametrize("key", ["1-abc-def", "zzzzzz-bad-key", "1-set-password"])
def test_made_up_links(key: str, client: Client, ada: User) -> None:
    page = client.get(f"/accounts/password/reset/key/{key}/", follow=True)
    assert page.status_code == 200
    assert "password1" not in page.content.decode()
