"""Making an account by an invitation, under each rule of SIGNUP, and where it leads."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from accounts import doorway
from accounts.models import User
from chat import actions
from chat.errors import Forbidden
from chat.models import Invite, Membership, Restriction, Room
from chatsite.testing.provider import Provider
from chatsite.testing.social import go_through, sign_up

PASSWORD = "violet-umbrella-8"
GIVEN = {"name": "Eve", "username": "eve", "password1": PASSWORD}
pytestmark = pytest.mark.django_db


@pytest.fixture
def invite(alice: User, private_room: Room) -> Invite:
    """For one, into alice's private room."""
    return actions.make_invite(actor=alice, room_id=private_room.pk, expires_at=None, uses_limit=1)


@pytest.fixture
def site_invite(make_person: Callable[..., User]) -> Invite:
    """For one, onto the site."""
    boss = make_person("boss", is_staff=True, is_superuser=True)
    return actions.make_invite(actor=boss, room_id=None, expires_at=None, uses_limit=1)


def come(client: Client, invite: Invite, way: str = "sign-up") -> str:
    """Press a button of the page that the link opens; where that leads."""
    return str(client.post(f"/join/{invite.token}/", {"way": way})["Location"])


def uses_of(invite: Invite) -> int:
    return Invite.objects.get(pk=invite.pk).uses


def is_in(handle: str, room: Room) -> bool:
    return Membership.objects.present().filter(user__handle=handle, room=room).exists()


@pytest.mark.parametrize("rule", ["open", "invite"])
def test_into_a_room(rule: str, client: Client, settings: Settings, invite: Invite, private_room: Room) -> None:
    settings.SIGNUP = rule
    assert come(client, invite) == "/accounts/signup/"
    page = client.get("/accounts/signup/").content.decode()
    assert "password1" in page
    assert "After this you come into <bdi>Captains</bdi>." in page
    key = client.session.session_key
    answer = client.post("/accounts/signup/", GIVEN)
    assert answer["Location"] == private_room.get_absolute_url()
    assert is_in("eve", private_room)
    assert uses_of(invite) == 1
    assert client.session.session_key != key, "no key from before the sign-in is one after it"
    assert doorway.KEPT not in client.session
    assert "Eve" in client.get(answer["Location"]).content.decode()


def test_onto_the_site(client: Client, settings: Settings, site_invite: Invite) -> None:
    settings.SIGNUP = "invite"
    come(client, site_invite)
    answer = client.post("/accounts/signup/", GIVEN, follow=True)
    assert answer.redirect_chain[0][0] == "/"
    assert "invitation" not in answer.content.decode(), "no word about a link that did its work"
    assert User.objects.filter(handle="eve", is_staff=False, is_superuser=False).exists()
    assert uses_of(site_invite) == 1


@pytest.mark.parametrize("kind", ["invite", "site_invite"])
def test_closed_is_closed(kind: str, client: Client, settings: Settings, request: pytest.FixtureRequest) -> None:
    settings.SIGNUP = "closed"
    invite = request.getfixturevalue(kind)
    assert "Make an account" not in client.get(f"/join/{invite.token}/").content.decode()
    assert come(client, invite) == "/accounts/login/"
    assert "password1" not in client.get("/accounts/signup/").content.decode()
    client.post("/accounts/signup/", GIVEN)
    assert not User.objects.filter(handle="eve").exists()
    assert uses_of(invite) == 0


def test_a_visit_alone_keeps_nothing(client: Client, settings: Settings, invite: Invite) -> None:
    """A link in a mail, a preview of it or somebody else's page makes nobody join anything."""
    settings.SIGNUP = "invite"
    answer = client.get(f"/join/{invite.token}/")
    assert answer.status_code == 200
    assert "sessionid" not in answer.cookies
    assert "password1" not in client.get("/accounts/signup/").content.decode()


