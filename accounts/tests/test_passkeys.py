"""Passkeys as forms get them: true ones, those of others, and what is no passkey at all."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.tests.device import Device, options
from accounts.tests.second_step import give_password, is_in
from chatsite.testing import sign_in

pytestmark = pytest.mark.django_db

ADD, LOGIN, SECOND = "/accounts/2fa/webauthn/add/", "/accounts/2fa/webauthn/login/", "/accounts/2fa/authenticate/"
CONFIRM = "/accounts/2fa/webauthn/reauthenticate/"


@pytest.fixture(autouse=True)
def _at_localhost(settings: Settings) -> None:
    """Where passkeys work without https."""
    settings.SITE_URLS = ["http://localhost"]
    settings.ALLOWED_HOSTS = ["localhost", "chat.localhost"]


@pytest.fixture
def browser_of(in_use: None) -> Callable[..., Client]:
    def make(person: User | None = None, *, host: str = "localhost") -> Client:
        client = Client(headers={"host": host})
        if person is not None:
            sign_in(client, person)
        return client

    return make


@pytest.fixture
def ada(make_person: Callable[..., User]) -> User:
    return make_person("ada")


@pytest.fixture
def key(browser_of: Callable[..., Client], ada: User) -> Device:
    """ada's, added as she adds it."""
    device = Device()
    assert add(browser_of(ada), device)["Location"] == "/accounts/2fa/recovery-codes/"
    return device


def add(client: Client, device: Device, name: str = "Phone", **how: Any) -> Any:
    said = device.add(options(client.get(ADD)), **how)
    return client.post(ADD, {"name": name, "credential": json.dumps(said)})


def login_options(client: Client) -> dict[str, Any]:
    return options(client.get(LOGIN, headers={"accept": "application/json"}))


def sign_in_by(client: Client, device: Device, **how: Any) -> Any:
    said = device.sign(login_options(client), **how)
    return client.post(LOGIN, {"credential": json.dumps(said), "next": "/settings/"})


def test_a_passkey_signs_in_without_a_second_step(browser_of: Callable[..., Client], key: Device) -> None:
    client = browser_of()
    assert sign_in_by(client, key)["Location"] == "/settings/"
    assert is_in(client)
    assert Authenticator.objects.get(type="webauthn").last_used_at is not None


def test_it_is_the_second_step_of_a_password(browser_of: Callable[..., Client], key: Device) -> None:
    client = browser_of()
    assert give_password(client)["Location"] == SECOND
    said = key.sign(options(client.get(SECOND)), verified=False)  # the password says who it is
    client.post(SECOND, {"credential": json.dumps(said)})
    assert is_in(client)


def test_a_key_alone_must_have_seen_its_owner(browser_of: Callable[..., Client], key: Device) -> None:
    client = browser_of()
    sign_in_by(client, key, verified=False)
    assert not is_in(client)


def test_nor_by_a_question_of_another_page(
    browser_of: Callable[..., Client], key: Device, make_person: Callable[..., User]
) -> None:
    """The second step of one's own account asks for less; its question must not do for signing in as the other."""
    eve, own = make_person("eve"), Device()
    add(browser_of(eve), own)
    client = browser_of()
    give_password(client, login="eve")
    said = key.sign(options(client.get(SECOND)), verified=False)
    session = client.session
    del session["account_login"]  # as after a quarter of an hour, when the second step is over and its question stays
    session.save()
    client.post(LOGIN, {"credential": json.dumps(said)})
    assert not is_in(client)


def test_a_signature_counts_once(browser_of: Callable[..., Client], key: Device) -> None:
    client = browser_of()
    said = json.dumps(key.sign(login_options(client)))
    client.post(LOGIN, {"credential": said})
    assert is_in(client)
    client.post("/accounts/logout/")
    client.post(LOGIN, {"credential": said})
    assert not is_in(client)
    thief = browser_of()
    login_options(thief)
    thief.post(LOGIN, {"credential": said})
    assert not is_in(thief)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.localhost",
        "http://localhost:8443",
        "https://localhost",
        "http://localhost.evil.example",
        "null",
        "",
    ],
)
def test_what_was_signed_at_another_site_is_refused(
    origin: str, browser_of: Callable[..., Client], key: Device
) -> None:
    """The library would take any port, and pages of any subdomain."""
    client = browser_of()
    sign_in_by(client, key, origin=origin)
    assert not is_in(client)


