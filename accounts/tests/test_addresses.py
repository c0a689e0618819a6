"""E-mail addresses: what counts before it is proven, and changing to another."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.proofs import opened_by
from accounts.tests.mailing import ADDRESS, LINK, RESET, SIGN_UP, plain, to
from chatsite.testing import PASSWORD, sign_in

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("email_url"),
    pytest.mark.urls("accounts.tests.mail_urls"),
]

# --- Addresses that are only said


def test_a_pending_address_opens_nothing(proven: User) -> None:
    """Somebody waits with another's address in an account of his own, for its owner to land there."""
    EmailAddress.objects.create(user=proven, email="victim@example.org")
    User.objects.filter(pk=proven.pk).update(last_login=timezone.now())
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


def test_another_address_is_proven_first_and_the_old_one_told(proven: User) -> None:
    client = Client()
    sign_in(client, proven)
    client.post(ADDRESS, {"email": "New@example.org", "action_add": ""})
    proven.refresh_from_db()
    assert proven.email == "ada@example.org"
    assert "waits to be confirmed" in client.get(ADDRESS).content.decode()
    [link] = LINK.findall(to("new@example.org")[-1])
    client.post(link)
    proven.refresh_from_db()
    assert proven.email == "new@example.org"
    assert [(claim.email, claim.verified) for claim in EmailAddress.objects.all()] == [("new@example.org", True)]
    told = to("ada@example.org")[-1]
    assert "new@example.org" in told
    assert "no longer ada@example.org" in told


def test_a_proof_works_once_and_for_its_own_address(proven: User) -> None:
    client = Client()
    sign_in(client, proven)
    client.post(ADDRESS, {"email": "new@example.org", "action_add": ""})
    [link] = LINK.findall(to("new@example.org")[-1])
    cache.clear()
    client.post(ADDRESS, {"email": "newer@example.org", "action_add": ""})
    client.post(link)
    proven.refresh_from_db()
    assert proven.email == "ada@example.org", "it was thought better of"
    [newer] = LINK.findall(to("newer@example.org")[-1])
    client.post(newer)
    client.post(newer)
    proven.refresh_from_db()
    assert proven.email == "newer@example.org"


def test_a_taken_address_is_not_told(proven: User, make_person: Callable[..., User]) -> None:
    client = Client()
    sign_in(client, make_person("bob"))
    pages = []
    for address in ("ada@example.org", "free@example.org"):
        cache.clear()
        client.post(ADDRESS, {"email": address, "action_add": ""})
        pages.append(plain(client.get(ADDRESS)))
    assert pages[0] == pages[1]


def test_without_mail_it_counts_at_once(proven: User, settings: Settings, make_person: Callable[..., User]) -> None:
    settings.SENDS_MAIL, settings.ACCOUNT_EMAIL_VERIFICATION = False, "none"
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = False
    make_person("bob", email="bob@example.org")
    client = Client()
    sign_in(client, proven)
    client.post(ADDRESS, {"email": "New@example.org", "action_add": ""})
    page = client.post(ADDRESS, {"email": "bob@example.org", "action_add": ""}).content.decode()
    assert 'role="alert"' in page
    proven.refresh_from_db()
    assert proven.email == "new@example.org"
    assert mail.outbox == []
    assert Client().post("/accounts/login/", {"login": "new@example.org", "password": PASSWORD})["Location"] == "/"
