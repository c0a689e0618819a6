"""Which language a page, a mail and a refusal are in: the person's, the browser's, the site's."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import translation
from django.utils.formats import date_format
from pytest_django import Settings

from accounts import languages
from accounts.models import User
from accounts.tests.mailing import RESET
from chat import actions
from chat.actions import Post
from chat.errors import ChatError
from chat.models import Message, Room
from chatsite.testing import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_use")]

GERMAN = {"HTTP_ACCEPT_LANGUAGE": "de-CH, en;q=0.5"}
SIGN_IN = "/accounts/login/"


def page(client: Client, place: str = SIGN_IN) -> str:
    return client.get(place).content.decode()


def speaks(client: Client, place: str = SIGN_IN) -> str:
    return page(client, place).split('<html lang="')[1][:2]


def choose(client: Client, language: str, **fields: str) -> Any:
    return client.post("/language/", {"language": language, **fields})


def person(handle: str, make_person: Callable[..., User], language: str = "de") -> Client:
    client = Client()
    sign_in(client, make_person(handle, language=language))
    return client


# --- Who is signed out


def test_the_browser_says_it_until_somebody_chooses() -> None:
    german = Client(**GERMAN)
    assert speaks(german) == "de"
    assert "Passwort vergessen?" in page(german)
    assert "Forgotten your password?" not in page(german)
    assert choose(german, "en", next=SIGN_IN)["Location"] == SIGN_IN
    assert speaks(german) == "en"
    assert "Forgotten your password?" in page(german)


def test_every_page_of_the_door_offers_them() -> None:
    for place in (SIGN_IN, "/", "/accounts/signup/", RESET):
        text = page(Client(**GERMAN), place)
        assert '<button type="submit" name="language" value="en" lang="en">English</button>' in text, place
        assert 'value="de" lang="de" aria-current="true">Deutsch</button>' in text, place


def test_a_browser_that_wants_something_else_gets_the_sites(settings: Settings) -> None:
    assert speaks(Client(HTTP_ACCEPT_LANGUAGE="tlh")) == "en"
    settings.LANGUAGE_CODE = "de"
    assert speaks(Client(HTTP_ACCEPT_LANGUAGE="tlh")) == "de"


@pytest.mark.parametrize("language", ["", "tlh", "DE", "de-CH", "../de", "d" * 5000])
def test_only_languages_there_are(language: str) -> None:
    assert choose(Client(), language).status_code == 400


@pytest.mark.parametrize("place", ["", "https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_it_leads_nowhere_else(place: str) -> None:
    assert choose(Client(), "de", next=place)["Location"] == "/"


def test_the_choice_is_kept_for_this_site_alone() -> None:
    cookie = choose(Client(), "de").cookies["language"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 31536000)


def test_a_host_that_is_not_ours_is_refused_in_the_readers_language(settings: Settings) -> None:
    answer = Client(**GERMAN).get("/", headers={"host": "elsewhere.example"})
    assert answer.status_code == 400
    assert "Diese Website antwortet unter einer anderen Adresse." in answer.content.decode()


def test_the_choice_goes_into_the_account() -> None:
    chosen, left = Client(), Client(**GERMAN)
    choose(chosen, "de")
    for client, handle in ((chosen, "eve"), (left, "ivo")):
        given = {"name": handle, "username": handle, "password1": "violet-umbrella-8"}
        assert client.post("/accounts/signup/", given).status_code == 302
    assert dict(User.objects.values_list("handle", "language")) == {"eve": "de", "ivo": "", "system": ""}


# --- People


def test_a_persons_choice_counts_more_than_the_browser(make_person: Callable[..., User]) -> None:
    client = person("ines", make_person)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    choose(client, "en")
    assert speaks(client, "/settings/") == "de"
    assert "Deine Einstellungen" not in page(client, "/settings/")
    assert 'name="language"' in page(client, "/settings/"), "the field of the form"
    assert 'class="languages"' not in page(client, "/settings/"), "it would change nothing"


def test_changed_in_the_settings_it_holds_at_once(make_person: Callable[..., User]) -> None:
    client = person("ines", make_person, "")
    wish = {"name": "Ines", "theme": "auto"}
    told = client.post("/settings/", {**wish, "language": "de"}, follow=True).content.decode()
    assert "Deine Einstellungen sind gespeichert." in told
    assert '<option value="de" selected>Deutsch</option>' in told
    told = client.post("/settings/", {**wish, "language": ""}, follow=True).content.decode()
    assert "Your settings are kept." in told
    assert client.post("/settings/", {**wish, "language": "tlh"}).status_code == 400


def test_a_language_that_went_leaves_it_to_the_browser(make_person: Callable[..., User]) -> None:
    assert speaks(person("ines", make_person, "tlh"), "/settings/") == "en"


def test_refusals_for_programs(make_person: Callable[..., User]) -> None:
    answer = person("ines", make_person).get("/rooms/nowhere/", headers={"accept": "application/json"})
    assert answer.json()["detail"] == "Diesen Raum gibt es nicht, oder er ist nicht für dich."


def test_what_people_said_stays_as_they_said_it(
    make_person: Callable[..., User], bob: User, room: Room, say: Callable[..., Message]
) -> None:
    """The fragment is the same for everybody, in the site's language; the browser says its words in the reader's."""
    message = say(bob, room, "Sign in, please")
    actions.delete_message(actor=bob, message_id=message.pk)
    say(bob, room, "Sign in, please")
    client = person("ines", make_person)
    client.post(f"/rooms/{room.slug}/join/")
    text = page(client, f"/rooms/{room.slug}/")
    assert "Sign in, please" in text
    assert "Deleted by <bdi" in text
    assert '"hidden_by": "Ausgeblendet von {name}"' in text
    assert "Senden" in text


def test_several_posts_of_one_commit_are_refused_each_in_its_own(bob: User, room: Room) -> None:
    posts = [Post(bob, uuid.uuid4(), " ", language) for language in ("de", "en", "")]
    answers = actions.post_messages(room_id=room.pk, posts=posts)
    details = [answer.detail for answer in answers if isinstance(answer, ChatError)]
    assert details == ["Die Nachricht ist leer.", "The message is empty.", "The message is empty."]


def test_dates_are_written_as_in_the_language() -> None:
    at = datetime(2026, 3, 5, 7, 41, tzinfo=UTC)
    written = {}
    for language in ("en", "de"):
        with translation.override(language):
            written[language] = [
                date_format(at, name) for name in ("DATE_FORMAT", "DATETIME_FORMAT", "MONTH_DAY_FORMAT")
            ]
    assert written["en"] == ["5 Mar 2026", "5 Mar 2026, 07:41", "5 Mar"]
    assert written["de"] == ["5. Mär 2026", "5. Mär 2026, 07:41", "5. Mär"]


# --- Mails


@pytest.mark.usefixtures("email_url")
@pytest.mark.urls("accounts.tests.mail_urls")
class TestMails:
    def subject(self, client: Client, address: str) -> str:
        client.post(RESET, {"email": address})
        return str(mail.outbox[-1].subject)

    def test_in_the_receivers_language(self, proven: User) -> None:
        User.objects.filter(pk=proven.pk).update(language="de")
        assert self.subject(Client(HTTP_ACCEPT_LANGUAGE="en"), "ada@example.org") == "Ein neues Passwort"
        assert "hoffentlich du" in mail.outbox[-1].body

    def test_without_one_in_that_of_the_browser(self, proven: User) -> None:
        assert self.subject(Client(**GERMAN), "ada@example.org") == "Ein neues Passwort"
        assert self.subject(Client(), "ada@example.org") == "A new password"

    def test_by_somebody_else_in_the_sites(self, proven: User, rf: Any, make_person: Callable[..., User]) -> None:
        request = rf.get("/")
        request.user = make_person("boss", language="de")
        with translation.override("de"):
            assert languages.of_mail(proven, request) == "en"
            assert languages.of_mail(request.user, request) == "de"
            assert languages.of_mail(None, request) == "de"
        proven.language = "de"
        assert languages.of_mail(proven, request) == "de"