def test_nor_is_a_key_added_from_there(browser_of: Callable[..., Client], ada: User) -> None:
    answer = add(browser_of(ada), Device(), origin="http://evil.localhost")
    assert "That passkey did not do." in answer.content.decode()
    assert not Authenticator.objects.exists()


def test_a_key_says_nobody_else_is_here(
    browser_of: Callable[..., Client], key: Device, make_person: Callable[..., User]
) -> None:
    from allauth.account.utils import user_pk_to_url_str
    from fido2.utils import websafe_encode

    eve = websafe_encode(user_pk_to_url_str(make_person("eve")).encode())
    client = browser_of()
    for owner in (eve, websafe_encode(b"999999"), websafe_encode(b"9" * 40), websafe_encode(b"x"), "AA", "!"):
        answer = sign_in_by(client, key, owner=owner)
        assert answer["Location"] == "/accounts/login/?next=%2Fsettings%2F"
        assert not is_in(client)


@pytest.mark.parametrize("state", ["banned", "closed"])
def test_who_is_out_stays_out(state: str, browser_of: Callable[..., Client], key: Device, ada: User) -> None:
    from chat.models import Restriction

    if state == "closed":
        User.objects.filter(pk=ada.pk).update(is_active=False)
    else:
        Restriction.objects.create(kind="ban", user=ada, by=ada, reason="Spam")
    client = browser_of()
    assert sign_in_by(client, key)["Location"] == "/accounts/inactive/"
    assert not is_in(client)


def test_it_confirms_that_it_is_you(browser_of: Callable[..., Client], key: Device, ada: User) -> None:
    client = browser_of()
    sign_in(client, ada, ago=3600)
    assert client.get("/accounts/email/").status_code == 302
    said = key.sign(options(client.get(CONFIRM)))
    assert client.post(CONFIRM, {"credential": json.dumps(said), "next": "/accounts/email/"})["Location"] == (
        "/accounts/email/"
    )
    assert client.get("/accounts/email/").status_code == 200


def test_a_wrong_one_is_asked_for_again(browser_of: Callable[..., Client], key: Device, ada: User) -> None:
    client = browser_of()
    sign_in(client, ada, ago=3600)
    said = json.dumps(key.sign(options(client.get(CONFIRM)), origin="http://evil.localhost"))
    answer = client.post(CONFIRM, {"credential": said, "next": "/accounts/email/"}, follow=True)
    assert answer.redirect_chain == [(f"{CONFIRM}?next=%2Faccounts%2Femail%2F", 302)]
    assert "That passkey did not do." in answer.content.decode()
    assert client.get("/accounts/email/").status_code == 302


def test_questions_are_limited(browser_of: Callable[..., Client]) -> None:
    """Each makes a session: a row, for whoever asks."""
    answers = [browser_of().get(LOGIN, headers={"accept": "application/json"}).status_code for _question in range(31)]
    assert answers == [200] * 30 + [429]


# --- Keeping them


def test_only_what_is_read_again_is_kept(browser_of: Callable[..., Client], ada: User) -> None:
    client, device = browser_of(ada), Device()
    said = device.add(options(client.get(ADD))) | {"junk": "\0" * 10}
    said["clientExtensionResults"]["more"] = "\0"
    client.post(ADD, {"name": "", "credential": json.dumps(said)})
    held = Authenticator.objects.get(type="webauthn").data
    assert held["name"] == "Passkey"
    assert set(held["credential"]) == {"id", "rawId", "type", "response", "clientExtensionResults"}
    assert held["credential"]["clientExtensionResults"] == {"credProps": {"rk": True}}
    assert sign_in_by(browser_of(), device)["Location"] == "/settings/"


