"""Getting in by another site: what the way back brings, and the same thing in several windows at once."""

import contextlib
import threading
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts import connections
from accounts.factors import ways_in
from accounts.models import User
from accounts.social import SocialAccountAdapter
from chat.models import Installation
from chat.tests.attacks.test_twice import together
from chatsite.testing import PASSWORD
from chatsite.testing.provider import Provider
from chatsite.testing.social import ALL, decide, go_through, person_of, set_out, sign_up

pytestmark = pytest.mark.django_db

EVERY = pytest.mark.parametrize("name", ALL)


@pytest.fixture(autouse=True)
def _in_use(db: None) -> None:
    Installation.objects.update(set_up_at=timezone.now())


class TestArriving:
    @EVERY
    def test_the_session_is_a_new_one(self, name: str, provider: Provider) -> None:
        """Fixation: a session that somebody else knows is not the one that is signed in."""
        sign_up(Client(), name)
        browser = Client()
        back = decide(set_out(browser, name))
        planted = browser.session.session_key
        browser.get(back)
        assert person_of(browser) == "grace"
        assert browser.session.session_key != planted
        attackers = Client()
        attackers.cookies["sessionid"] = str(planted)
        assert person_of(attackers) == ""

    def test_an_invented_session_is_not_taken_up(self, provider: Provider) -> None:
        browser = Client()
        browser.cookies["sessionid"] = invented = "a" * 32
        sign_up(browser, "google")
        assert person_of(browser) == "grace"
        assert browser.session.session_key != invented

    @EVERY
    @pytest.mark.parametrize(
        "where",
        [
            "https://evil.example.com/",
            "//evil.example.com/",
            "/\\evil.example.com",
            "javascript:alert(1)",
            "https://testserver@evil.example.com/",
        ],
    )
    def test_never_on_to_another_site(self, name: str, where: str, provider: Provider) -> None:
        sign_up(Client(), name)
        assert go_through(Client(), name, next=where)["Location"] == "/"
        assert go_through(Client(), name, f"?next={where}")["Location"] == "/"

    @EVERY
    def test_the_banned_and_the_deactivated_stay_out(self, name: str, provider: Provider) -> None:
        sign_up(Client(), name)
        User.objects.filter(handle="grace").update(is_active=False)
        browser = Client()
        assert go_through(browser, name)["Location"] == "/accounts/inactive/"
        assert person_of(browser) == ""

    @EVERY
    def test_the_second_factor_is_asked_for(self, name: str, provider: Provider) -> None:
        sign_up(Client(), name)
        TOTP.activate(User.objects.get(handle="grace"), "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
        browser = Client()
        assert go_through(browser, name)["Location"].startswith("/accounts/2fa/authenticate/")
        assert person_of(browser) == ""

    def test_a_provider_that_went_off_meanwhile(self, provider: Provider, settings: Settings) -> None:
        browser = Client()
        go_through(browser, "google")
        settings.SOCIALACCOUNT_PROVIDERS = {"github": settings.SOCIALACCOUNT_PROVIDERS["github"]}
        for answer in (browser.get("/accounts/3rdparty/signup/"), browser.post("/accounts/3rdparty/signup/")):
            assert answer["Location"] == "/accounts/login/"

    def test_no_token_is_kept(self, provider: Provider) -> None:
        browser = Client()
        go_through(browser, "github")
        assert browser.session["socialaccount_sociallogin"]
        assert not any(token in str(dict(browser.session)) for token in provider.tokens)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_one_person_signs_up_in_four_windows(self, provider: Provider) -> None:
        """One account, and nothing half made."""
        windows = [Client() for _number in range(4)]
        for window in windows:
            go_through(window, "google")
        form = "/accounts/3rdparty/signup/"
        posts = [
            lambda window=window, number=number: window.post(form, {"username": f"grace{number}", "name": "G"})
            for number, window in enumerate(windows)
        ]
        answers = together(*posts)
        # The later ones find the account made, or its address taken.
        assert {answer.status_code for answer in answers} <= {302, 409}
        assert [answer.headers.get("Location") for answer in answers].count("/") == 1
        assert SocialAccount.objects.count() == 1
        assert User.objects.filter(handle__startswith="grace").count() == 1

    def test_two_people_connect_one_account(
        self, provider: Provider, make_person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Both have looked before either has connected."""
        ready = threading.Barrier(2)
        monkeypatch.setattr(SocialAccountAdapter, "pre_social_login", lambda *_: ready.wait(20))
        ways = []
        for handle in ("eve", "ida"):
            make_person(handle)
            browser = Client()
            browser.post("/accounts/login/", {"login": handle, "password": PASSWORD})
            ways.append((browser, decide(set_out(browser, "github", "?process=connect"))))
        answers = together(*(lambda browser=browser, back=back: browser.get(back) for browser, back in ways))
        assert sorted(answer.status_code for answer in answers) == [302, 401]
        assert SocialAccount.objects.count() == 1

    def test_both_ways_in_are_taken_away(self, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
        """The second looks only when the first is done; without the lock both would look first."""
        looked = threading.Barrier(2)

        def look(person: User, *, without: SocialAccount) -> list[str]:
            with contextlib.suppress(threading.BrokenBarrierError):
                looked.wait(0.5)
            return ways_in(person, without=without)

        monkeypatch.setattr(connections, "ways_in", look)
        browser = Client()
        sign_up(browser, "google")
        go_through(browser, "github", "?process=connect")
        person = User.objects.get(handle="grace")
        keys = SocialAccount.objects.values_list("pk", flat=True)
        jobs = [lambda key=key: connections.disconnect(person=person, account_id=key) for key in keys]
        assert sorted(map(str, together(*jobs))) == ["None", "conflict"]
        assert SocialAccount.objects.count() == 1
