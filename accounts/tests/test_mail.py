"""With a mail server: codes, links and addresses that are proven, and what none of them tells."""

import re
import time
from collections.abc import Callable
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import hashers
from django.core import mail
from django.core.cache import cache
from django.db.models import Q
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.proofs import opened_by
from chat.models import Restriction
from chatsite.testing import PASSWORD, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("accounts.tests.mail_urls")]

CODE = re.compile(r"^[A-Z0-9-]{6,12}$", re.MULTILINE)
LINK = re.compile(r"http://testserver(\S+)")
NEW = {"password1": "orange-lighthouse-3", "password2": "orange-lighthouse-3"}
ASK, TYPE, RESET, ADDRESS = (
    "/accounts/login/code/",
    "/accounts/login/code/confirm/",
    "/accounts/password/reset/",
    "/accounts/email/",
)


@pytest.fixture(autouse=True)
def _with_mail(settings: Settings, in_use: None) -> None:
    settings.SENDS_MAIL = settings.ACCOUNT_EMAIL_NOTIFICATIONS = settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


@pytest.fixture
def ada(make_person: Callable[..., User]) -> User:
    """Has proven her address."""
    person = make_person("ada", email="ada@example.org")
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def is_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


def to(address: str) -> list[str]:
    return [f"{message.subject}\n{message.body}" for message in mail.outbox if message.to == [address]]


def code_of(address: str) -> str:
    found = CODE.search(to(address)[-1])
    assert found is not None
    return found[0]


def asked(address: str) -> Client:
    client = Client()
    assert client.post(ASK, {"email": address})["Location"] == TYPE
    return client


# --- Codes


def test_a_code_signs_in(ada: User) -> None:
    client = asked("Ada@example.org")
    assert not is_in(client)
    code = code_of("ada@example.org")
    assert client.post(TYPE, {"code": code.lower()})["Location"] == "/"
    assert is_in(client)
    another = asked("ada@example.org")
    another.post(TYPE, {"code": code})
    assert not is_in(another), "a code works once, and in the window that asked for it"


def test_the_sign_in_page_offers_it(ada: User) -> None:
    assert ASK in Client().get("/accounts/login/").content.decode()


def test_a_code_does_not_stand_for_the_second_step(ada: User) -> None:
    Authenticator.objects.create(user=ada, type="totp", data={"secret": "sealed"})
    client = asked("ada@example.org")
    answer = client.post(TYPE, {"code": code_of("ada@example.org")})
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert not is_in(client)


@pytest.mark.parametrize(("to_there", "then"), [("/rooms/harbour/", "/rooms/harbour/"), ("//evil.example/", "/")])
def test_a_code_leads_back_and_never_elsewhere(to_there: str, then: str, ada: User) -> None:
    client = Client()
    page = client.post(ASK, {"email": "ada@example.org", "next": to_there})["Location"]
    assert page.startswith(TYPE)
    given = {"code": code_of("ada@example.org"), "next": to_there}
    assert client.post(page, given)["Location"] == then


def test_a_step_under_way_can_be_left(ada: User) -> None:
    """allauth leads every way in back to it until it ends, also who mistyped an address."""
    client = asked("mistyped@example.org")
    assert client.get(ASK)["Location"].startswith(TYPE), "the premise"
    page = client.get(TYPE).content.decode()
    for place in (ASK, "/accounts/login/"):
        assert f'name="next" value="{place}"' in page
    assert client.post("/accounts/logout/", {"next": ASK})["Location"] == ASK
    assert client.get(ASK).status_code == 200


def test_guesses_end_the_code(ada: User) -> None:
    client = asked("ada@example.org")
    code = code_of("ada@example.org")
    for _attempt in range(3):
        client.post(TYPE, {"code": "BBB-BBB"})
    client.post(TYPE, {"code": code})
    assert not is_in(client)