def test_there_is_a_bound(browser_of: Callable[..., Client], key: Device, ada: User) -> None:
    held = Authenticator.objects.get(type="webauthn")
    Authenticator.objects.bulk_create(Authenticator(user=ada, type="webauthn", data=held.data) for _more in range(19))
    assert "You have 20 passkeys" in add(browser_of(ada), Device()).content.decode()
    assert Authenticator.objects.filter(type="webauthn").count() == 20


def test_names_are_names(browser_of: Callable[..., Client], key: Device, ada: User) -> None:
    client = browser_of(ada)
    address = f"/accounts/2fa/webauthn/keys/{Authenticator.objects.get(type='webauthn').pk}/edit/"
    for wrong in ("", "a\u202eb", "x" * 81):
        assert client.post(address, {"name": wrong}).status_code == 200
    client.post(address, {"name": "<b>Bold</b>"})
    assert "&lt;b&gt;Bold&lt;/b&gt;" in client.get("/accounts/2fa/").content.decode()


def test_others_keys_are_not_there(
    browser_of: Callable[..., Client], key: Device, make_person: Callable[..., User]
) -> None:
    client = browser_of(make_person("eve"))
    number = Authenticator.objects.get(type="webauthn").pk
    for act in ("edit", "remove"):
        for ask in (client.get, client.post):
            assert ask(f"/accounts/2fa/webauthn/keys/{number}/{act}/").status_code == 404
    assert Authenticator.objects.filter(pk=number).exists()


def test_the_last_way_in_stays(browser_of: Callable[..., Client], key: Device, ada: User) -> None:
    ada.set_unusable_password()
    ada.save()
    client = browser_of(ada)
    number = Authenticator.objects.get(type="webauthn").pk
    answer = client.post(f"/accounts/2fa/webauthn/keys/{number}/remove/", follow=True)
    assert "This is your last way in" in answer.content.decode()
    assert Authenticator.objects.filter(pk=number).exists()
    add(client, Device(), discoverable=False)  # it cannot sign in by itself
    assert "Second factor only." in client.get("/accounts/2fa/").content.decode()
    client.post(f"/accounts/2fa/webauthn/keys/{number}/remove/")
    assert Authenticator.objects.filter(pk=number).exists()
    add(client, Device())
    answer = client.post(f"/accounts/2fa/webauthn/keys/{number}/remove/", follow=True)
    assert "The passkey is removed" in answer.content.decode()
    assert not Authenticator.objects.filter(pk=number).exists()


# --- What is no passkey at all


HOSTILE = {
    "empty": {},
    "null": None,
    "text": "x",
    "list": [1],
    "number": 7,
    "deep": [[[[[[[[[["x"]]]]]]]]]],
    "no response": {"id": "AA", "rawId": "AA", "type": "public-key"},
    "null response": {"id": "AA", "rawId": "AA", "response": None},
    "text response": {"id": "AA", "rawId": "AA", "response": "x"},
    "other ids": {"id": "AA", "rawId": "BB", "response": {}},
    "number id": {"id": 1, "rawId": 1, "response": {}},
    "not base64": {"id": "!", "rawId": "!", "response": {"clientDataJSON": "!", "authenticatorData": "?"}},
    "short": {"rawId": "AA", "response": {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA"}},
    "client data is a list": {"rawId": "AA", "response": {"clientDataJSON": "W10", "attestationObject": "oA"}},
    "broken cbor": {"rawId": "AA", "response": {"clientDataJSON": "e30", "attestationObject": "_____w"}},
}


@pytest.mark.parametrize("address", [LOGIN, SECOND, CONFIRM, ADD])
def test_hostile_documents_are_wrong_and_no_error_of_ours(
    address: str, browser_of: Callable[..., Client], key: Device, ada: User
) -> None:
    client = browser_of(ada if address in {CONFIRM, ADD} else None)
    for name, said in HOSTILE.items():
        cache.clear()
        if address == SECOND:
            give_password(client)
        client.get(address, headers={"accept": "application/json"} if address == LOGIN else {})
        answer = client.post(address, {"credential": json.dumps(said), "name": "Key"})
        assert answer.status_code in {200, 302}, name
        assert address not in {LOGIN, SECOND} or not is_in(client)
    assert Authenticator.objects.filter(type="webauthn").count() == 1
