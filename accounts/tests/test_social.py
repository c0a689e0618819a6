"""What an account at another site is worth here, with real requests to a provider that the test plays."""

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts import outside
from accounts.models import User
from accounts.providers import GitHubAdapter
from chatsite.testing.provider import Provider, Somebody
from chatsite.testing.social import ALL, decide, go_through, person_of, set_out, sign_up

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_use")]

TAKEN = "There is an account with this address"


class TestFirstTime:
    @pytest.mark.parametrize("name", ALL)
    def test_one_chooses_what_one_is_called(self, name: str, client: Client, provider: Provider) -> None:
        form = client.get(go_through(client, name)["Location"]).context["form"]
        assert form.initial["name"] == "Grace Hopper"
        assert "grace@example.org" in client.get("/accounts/3rdparty/signup/").content.decode(), "it is said"
        assert form.initial["username"] in {"grace", "gracehopper"}
        assert set(form.fields) == {"name", "username"}, "the address is not typed: it is proven or none"
        answer = client.post("/accounts/3rdparty/signup/", {"username": "admiral", "name": "Admiral"})
        assert (answer.status_code, answer["Location"]) == (302, "/")
        person = User.objects.get(handle="admiral")
        assert (person.name, person.email, person.has_usable_password()) == ("Admiral", "grace@example.org", False)
        kept = EmailAddress.objects.values_list("user", "email", "verified", "primary")
        assert list(kept) == [(person.pk, "grace@example.org", True, True)], "one each, though GitHub tells more"
        assert person_of(client) == "admiral"

    @pytest.mark.parametrize("name", ALL)
    def test_back_again(self, name: str, client: Client, provider: Provider) -> None:
        sign_up(client, name)
        again = Client()
        assert go_through(again, name)["Location"] == "/"
        assert person_of(again) == "grace"
        assert User.objects.filter(kind="human").count() == 1

    def test_wrong_and_taken_handles_are_said(self, client: Client, provider: Provider, bob: User) -> None:
        for handle in ("bob", "a", "admin", "ünïcode"):
            answer = sign_up(client, "google", handle)
            assert answer.context["form"].errors["username"], handle
        assert not SocialAccount.objects.exists()

    def test_little_is_kept(self, client: Client, provider: Provider) -> None:
        provider.changed = {"picture": "https://example.org/p.png", "locale": "nl", "hd": "example.org"}
        sign_up(client, "google")
        assert set(SocialAccount.objects.get().extra_data) <= {"name", "email", "login", "preferred_username"}

    @pytest.mark.parametrize("signup", ["invite", "closed"])
    def test_not_where_sign_up_is_closed(
        self, signup: str, client: Client, provider: Provider, settings: Settings
    ) -> None:
        sign_up(client, "google")
        settings.SIGNUP = signup
        provider.person = Somebody("2002", "ken", "Ken", "ken@example.org")
        other = Client()
        assert "Sign-up is closed" in go_through(other, "google").content.decode()
        assert other.get("/accounts/3rdparty/signup/")["Location"] == "/accounts/login/"
        provider.person = Somebody()
        assert go_through(other, "google")["Location"] == "/", "who has an account comes in"

    def test_closed_between_there_and_the_form(self, client: Client, provider: Provider, settings: Settings) -> None:
        go_through(client, "google")
        settings.SIGNUP = "closed"
        answer = client.post("/accounts/3rdparty/signup/", {"username": "grace", "name": "Grace"})
        assert "Sign-up is closed" in answer.content.decode()
        assert not User.objects.filter(handle="grace").exists()

    def test_a_wrong_password_first_loses_no_way_back(self, client: Client, provider: Provider) -> None:
        sign_up(Client(), "google")
        page = client.post("/accounts/login/", {"login": "x", "password": "y", "next": "/people/grace/"})
        for name in ALL:
            form = page.content.decode().partition(f'action="/accounts/{name}/login/"')[2].partition("</form>")[0]
            assert 'name="next" value="/people/grace/"' in form
        assert go_through(client, "google", next="/people/grace/")["Location"] == "/people/grace/"


