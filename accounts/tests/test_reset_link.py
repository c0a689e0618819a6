"""An administrator's one-time link: who makes it, for whom, and when it holds no more."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.reset_tokens import sealed
from chat import actions
from chat.errors import ChatError
from chat.groups import ADMINISTRATORS
from chat.models import AuditEntry
from chatsite.testing import PASSWORD, sign_in

pytestmark = pytest.mark.django_db

NEW = {"password1": "orange-lighthouse-3", "password2": "orange-lighthouse-3"}
OFFER = 'name="password1"'


@pytest.fixture
def ada(in_use: None, make_person: Callable[..., User]) -> User:
    return make_person("ada")


@pytest.fixture
def keeper(make_person: Callable[..., User]) -> User:
    """One of the site's administrators, and no superuser."""
    person = make_person("keeper", is_staff=True)
    person.groups.add(Group.objects.get(name=ADMINISTRATORS))
    return person


@pytest.fixture
def root(make_person: Callable[..., User]) -> User:
    return make_person("boss", is_staff=True, is_superuser=True)


def link_for(person: User, by: User) -> str:
    return actions.make_reset_link(actor=by, user_id=person.pk, reason="Forgot it").removeprefix("http://testserver")


def opens(link: str) -> bool:
    return OFFER in Client().get(link, follow=True).content.decode()


def use(link: str, new: dict[str, str] = NEW) -> int:
    client = Client()
    form = client.get(link, follow=True)
    return client.post(form.redirect_chain[-1][0] if form.redirect_chain else link, new).status_code


def test_it_leads_to_a_new_password_once(ada: User, keeper: User) -> None:
    held = Client()
    held.force_login(ada)
    link = link_for(ada, keeper)
    assert use(link) == 302
    ada.refresh_from_db()
    assert ada.check_password(NEW["password1"])
    assert held.get("/settings/").status_code == 302, "what the old password opened is closed"
    assert not opens(link)
    use(link, {"password1": "violet-umbrella-8", "password2": "violet-umbrella-8"})
    ada.refresh_from_db()
    assert ada.check_password(NEW["password1"]), "the link works once"


def test_it_is_in_the_book_without_the_link(ada: User, keeper: User) -> None:
    link = link_for(ada, keeper)
    entry = AuditEntry.objects.get(verb="person.reset_link")
    assert (entry.actor, entry.person, entry.target, entry.reason) == (keeper, ada, f"person:{ada.pk}", "Forgot it")
    assert link.split("-")[-1].strip("/") not in repr(AuditEntry.objects.values_list())


def test_a_newer_link_ends_the_older(ada: User, keeper: User) -> None:
    older, newer = link_for(ada, keeper), link_for(ada, keeper)
    assert (opens(older), opens(newer)) == (False, True)


def test_anothers_link_ends_nothing(ada: User, keeper: User, make_person: Callable[..., User]) -> None:
    hers = link_for(ada, keeper)
    link_for(make_person("bob"), keeper)
    assert opens(hers)


def test_it_ends_after_a_day(ada: User, keeper: User, settings: Settings) -> None:
    link = link_for(ada, keeper)
    assert opens(link)
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert not opens(link)


@pytest.mark.parametrize("change", ["password", "last_login", "is_active", "kind"])
def test_it_ends_with(change: str, ada: User, keeper: User) -> None:
    link = link_for(ada, keeper)
    now = {"password": "x", "last_login": timezone.now() + timedelta(1), "is_active": False, "kind": "bot"}[change]
    User.objects.filter(pk=ada.pk).update(**{change: now})
    assert not opens(link)


def test_made_up_seals(ada: User, keeper: User, make_person: Callable[..., User]) -> None:
    link, bob = link_for(ada, keeper), make_person("bob")
    number = AuditEntry.objects.get(verb="person.reset_link").pk
    place, key = link.rsplit("/key/", 1)
    uid = key.split("-")[0]
    others, digit = sealed(bob, number), "1" if key[-2] == "0" else "0"
    for wrong in (
        f"{key[:-2]}{digit}/",
        others,
        f"{sealed(ada, number + 1)}",
        ".",
        "0.",
        f".{'0' * 40}",
        "zzzzzzzzzzzzzz.x",
    ):
        assert not opens(f"{place}/key/{uid}-{wrong.removeprefix(f'{uid}-').strip('/')}/"), wrong
    assert opens(link), "the premise"


def refusal(person: User, by: User, reason: str = "Forgot it") -> str:
    try:
        actions.make_reset_link(actor=by, user_id=person.pk, reason=reason)
    except ChatError as error:
        return error.code
    return ""


def test_who_may(ada: User, keeper: User, root: User, warden: User, make_person: Callable[..., User]) -> None:
    system = User.objects.system()
    assert [refusal(ada, by) for by in (keeper, root, system)] == ["", "", ""]
    assert [refusal(ada, by) for by in (warden, ada, make_person("bob", is_staff=True))] == ["forbidden"] * 3
    assert [refusal(root, by) for by in (keeper, root, system)] == ["forbidden", "", ""]
    User.objects.filter(pk=keeper.pk).update(is_staff=False)
    assert refusal(ada, keeper) == "forbidden", "as the database says now"


def test_for_whom(ada: User, root: User, make_person: Callable[..., User]) -> None:
    bot, gone = make_person("bot", kind="bot"), make_person("gone", is_active=False)
    assert [refusal(each, root) for each in (bot, User.objects.system(), gone)] == ["not_found"] * 2 + ["conflict"]
    assert refusal(ada, root, " ") == "invalid"
    assert not AuditEntry.objects.exists()


def test_in_the_admin(ada: User, keeper: User) -> None:
    client = Client()
    sign_in(client, keeper)
    place = f"/admin/accounts/user/{ada.pk}/acts/reset-link/"
    assert "Link for a new password" in client.get(f"/admin/accounts/user/{ada.pk}/change/").content.decode()
    answer = client.post(place, {"confirmed": "yes", "reason": "Forgot it"})
    page = answer.content.decode()
    link = page.split('value="http://testserver')[1].split('"')[0]
    assert "no-store" in answer["Cache-Control"]
    assert opens(link)
    assert "sessionid" not in answer.cookies or "/key/" not in answer.cookies["sessionid"].value
    assert "messages" not in answer.cookies or "/key/" not in answer.cookies["messages"].value


def test_moderators_make_none(ada: User, warden: User) -> None:
    client = Client()
    sign_in(client, warden)
    place = f"/admin/accounts/user/{ada.pk}/acts/reset-link/"
    answer = client.post(place, {"confirmed": "yes", "reason": "Forgot it"}, follow=True)
    assert "/key/" not in answer.content.decode()
    assert not AuditEntry.objects.exists()


def test_on_the_command_line(ada: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("reset_link", "@Ada")
    [line] = capsys.readouterr().out.splitlines()
    assert opens(line.removeprefix("http://testserver"))
    assert AuditEntry.objects.get().actor == User.objects.system()
    for handle in ("nobody", "system"):
        with pytest.raises(CommandError):
            call_command("reset_link", handle)


def test_what_one_remembered_in_time_ends_it(ada: User, keeper: User) -> None:
    link = link_for(ada, keeper)
    Client().post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    assert not opens(link)
