"""Getting in by another site: states and codes that are not one's own, and whatever else a link can be made to say."""

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts import social_urls
from accounts.models import User
from chat.models import Installation
from chatsite.testing import PASSWORD
from chatsite.testing.provider import Provider
from chatsite.testing.social import ALL, decide, go_through, person_of, set_out

pytestmark = pytest.mark.django_db

EVERY = pytest.mark.parametrize("name", ALL)
CALLBACK = "/accounts/{}/login/callback/?code={}&state={}"


@pytest.fixture(autouse=True)
def _in_use(db: None) -> None:
    Installation.objects.update(set_up_at=timezone.now())


@pytest.fixture
def victim(ada: User, provider: Provider) -> Client:
    """ada's browser, signed in by password and connected to nothing."""
    browser = Client()
    browser.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    assert person_of(browser) == "ada"
    return browser


def parts(back: str) -> tuple[str, str]:
    """Code and state of the way back."""
    query = parse_qs(urlsplit(back).query)
    return query["code"][0], query["state"][0]


def is_refused(browser: Client, address: str, *, stays: str = "") -> None:
    before = SocialAccount.objects.count()
    answer = browser.get(address)
    assert answer.status_code == 401, (address, answer.status_code)
    assert person_of(browser) == stays
    assert SocialAccount.objects.count() == before
    assert "socialaccount_sociallogin" not in browser.session


