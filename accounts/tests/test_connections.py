"""Connecting an account at another site to one's own here, and taking it away again."""

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY as RECORDS
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chat import actions
from chat.models import Room
from chatsite.testing.provider import Provider, Somebody
from chatsite.testing.social import ALL, go_through, person_of, sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_use")]

TAKEN = "There is an account with this address"


class TestConnecting:
    @pytest.fixture
    def here(self, client: Client, bob: User) -> Client:
        client.post("/accounts/login/", {"login": "bob", "password": "correct horse battery"})
        return client

    @pytest.mark.parametrize("name", ALL)
    def test_to_and_fro(self, name: str, here: Client, provider: Provider, bob: User) -> None:
        User.objects.filter(pk=bob.pk).update(email="grace@example.org")
        answer = go_through(here, name, "?process=connect")
        assert answer["Location"] == "/accounts/3rdparty/"
        page = here.get("/accounts/3rdparty/").content.decode()
        assert "lets you in from now on" in page
        assert "grace" in page
        other = Client()
        go_through(other, name)
        assert person_of(other) == "bob"
        kept = SocialAccount.objects.get()
        assert here.post("/accounts/3rdparty/", {"account": kept.pk})["Location"] == "/accounts/3rdparty/"
        assert not SocialAccount.objects.exists()
        assert TAKEN in go_through(Client(), name).content.decode()

    def test_somebody_elses(self, here: Client, provider: Provider) -> None:
        sign_up(Client(), "google")
        go_through(here, "google", "?process=connect")
        assert "opens somebody else" in here.get("/accounts/3rdparty/").content.decode()
        assert SocialAccount.objects.get().user.handle == "grace"
        assert person_of(here) == "bob"

    def test_twice_is_once(self, here: Client, provider: Provider) -> None:
        for _time in range(2):
            go_through(here, "google", "?process=connect")
        assert SocialAccount.objects.count() == 1
        assert "was connected already" in here.get("/accounts/3rdparty/").content.decode()

    def test_ten_are_enough(self, here: Client, provider: Provider, bob: User) -> None:
        SocialAccount.objects.bulk_create(SocialAccount(user=bob, provider="google", uid=str(n)) for n in range(10))
        assert here.post("/accounts/google/login/?process=connect").status_code == 409

    def test_the_last_way_in_stays(self, client: Client, provider: Provider) -> None:
        sign_up(client, "google")
        kept = SocialAccount.objects.get()
        answer = client.post("/accounts/3rdparty/", {"account": kept.pk})
        assert (answer.status_code, "only way in" in answer.content.decode()) == (409, True)
        go_through(client, "github", "?process=connect")
        assert client.post("/accounts/3rdparty/", {"account": kept.pk}).status_code == 302
        other = SocialAccount.objects.get()
        assert client.post("/accounts/3rdparty/", {"account": other.pk}).status_code == 409

    def test_a_provider_that_is_off_is_no_way_in(self, client: Client, provider: Provider, settings: Settings) -> None:
        sign_up(client, "google")
        go_through(client, "github", "?process=connect")
        settings.SOCIALACCOUNT_PROVIDERS = {"google": settings.SOCIALACCOUNT_PROVIDERS["google"]}
        google, github = SocialAccount.objects.order_by("pk")
        page = client.get("/accounts/3rdparty/").content.decode()
        assert page.count('name="account"') == 2, "it is shown, and can be taken away"
        assert client.post("/accounts/3rdparty/", {"account": google.pk}).status_code == 409
        assert client.post("/accounts/3rdparty/", {"account": github.pk}).status_code == 302

    @pytest.mark.usefixtures("with_mail")
    def test_a_code_by_mail_is_a_way_in(self, client: Client, provider: Provider) -> None:
        sign_up(client, "google")
        assert client.post("/accounts/3rdparty/", {"account": SocialAccount.objects.get().pk}).status_code == 302

    @pytest.mark.usefixtures("with_mail")
    def test_one_is_told_by_mail(self, here: Client, provider: Provider, bob: User, settings: Settings) -> None:
        settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
        EmailAddress.objects.create(user=bob, email="bob@example.org", verified=True, primary=True)
        User.objects.filter(pk=bob.pk).update(email="bob@example.org")
        go_through(here, "google", "?process=connect")
        here.post("/accounts/3rdparty/", {"account": SocialAccount.objects.get().pk})
        assert [sent.subject for sent in mail.outbox] == [
            "Google was connected to your account",
            "Google was disconnected from your account",
        ]
        assert all("If this was not you" in str(sent.body) for sent in mail.outbox)

    def test_who_has_no_password_confirms_by_coming_again(self, client: Client, provider: Provider) -> None:
        sign_up(client, "google")
        go_through(client, "github", "?process=connect")
        session = client.session
        session[RECORDS] = [{**record, "at": 0} for record in session[RECORDS]]
        session.save()
        taken = {"account": SocialAccount.objects.get(provider="github").pk}
        answer = client.post("/accounts/3rdparty/", taken, follow=True)
        assert 'action="/accounts/google/login/?process=login&amp;next=%2Faccounts%2F3rdparty%2F"' in (
            answer.content.decode()
        ), answer.redirect_chain
        again = go_through(client, "google", "?process=login&next=/accounts/3rdparty/")
        assert again["Location"] == "/accounts/3rdparty/"
        assert client.post("/accounts/3rdparty/", taken).status_code == 302
        assert SocialAccount.objects.get().provider == "google"

    @pytest.mark.parametrize("account", ["", "x", "0", "-1", "9" * 30, "١"])
    def test_what_is_not_there(self, account: str, here: Client, provider: Provider) -> None:
        assert here.post("/accounts/3rdparty/", {"account": account}).status_code == 409

    def test_somebody_elses_is_not_there(self, here: Client, provider: Provider) -> None:
        sign_up(Client(), "google")
        here.post("/accounts/3rdparty/", {"account": SocialAccount.objects.get().pk})
        assert SocialAccount.objects.count() == 1


def test_invited_people_come_in_with_it(
    client: Client, provider: Provider, settings: Settings, room: Room, alice: User
) -> None:
    """The invitation that was clicked counts for whichever way one signs up, and leads into its room."""
    settings.SIGNUP = "invite"
    assert "Sign-up is closed" in go_through(client, "google").content.decode()
    invite = actions.make_invite(actor=alice, room_id=room.pk, expires_at=None, uses_limit=1)
    windows = [Client(), Client()]
    for number, browser in enumerate(windows):
        provider.person = Somebody(str(number + 1), f"guest{number}", "Guest", f"guest{number}@example.org")
        browser.post(f"/join/{invite.token}/", {"way": "sign_up"})
        assert go_through(browser, "google").status_code == 302, "both came while the link held"
    answers = [
        browser.post("/accounts/3rdparty/signup/", {"username": f"guest{number}", "name": "Guest"})
        for number, browser in enumerate(windows)
    ]
    assert answers[0]["Location"] == room.get_absolute_url()
    assert "Sign-up is closed" in answers[1].content.decode()
    assert [User.objects.filter(handle=f"guest{number}").count() for number in (0, 1)] == [1, 0]
    assert SocialAccount.objects.count() == 1