class TestAddresses:
    @pytest.mark.parametrize("said", [False, "false", "yes", None, 1, ...], ids=str)
    @pytest.mark.parametrize("name", ["google", "oidc"])
    def test_an_unproven_one_is_not_used(self, name: str, said: object, client: Client, provider: Provider) -> None:
        provider.changed = {"email_verified": said}
        sign_up(client, name)
        assert User.objects.get(handle="grace").email == ""
        assert not EmailAddress.objects.exists()

    def test_an_unproven_one_at_github(self, client: Client, provider: Provider) -> None:
        provider.person.verified = False
        sign_up(client, "github")
        assert User.objects.get(handle="grace").email == ""

    def test_an_unproven_one_that_somebody_has(self, client: Client, provider: Provider, bob: User) -> None:
        """Nothing is told about it: whoever claims it may not know it."""
        User.objects.filter(pk=bob.pk).update(email="grace@example.org")
        provider.person.verified = False
        assert TAKEN not in sign_up(client, "google").content.decode()
        assert User.objects.get(handle="grace").email == ""

    @pytest.mark.parametrize("kept", ["grace@example.org", "Grace@Example.org"])
    @pytest.mark.parametrize("name", ALL)
    def test_the_address_of_somebody_here(
        self, name: str, kept: str, client: Client, provider: Provider, bob: User
    ) -> None:
        """No takeover, no sign-in, no second account: sign in first, then connect."""
        User.objects.filter(pk=bob.pk).update(email=kept)
        answer = go_through(client, name)
        assert (answer.status_code, TAKEN in answer.content.decode()) == (409, True)
        assert person_of(client) == ""
        assert not SocialAccount.objects.exists()

    def test_without_mail_one_may_go_on_without_the_address(
        self, client: Client, provider: Provider, bob: User
    ) -> None:
        User.objects.filter(pk=bob.pk).update(email="grace@example.org")
        assert "/accounts/3rdparty/signup/" in go_through(client, "google").content.decode()
        client.post("/accounts/3rdparty/signup/", {"username": "grace", "name": "Grace"})
        assert User.objects.get(handle="grace").email == ""
        bob.refresh_from_db()
        assert bob.email == "grace@example.org"

    def test_who_proved_it_elsewhere_keeps_it(self, client: Client, provider: Provider) -> None:
        """Without mail a provider's word is the only proof there is."""
        sign_up(Client(), "google")
        page = go_through(client, "github").content.decode()
        assert TAKEN in page
        assert "/accounts/3rdparty/signup/" not in page

    def test_taken_while_the_form_was_open(self, client: Client, provider: Provider, bob: User) -> None:
        go_through(client, "google")
        User.objects.filter(pk=bob.pk).update(email="grace@example.org")
        answer = client.post("/accounts/3rdparty/signup/", {"username": "grace", "name": "Grace"})
        assert TAKEN in answer.content.decode()
        assert not User.objects.filter(handle="grace").exists()

    @pytest.mark.usefixtures("with_mail")
    def test_a_pre_registered_one_does_not_catch_its_owner(self, client: Client, provider: Provider) -> None:
        """Somebody signed up with it and never proved it: neither theirs to keep, nor their account to fall into."""
        Client().post(
            "/accounts/signup/",
            {"name": "M", "username": "mallory", "email": "grace@example.org", "password1": "violet-umbrella-8"},
        )
        squatter = User.objects.get(handle="mallory")
        assert EmailAddress.objects.get(user=squatter).verified is False
        assert squatter.email == "grace@example.org"
        assert sign_up(client, "google")["Location"] == "/"
        squatter.refresh_from_db()
        assert (squatter.email, EmailAddress.objects.filter(user=squatter).exists()) == ("", False)
        assert EmailAddress.objects.get(email="grace@example.org").user.handle == "grace"
        assert SocialAccount.objects.get().user.handle == "grace"

    @pytest.mark.usefixtures("with_mail")
    def test_a_proven_one_is_its_owners(self, client: Client, provider: Provider, bob: User) -> None:
        EmailAddress.objects.create(user=bob, email="grace@example.org", verified=True, primary=True)
        page = go_through(client, "google").content.decode()
        assert TAKEN in page
        assert "/accounts/3rdparty/signup/" not in page

    @pytest.mark.usefixtures("with_mail")
    def test_what_the_provider_proved_needs_no_mail(self, client: Client, provider: Provider) -> None:
        assert sign_up(client, "google")["Location"] == "/"
        assert person_of(client) == "grace"
        assert not mail.outbox

    @pytest.mark.usefixtures("with_mail")
    def test_an_unproven_one_with_mail(self, client: Client, provider: Provider) -> None:
        provider.person.verified = False
        sign_up(client, "google")
        assert person_of(client) == "grace"
        assert not EmailAddress.objects.exists()
        assert not mail.outbox