class TestState:
    @EVERY
    def test_missing_garbled_empty(self, name: str, provider: Provider) -> None:
        browser = Client()
        code, state = parts(decide(set_out(browser, name)))
        for query in (f"code={code}", f"code={code}&state=", f"code={code}&state={state[::-1]}", "", "state=%00"):
            is_refused(browser, f"/accounts/{name}/login/callback/?{query}")
        assert browser.get(CALLBACK.format(name, code, state)).status_code == 302, "the right one still does"

    @EVERY
    def test_of_another_browser(self, name: str, provider: Provider, victim: Client) -> None:
        """Login CSRF: what the attacker brought home is pressed on somebody else, signed in or not."""
        attackers = Client()
        back = decide(set_out(attackers, name))
        is_refused(Client(), back)
        is_refused(victim, back, stays="ada")
        assert attackers.get(back).status_code == 302

    @EVERY
    def test_of_another_browser_to_connect(self, name: str, provider: Provider, victim: Client, bob: User) -> None:
        attackers = Client()
        attackers.post("/accounts/login/", {"login": "bob", "password": PASSWORD})
        is_refused(victim, decide(set_out(attackers, name, "?process=connect")), stays="ada")

    @EVERY
    def test_used_twice(self, name: str, provider: Provider) -> None:
        browser = Client()
        back = decide(set_out(browser, name))
        assert browser.get(back).status_code == 302
        again = Client()
        again.cookies = browser.cookies
        assert again.get(back).status_code == 401

    def test_of_another_provider(self, provider: Provider) -> None:
        browser = Client()
        code, state = parts(decide(set_out(browser, "google")))
        is_refused(browser, CALLBACK.format("github", code, state))

    def test_too_old(self, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
        browser = Client()
        back = decide(set_out(browser, "google"))
        monkeypatch.setattr(statekit, "STATE_TTL", -1)
        is_refused(browser, back)

    def test_after_signing_out(self, provider: Provider, victim: Client) -> None:
        back = decide(set_out(victim, "google", "?process=connect"))
        victim.post("/accounts/logout/")
        is_refused(victim, back)


class TestCodes:
    @EVERY
    def test_somebody_elses_with_ones_own_state(self, name: str, provider: Provider) -> None:
        """PKCE: a stolen code is worth nothing in the thief's browser."""
        stolen, _state = parts(decide(set_out(Client(), name)))
        thief = Client()
        _code, state = parts(decide(set_out(thief, name)))
        is_refused(thief, CALLBACK.format(name, stolen, state))

    @EVERY
    def test_used_twice(self, name: str, provider: Provider) -> None:
        browser = Client()
        first, second = decide(set_out(browser, name)), decide(set_out(browser, name))
        assert browser.get(first).status_code == 302
        browser.session.flush()
        is_refused(Client(), CALLBACK.format(name, parts(first)[0], parts(second)[1]))

    @EVERY
    def test_an_error_is_no_code(self, name: str, provider: Provider) -> None:
        browser = Client()
        _code, state = parts(decide(set_out(browser, name)))
        is_refused(browser, f"/accounts/{name}/login/callback/?error=server_error&state={state}")


class TestStarting:
    @EVERY
    def test_a_link_starts_nothing(self, name: str, provider: Provider) -> None:
        browser = Client()
        answer = browser.get(f"/accounts/{name}/login/?process=connect&next=/")
        assert (answer.status_code, 'method="post"' in answer.content.decode()) == (302, False)
        answer = browser.get(f"/accounts/{name}/login/")
        assert (answer.status_code, 'method="post"' in answer.content.decode()) == (200, True)
        assert statekit.STATES_SESSION_KEY not in browser.session
        assert not provider.asked

    @EVERY
    @pytest.mark.parametrize("method", ["head", "options", "put", "delete"])
    def test_other_methods_start_nothing(self, name: str, method: str, provider: Provider) -> None:
        for path in (f"/accounts/{name}/login/", f"/accounts/{name}/login/callback/"):
            assert getattr(Client(), method)(path).status_code == 405
        assert Client().post(f"/accounts/{name}/login/callback/").status_code == 405
        assert not provider.asked

    def test_no_address_takes_a_foreign_form(self, provider: Provider, victim: Client) -> None:
        """All of them; without providers they are not among those that the other tests walk."""
        foreign = Client(enforce_csrf_checks=True)
        foreign.cookies = victim.cookies
        for pattern in social_urls.addresses():
            assert foreign.post(f"/{pattern.pattern}").status_code == 403, pattern

    @EVERY
    def test_a_foreign_form_starts_nothing(self, name: str, provider: Provider) -> None:
        assert Client(enforce_csrf_checks=True).post(f"/accounts/{name}/login/").status_code == 403
        assert not provider.asked

    @EVERY
    @pytest.mark.parametrize(
        "query",
        [
            "auth_params=redirect_uri%3Dhttps%3A%2F%2Fevil.example.com%2F",
            "auth_params=client_id%3Devil%26state%3Dchosen",
            "scope=https%3A%2F%2Fmail.google.com%2F,repo",
            "action=reauthenticate&auth_params=response_type%3Dtoken",
        ],
    )
    def test_what_a_link_adds_is_not_passed_on(self, name: str, query: str, provider: Provider) -> None:
        plain, wished = (parse_qs(urlsplit(set_out(Client(), name, given)).query) for given in ("", f"?{query}"))
        assert "evil" not in str(wished)
        for told in (plain, wished):
            told.pop("state")
            told.pop("code_challenge")
            told["scope"] = [" ".join(sorted(told["scope"][0].split()))]
        assert plain == wished
        assert plain["redirect_uri"] == [f"http://testserver/accounts/{name}/login/callback/"]

    @EVERY
    def test_another_host_is_never_named(self, name: str, provider: Provider) -> None:
        for host in ("evil.example.com", "testserver.evil.example.com"):
            assert Client(headers={"host": host}).post(f"/accounts/{name}/login/").status_code == 400
        asked = parse_qs(urlsplit(set_out(Client(headers={"host": "testserver:8443"}), name)).query)
        assert asked["redirect_uri"] == [f"http://testserver/accounts/{name}/login/callback/"]

    @pytest.mark.parametrize("process", ["redirect", "x", "\0"])
    def test_only_two_things_can_be_meant(self, process: str, provider: Provider) -> None:
        for sent in ({"data": {"process": process}}, {"query_params": {"process": process}}):
            assert Client().post("/accounts/google/login/", **sent).status_code == 400

    def test_connecting_needs_a_person(self, provider: Provider) -> None:
        answer = Client().post("/accounts/google/login/?process=connect")
        assert answer["Location"] == "/accounts/login/?next=/accounts/3rdparty/"

    def test_connecting_needs_a_fresh_one(self, provider: Provider, victim: Client, settings: Settings) -> None:
        """A stolen session must not get a way in of its own."""
        back = decide(set_out(victim, "google", "?process=connect"))
        settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = -1
        answer = victim.post("/accounts/google/login/?process=connect")
        assert answer["Location"] == "/accounts/reauthenticate/?next=/accounts/3rdparty/"
        answer = victim.get(back)
        assert answer["Location"] == "/accounts/reauthenticate/?next=/accounts/3rdparty/"
        assert not SocialAccount.objects.exists()

    def test_disconnecting_needs_a_fresh_one(self, provider: Provider, victim: Client, settings: Settings) -> None:
        go_through(victim, "google", "?process=connect")
        settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = -1
        answer = victim.post("/accounts/3rdparty/", {"account": SocialAccount.objects.get().pk})
        assert answer["Location"].startswith("/accounts/reauthenticate/")
        assert SocialAccount.objects.exists()

    def test_one_address_starts_thirty_a_minute(self, provider: Provider) -> None:
        browser = Client()
        answers = [browser.post("/accounts/google/login/").status_code for _time in range(31)]
        assert answers == [200] * 30 + [429]

    def test_googles_second_way_in_is_not_there(self, provider: Provider) -> None:
        assert Client().post("/accounts/google/login/token/", {"credential": "x"}).status_code == 404