@pytest.mark.parametrize("end", ["withdrawn", "run out", "used up", "kept too long"])
def test_too_late(
    end: str, client: Client, settings: Settings, invite: Invite, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SIGNUP = "invite"
    come(client, invite)
    if end == "withdrawn":
        actions.withdraw_invite(actor=alice, invite_id=invite.pk)
    elif end == "kept too long":
        monkeypatch.setattr(doorway, "KEPT_SECONDS", 0)
        come(client, invite)
    else:
        past = timezone.now() - timedelta(seconds=1)
        Invite.objects.filter(pk=invite.pk).update(**{"expires_at": past} if end == "run out" else {"uses": 1})
    assert "password1" not in client.get("/accounts/signup/").content.decode()
    client.post("/accounts/signup/", GIVEN)
    assert not User.objects.filter(handle="eve").exists()


def test_used_up_while_the_form_was_filled_in(client: Client, settings: Settings, invite: Invite) -> None:
    """Where everybody may sign up the form stays open; by the link that is gone there is no account, without it one."""
    come(client, invite)
    Invite.objects.filter(pk=invite.pk).update(uses=1)
    answer = client.post("/accounts/signup/", GIVEN)
    assert answer.status_code == 409
    assert "used up or withdrawn" in answer.content.decode()
    assert not User.objects.filter(handle="eve").exists()
    client.post("/accounts/signup/", GIVEN)
    assert User.objects.filter(handle="eve").exists()
    assert uses_of(invite) == 1


def test_signing_in_leads_into_the_room(client: Client, mallory: User, invite: Invite, private_room: Room) -> None:
    assert come(client, invite, "sign-in") == "/accounts/login/"
    answer = client.post("/accounts/login/", {"login": "mallory", "password": "correct horse battery"})
    assert answer["Location"] == private_room.get_absolute_url()
    assert is_in("mallory", private_room)
    assert uses_of(invite) == 1


def test_a_refused_guest_is_signed_in_and_told(
    client: Client, alice: User, mallory: User, invite: Invite, private_room: Room
) -> None:
    Restriction.objects.create(kind="ban", user=mallory, room=private_room, by=alice, reason="Spam")
    come(client, invite, "sign-in")
    given = {"login": "mallory", "password": "correct horse battery"}
    answer = client.post("/accounts/login/", given, follow=True)
    assert answer.wsgi_request.user == mallory
    assert "is banned from this room" in answer.content.decode()
    assert not is_in("mallory", private_room)


def test_a_second_factor_comes_before_the_room(
    client: Client, mallory: User, invite: Invite, private_room: Room
) -> None:
    TOTP.activate(mallory, "JBSWY3DPEHPK3PXP")
    code = RecoveryCodes.activate(mallory).generate_codes()[0]
    come(client, invite, "sign-in")
    client.post("/accounts/login/", {"login": "mallory", "password": "correct horse battery"})
    assert not is_in("mallory", private_room)
    answer = client.post("/accounts/2fa/authenticate/", {"code": code})
    assert answer["Location"] == private_room.get_absolute_url()
    assert is_in("mallory", private_room)


def test_signing_out_forgets_the_invitation(client: Client, mallory: User, invite: Invite, private_room: Room) -> None:
    come(client, invite, "sign-in")
    assert doorway.KEPT in client.session
    client.force_login(mallory)
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": "mallory", "password": "correct horse battery"})
    assert not is_in("mallory", private_room)


def test_another_browser_has_no_part_in_it(client: Client, settings: Settings, invite: Invite) -> None:
    settings.SIGNUP = "invite"
    come(client, invite)
    assert "password1" not in Client().get("/accounts/signup/").content.decode()


@pytest.mark.parametrize("browser", ["same", "another"])
def test_where_mail_arrives(
    browser: str,
    client: Client,
    settings: Settings,
    invite: Invite,
    private_room: Room,
    mails: Callable[[], list[str]],
) -> None:
    """The use counts with the account, the room opens with the first sign-in, on whichever device that is."""
    settings.SIGNUP, settings.ACCOUNT_EMAIL_VERIFICATION = "invite", "mandatory"
    come(client, invite)
    client.post("/accounts/signup/", {**GIVEN, "email": "eve@example.org"})
    assert uses_of(invite) == 1
    assert not is_in("eve", private_room), "an address that nobody has proven is no member"
    there = client if browser == "same" else Client()
    link = next(word for word in mails()[0].split() if "/confirm-email/" in word)
    answer = there.post(link.removeprefix("http://testserver"))
    if "_auth_user_id" not in there.session:
        answer = there.post("/accounts/login/", {"login": "eve", "password": PASSWORD})
    assert answer["Location"] == private_room.get_absolute_url()
    assert is_in("eve", private_room)
    assert uses_of(invite) == 1


def test_a_taken_address_uses_nothing(
    client: Client,
    settings: Settings,
    invite: Invite,
    make_person: Callable[..., User],
    mails: Callable[[], list[str]],
) -> None:
    settings.SIGNUP, settings.ACCOUNT_EMAIL_VERIFICATION = "invite", "mandatory"
    make_person("taken", email="eve@example.org")
    come(client, invite)
    client.post("/accounts/signup/", {**GIVEN, "email": "eve@example.org"})
    assert not User.objects.filter(handle="eve").exists()
    assert uses_of(invite) == 0


def test_a_form_with_mistakes_uses_nothing(client: Client, settings: Settings, invite: Invite) -> None:
    settings.SIGNUP = "invite"
    come(client, invite)
    for wrong in ({"password1": "x"}, {"username": "alice"}, {"name": ""}):
        client.post("/accounts/signup/", {**GIVEN, **wrong})
    assert uses_of(invite) == 0
    client.post("/accounts/signup/", GIVEN)
    assert uses_of(invite) == 1


def test_before_the_set_up_nobody_comes(invite: Invite, settings: Settings) -> None:
    client = Client()
    come(client, invite)
    client.post("/accounts/signup/", GIVEN)
    assert not User.objects.filter(handle="eve").exists()


def test_the_sign_in_page_offers_an_account_to_the_invited(client: Client, settings: Settings, invite: Invite) -> None:
    settings.SIGNUP = "invite"
    page = client.get("/accounts/login/").content.decode()
    assert "/accounts/signup/" not in page
    assert "After this" not in page
    come(client, invite)
    assert "/accounts/signup/" in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("rule", ["invite", "closed"])
def test_the_last_judge_needs_no_page_before_it(
    rule: str, in_use: None, rf: RequestFactory, settings: Settings
) -> None:
    """Whatever view of whatever provider makes an account: without an invitation there is none."""
    settings.SIGNUP = rule
    request = rf.post("/accounts/signup/")
    request.session = SessionStore()
    with pytest.raises(Forbidden):
        doorway.let_in(request, User(handle="eve", name="Eve"))
    assert not User.objects.filter(handle="eve").exists()


# --- By an account at another site


def test_by_another_site_into_a_room(
    client: Client, settings: Settings, provider: Provider, invite: Invite, private_room: Room
) -> None:
    settings.SIGNUP = "invite"
    come(client, invite)
    assert go_through(client, "google")["Location"] == "/accounts/3rdparty/signup/"
    answer = client.post("/accounts/3rdparty/signup/", {"username": "grace", "name": "Grace"})
    assert answer["Location"] == private_room.get_absolute_url()
    assert is_in("grace", private_room)
    assert uses_of(invite) == 1


def test_by_another_site_too_late(client: Client, provider: Provider, invite: Invite) -> None:
    come(client, invite)
    go_through(client, "google")
    Invite.objects.filter(pk=invite.pk).update(uses=1)
    answer = client.post("/accounts/3rdparty/signup/", {"username": "grace", "name": "Grace"})
    assert answer.status_code == 409
    assert not User.objects.filter(handle="grace").exists()
    assert not SocialAccount.objects.exists()


def test_back_by_another_site_into_a_room(
    client: Client, settings: Settings, provider: Provider, invite: Invite, private_room: Room
) -> None:
    sign_up(Client(), "google")
    settings.SIGNUP = "closed"
    come(client, invite, "sign-in")
    assert go_through(client, "google")["Location"] == private_room.get_absolute_url()
    assert is_in("grace", private_room)