class TestTheOtherSide:
    def test_turned_back(self, client: Client, provider: Provider) -> None:
        answer = client.get(decide(set_out(client, "google"), "cancel"), follow=True)
        assert "You turned back" in answer.content.decode()
        assert person_of(client) == ""

    @pytest.mark.parametrize("trouble", ["down", "page", "hang", "drip", "flood"])
    @pytest.mark.parametrize("name", ALL)
    def test_it_does_not_answer(
        self, name: str, trouble: str, client: Client, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        back = decide(set_out(client, name))
        provider.trouble = trouble
        with monkeypatch.context() as impatient:
            if trouble in {"hang", "drip"}:  # only here: on a busy machine an honest answer takes longer
                impatient.setattr(outside, "SILENCE", 0.2)
                impatient.setattr(outside, "PATIENCE", 0.2)
            answer = client.get(back)
        if trouble == "page" and name != "oidc":
            assert answer.status_code == 401
        else:
            assert (answer.status_code, answer["Retry-After"]) == (503, "60")
            assert "does not answer" in answer.content.decode()
        assert person_of(client) == ""
        provider.trouble = ""
        assert go_through(client, name)["Location"] == "/accounts/3rdparty/signup/"

    @pytest.mark.parametrize("name", ALL)
    def test_it_is_gone(self, name: str, client: Client, provider: Provider) -> None:
        back = decide(set_out(client, name))
        provider.__exit__()
        assert client.get(back).status_code == 503
        provider.__enter__()

    def test_it_is_gone_before_the_start(self, client: Client, provider: Provider) -> None:
        """OpenID Connect looks up where to go first."""
        for trouble in ("down", "page", "list"):
            provider.trouble = trouble
            assert client.post("/accounts/oidc/login/").status_code in {401, 503}

    @pytest.mark.parametrize(
        "trouble", ["signature", "other key id", "unsigned", "wrong secret", "issuer", "audience", "expired"]
    )
    @pytest.mark.parametrize("name", ["google", "oidc"])
    def test_words_of_another_provider(self, name: str, trouble: str, client: Client, provider: Provider) -> None:
        provider.trouble = trouble
        assert go_through(client, name).status_code == 401
        assert person_of(client) == ""

    @pytest.mark.parametrize(
        ("name", "way"),
        [("google", "fast clock"), ("oidc", "fast clock"), ("oidc", "no key id"), ("oidc", "shared")],
    )
    def test_ways_that_some_have(self, name: str, way: str, client: Client, provider: Provider) -> None:
        provider.trouble = way
        assert go_through(client, name)["Location"] == "/accounts/3rdparty/signup/"

    @pytest.mark.parametrize("key", [None, "", ..., True, 7.5, ["1001"], "a\0b", "x" * 300], ids=repr)
    @pytest.mark.parametrize("name", ALL)
    def test_a_person_without_a_usable_key(self, name: str, key: object, client: Client, provider: Provider) -> None:
        provider.changed = {"id" if name == "github" else "sub": key}
        assert go_through(client, name).status_code == 401
        assert "socialaccount_sociallogin" not in client.session

    def test_two_people_in_one_answer(
        self, client: Client, provider: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        signed = provider.id_token("oidc", Somebody("2002"))
        monkeypatch.setattr(provider, "id_token", lambda kind, person: signed)
        assert go_through(client, "oidc").status_code == 401

    def test_the_same_number_at_another_server_is_somebody_else(
        self, client: Client, provider: Provider, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("oidc", "github"):
            sign_up(Client(), name, f"grace-{name}")
            provider.person.email = ""
        apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
        apps[0]["settings"]["server_url"] = f"{provider.url}/./oidc"
        monkeypatch.setattr(GitHubAdapter, "web_url", "https://git.example.org")
        for name in ("oidc", "github"):
            assert go_through(client, name)["Location"] == "/accounts/3rdparty/signup/"

    @pytest.mark.parametrize("name", ["x" * 400, "\u202eevil", "a\0b", 5, None, ["x"], "  "], ids=repr)
    def test_odd_names_are_no_obstacle(self, name: object, client: Client, provider: Provider) -> None:
        provider.changed = {"name": name, "given_name": name, "family_name": name, "preferred_username": name}
        assert sign_up(client, "oidc")["Location"] == "/"

    def test_nothing_said_is_written_down(
        self, client: Client, provider: Provider, caplog: pytest.LogCaptureFixture
    ) -> None:
        back = decide(set_out(client, "github"))
        provider.grants.clear()
        assert client.get(back).status_code == 401
        code = back.partition("code=")[2].partition("&")[0]
        assert "sign-in by github failed" in caplog.text
        assert code not in caplog.text
        assert "invalid_grant" not in caplog.text