def test_a_code_ends_by_the_clock(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = asked("ada@example.org")
    later = time.time() + 60 * 15 + 1
    monkeypatch.setattr("time.time", lambda: later)
    client.post(TYPE, {"code": code_of("ada@example.org")})
    assert not is_in(client)


def test_codes_to_one_address_are_limited(ada: User) -> None:
    for number in range(5):
        Client(REMOTE_ADDR=f"203.0.113.{number}").post(ASK, {"email": "ada@example.org"})
    assert len(to("ada@example.org")) == 3


def test_codes_for_one_browser_are_limited(ada: User) -> None:
    statuses = [Client().post(ASK, {"email": f"x{number}@example.org"}).status_code for number in range(22)]
    assert (statuses, len(mail.outbox)) == ([302] * 20 + [200] * 2, 20)


def test_the_banned_are_sent_no_way_in(ada: User, make_person: Callable[..., User]) -> None:
    Restriction.objects.create(kind="ban", user=ada, by=make_person("boss"), reason="spam")
    client = asked("ada@example.org")
    assert client.post(TYPE, {"code": code_of("ada@example.org")})["Location"] == "/accounts/inactive/"
    assert not is_in(client)


def test_without_a_code_nobody_types_one(ada: User) -> None:
    for given in ({"code": ""}, {"code": "BBB-BBB"}, {}):
        client = Client()
        assert client.post(TYPE, given)["Location"].startswith("/accounts/login/")
    unknown = asked("nobody@example.org")
    for guess in ("", " ", "BBB-BBB"):
        unknown.post(TYPE, {"code": guess})
        assert not is_in(unknown)


# --- Who is here stays untold: the same answer for the same work


@pytest.fixture
def hashings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []
    encode = hashers.PBKDF2PasswordHasher.encode

    def counted(*arguments: Any, **options: Any) -> str:
        done.append("hash")
        return str(encode(*arguments, **options))

    monkeypatch.setattr(hashers.PBKDF2PasswordHasher, "encode", counted)
    return done


def plain(answer: Any) -> str:
    page = re.sub(r'value="[^"]*"', "", answer.content.decode())
    return re.sub(r"\S+@example\.org", "somebody", page)


SIGN_UP = {"name": "Eve", "username": "eve", "password1": "violet-umbrella-8"}
DOORS = {
    "a code": (ASK, {"email": "{}@example.org"}),
    "a reset": (RESET, {"email": "{}@example.org"}),
    "a sign-in": ("/accounts/login/", {"login": "{}@example.org", "password": "wrong"}),
    "a sign-in by handle": ("/accounts/login/", {"login": "{}", "password": "wrong"}),
    "a sign-up": ("/accounts/signup/", {**SIGN_UP, "email": "{}@example.org"}),
    "a handle": ("/accounts/signup/", {**SIGN_UP, "username": "{}", "email": "eve@example.org"}),
}


@pytest.mark.parametrize("door", DOORS)
def test_here_or_not_is_one_answer_and_one_work(door: str, ada: User, hashings: list[str]) -> None:
    address, given = DOORS[door]
    seen = []
    for who in ("ada", "nobody"):
        cache.clear()
        hashings.clear()
        mail.outbox.clear()
        answer = Client().post(address, {name: word.format(who) for name, word in given.items()}, follow=True)
        seen.append((answer.redirect_chain, answer.status_code, plain(answer), len(hashings), len(mail.outbox)))
        User.objects.filter(Q(handle="eve") | Q(email="eve@example.org")).delete()
    assert seen[0] == seen[1]
    assert seen[0][3] + seen[0][4] > 0, "the premise: there is work to compare"


@pytest.mark.parametrize("handle", ["eve_", "e" * 32, "e-v-e"])
def test_a_free_handle_is_given_as_it_was_wished(handle: str) -> None:
    Client().post("/accounts/signup/", {**SIGN_UP, "username": handle, "email": "eve@example.org"})
    assert User.objects.get(email="eve@example.org").handle == handle


@pytest.mark.parametrize("what", ["no password", "deactivated", "a bot"])
def test_odd_accounts_look_like_none(what: str, ada: User, hashings: list[str]) -> None:
    if what == "no password":
        ada.set_unusable_password()
        ada.save()
    User.objects.filter(pk=ada.pk).update(is_active=what != "deactivated", kind="bot" if what == "a bot" else "human")
    seen = []
    for who in ("ada", "nobody"):
        hashings.clear()
        answer = Client().post("/accounts/login/", {"login": who, "password": "wrong"})
        seen.append((plain(answer), len(hashings)))
    assert seen[0] == seen[1]


# --- Resets


def reset_link(address: str) -> str:
    Client().post(RESET, {"email": address})
    [link] = LINK.findall(to(address)[-1])
    return str(link)


def choose(link: str, new: dict[str, str] = NEW, client: Client | None = None) -> Any:
    client = client or Client()
    form = client.get(link, follow=True)
    return client.post(form.redirect_chain[-1][0] if form.redirect_chain else link, new)


def test_a_reset_is_told(ada: User) -> None:
    choose(reset_link("ada@example.org"))
    subject, *_lines = to("ada@example.org")[-1].splitlines()
    assert subject == "Your password was changed"
    assert "From:" in to("ada@example.org")[-1]


def test_a_reset_does_not_pass_the_second_step_or_sign_in(ada: User) -> None:
    client = Client()
    choose(reset_link("ada@example.org"), client=client)
    assert not is_in(client)


def test_the_reset_link_ends(ada: User, settings: Settings) -> None:
    link = reset_link("ada@example.org")
    settings.PASSWORD_RESET_TIMEOUT = -1
    choose(link)
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_it_says_an_administrator_helps_where_no_mail_goes(settings: Settings) -> None:
    settings.SENDS_MAIL = False
    page = Client().get(RESET).content.decode()
    assert 'name="email"' not in page
    assert "Ask an administrator" in page


# --- Addresses that are only said


def test_a_pending_address_opens_nothing(ada: User) -> None:
    """Somebody waits with another's address in an account of his own, for its owner to land there."""
    EmailAddress.objects.create(user=ada, email="victim@example.org")
    User.objects.filter(pk=ada.pk).update(last_login=timezone.now())
    assert opened_by("victim@example.org") == []
    Client().post(RESET, {"email": "victim@example.org"})
    assert LINK.findall(to("victim@example.org")[-1]) == ["/accounts/signup/"]


def test_an_account_nobody_was_in_is_opened_by_its_address(make_person: Callable[..., User]) -> None:
    """The mail that confirms got lost, and the password too."""
    Client().post("/accounts/signup/", {**SIGN_UP, "email": "eve@example.org"})
    eve = User.objects.get(handle="eve")
    assert opened_by("eve@example.org") == [eve]
    User.objects.filter(pk=eve.pk).update(last_login=timezone.now())
    assert opened_by("eve@example.org") == []


@pytest.mark.parametrize("way", ["another site", "a passkey"])
def test_an_account_with_another_way_in_is_not_opened_by_a_claim(way: str, make_person: Callable[..., User]) -> None:
    """A new password would not keep out who came by that way."""
    eve = make_person("eve", email="victim@example.org")
    EmailAddress.objects.create(user=eve, email=eve.email, primary=True)
    assert opened_by("victim@example.org") == [eve], "the premise"
    if way == "a passkey":
        Authenticator.objects.create(user=eve, type="webauthn", data={})
    else:
        SocialAccount.objects.create(user=eve, provider="github", uid="7")
    assert opened_by("victim@example.org") == []


def test_an_address_an_administrator_wrote_counts(make_person: Callable[..., User]) -> None:
    bob = make_person("bob", email="bob@example.org", last_login=timezone.now())
    assert opened_by("bob@example.org") == [bob]
    client = Client()
    sign_in(client, bob)
    assert "waits to be confirmed" in client.get(ADDRESS).content.decode()
    assert opened_by("bob@example.org") == [bob], "looking at the page makes no claim of it"


def test_proof_beats_a_claim(make_person: Callable[..., User]) -> None:
    squatter = make_person("squatter", email="ada@example.org")
    EmailAddress.objects.create(user=squatter, email="ada@example.org", primary=True)
    ada = make_person("ada")
    client = Client()
    sign_in(client, ada)
    client.post(ADDRESS, {"email": "ada@example.org", "action_add": ""})
    [link] = LINK.findall(to("ada@example.org")[-1])
    client.post(link)
    ada.refresh_from_db()
    squatter.refresh_from_db()
    assert (ada.email, squatter.email) == ("ada@example.org", "")
    assert [(claim.user, claim.verified) for claim in EmailAddress.objects.all()] == [(ada, True)]


# --- Another address


def test_another_address_is_proven_first_and_the_old_one_told(ada: User) -> None:
    client = Client()
    sign_in(client, ada)
    client.post(ADDRESS, {"email": "New@example.org", "action_add": ""})
    ada.refresh_from_db()
    assert ada.email == "ada@example.org"
    assert "waits to be confirmed" in client.get(ADDRESS).content.decode()
    [link] = LINK.findall(to("new@example.org")[-1])
    client.post(link)
    ada.refresh_from_db()
    assert ada.email == "new@example.org"
    assert [(claim.email, claim.verified) for claim in EmailAddress.objects.all()] == [("new@example.org", True)]
    told = to("ada@example.org")[-1]
    assert "new@example.org" in told
    assert "no longer ada@example.org" in told


def test_a_proof_works_once_and_for_its_own_address(ada: User) -> None:
    client = Client()
    sign_in(client, ada)
    client.post(ADDRESS, {"email": "new@example.org", "action_add": ""})
    [link] = LINK.findall(to("new@example.org")[-1])
    cache.clear()
    client.post(ADDRESS, {"email": "newer@example.org", "action_add": ""})
    client.post(link)
    ada.refresh_from_db()
    assert ada.email == "ada@example.org", "it was thought better of"
    [newer] = LINK.findall(to("newer@example.org")[-1])
    client.post(newer)
    client.post(newer)
    ada.refresh_from_db()
    assert ada.email == "newer@example.org"


def test_a_taken_address_is_not_told(ada: User, make_person: Callable[..., User]) -> None:
    client = Client()
    sign_in(client, make_person("bob"))
    pages = []
    for address in ("ada@example.org", "free@example.org"):
        cache.clear()
        client.post(ADDRESS, {"email": address, "action_add": ""})
        pages.append(plain(client.get(ADDRESS)))
    assert pages[0] == pages[1]


def test_without_mail_it_counts_at_once(ada: User, settings: Settings, make_person: Callable[..., User]) -> None:
    settings.SENDS_MAIL, settings.ACCOUNT_EMAIL_VERIFICATION = False, "none"
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = False
    make_person("bob", email="bob@example.org")
    client = Client()
    sign_in(client, ada)
    client.post(ADDRESS, {"email": "New@example.org", "action_add": ""})
    page = client.post(ADDRESS, {"email": "bob@example.org", "action_add": ""}).content.decode()
    assert 'role="alert"' in page
    ada.refresh_from_db()
    assert ada.email == "new@example.org"
    assert mail.outbox == []
    assert Client().post("/accounts/login/", {"login": "new@example.org", "password": PASSWORD})["Location"] == "/"


# --- Sign-up


def test_confirming_where_one_signed_up_signs_in(ada: User) -> None:
    client = Client()
    client.post("/accounts/signup/", {**SIGN_UP, "email": "eve@example.org"})
    assert not is_in(client)
    [link] = LINK.findall(to("eve@example.org")[-1])
    stranger = Client()
    stranger.get(link)
    assert not EmailAddress.objects.get(email="eve@example.org").verified, "looking confirms nothing"
    client.post(link)
    assert is_in(client)


def test_a_taken_handle_is_told_by_mail_alone(ada: User) -> None:
    Client().post("/accounts/signup/", {**SIGN_UP, "username": "Ada", "email": "eve@example.org"})
    eve = User.objects.get(email="eve@example.org")
    assert re.fullmatch(r"ada-\d{4}", eve.handle)
    assert f"@{eve.handle}" in to("eve@example.org")[-1]


def test_confirming_elsewhere_signs_nobody_in(ada: User) -> None:
    Client().post("/accounts/signup/", {**SIGN_UP, "email": "eve@example.org"})
    [link] = LINK.findall(to("eve@example.org")[-1])
    elsewhere = Client()
    elsewhere.post(link)
    assert EmailAddress.objects.get(email="eve@example.org").verified
    assert not is_in(elsewhere)


# --- A mail server that is away


def test_mail_that_cannot_go_out_is_said(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_given: Any, **_options: Any) -> int:
        raise SMTPServerDisconnected

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    answers = [Client().post(RESET, {"email": address}) for address in ("ada@example.org", "no@example.org")]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert answers[0]["Retry-After"] == "60"
    client = Client()
    sign_in(client, ada)
    changed = client.post("/accounts/password/change/", {"oldpassword": PASSWORD, **NEW})
    assert changed.status_code == 302, "what was done is done, told or not"


def test_mails_are_plain_and_hold_one_link(ada: User) -> None:
    client = Client()
    sign_in(client, ada)
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, **NEW})
    client.post(ADDRESS, {"email": "new@example.org", "action_add": ""})
    asked("ada@example.org")
    asked("nobody@example.org")
    Client().post(RESET, {"email": "ada@example.org"})
    assert len(mail.outbox) == 5
    for message in mail.outbox:
        assert not getattr(message, "alternatives", [])
        assert len(LINK.findall(message.body)) == (0 if "code" in message.subject else 1), message.body
        assert message.body.rstrip().endswith("-- \nHarbour"), message.body
        assert "{" not in message.body
        assert "\n\n\n" not in message.body
