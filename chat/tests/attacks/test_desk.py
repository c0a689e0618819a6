"""The admin as a door: acts by those who may not, on what is closed to them, with absurd words and numbers."""

from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import reverse

from chat import actions
from chat.models import AuditEntry, Membership, Message, Opening
from chat.tests.attacks.rows import ACTS, ADMIN
from chat.tests.attacks.scene import PRIVATE, Scene, news, traces, undone

pytestmark = pytest.mark.django_db

# Who may not act: `helper` may enter the admin, `viewer` may look at everything.
REFUSED = ("nobody", "bob", "helper", "viewer")


def at(desk: Scene, act: str, kind: str = "public", **parts: Any) -> str:
    model, name = act.split()
    page = f"admin:{model.replace('.', '_')}_act"
    return reverse(page, kwargs={**desk.fill(ACTS[act].parts, kind), **parts, "act": name})


def listing(act: str) -> str:
    return reverse(f"admin:{act.split()[0].replace('.', '_')}_changelist")


def act_on(desk: Scene, act: str, who: str, kind: str = "public", **changes: Any) -> Any:
    given = desk.fill(ACTS[act].given, kind) | {"confirmed": "1"} | changes
    return desk.client(who).post(at(desk, act, kind), given)


def act_in_bulk(desk: Scene, act: str, who: str, kind: str = "public", **changes: Any) -> Any:
    ticks = {"action": act.split()[1], ACTION_CHECKBOX_NAME: desk.fill(ACTS[act].parts, kind)["object_id"]}
    given = desk.fill(ACTS[act].given, kind) | {"confirmed": "1"} | ticks | changes
    return desk.client(who).post(listing(act), given)


WAYS = {"one": act_on, "in bulk": act_in_bulk}


@pytest.mark.parametrize("act", ACTS)
def test_only_moderators_of_the_site_act(act: str, desk: Scene) -> None:
    before = traces()
    for way, do in WAYS.items():
        for who in REFUSED:
            answer = do(desk, act, who)
            # In bulk the list is there for who may look; it has no menu for them.
            assert answer.status_code in ({200, 302, 403} if way == "in bulk" else {302, 403}), (way, who)
            assert desk.client(who).get(at(desk, act)).status_code in {302, 403}, (way, who)
        assert not news(before), way
        with undone():
            assert do(desk, act, ACTS[act].first or "moderator").status_code in {200, 302}, way
            assert "chat.AuditEntry" in news(before), f"the premise: {way} does something, and writes it down"


@pytest.mark.parametrize("act", [act for act in ACTS if not act.startswith("accounts.")])
def test_what_is_in_a_private_room_is_not_there(act: str, desk: Scene) -> None:
    before = traces()
    for who in ("moderator", "superuser"):
        for answer in (
            desk.client(who).get(at(desk, act, "private"), follow=True),
            act_on(desk, act, who, "private"),
            act_in_bulk(desk, act, who, "private"),
        ):
            assert PRIVATE not in answer.content.decode(), who
            assert "private-harbour" not in answer.content.decode(), who
        assert not news(before), who
    if act.startswith("chat.message"):
        assert act_on(desk, act, "moderator", "private").status_code == 404


def test_no_act_reaches_into_a_private_room(desk: Scene) -> None:
    room, before = desk.rooms["private"].pk, traces()
    for act in ("accounts.user mute", "accounts.user ban", "accounts.user remove"):
        for who in ("moderator", "superuser"):
            for do in WAYS.values():
                answer = do(desk, act, who, place=str(room))
                assert answer.status_code in {302, 400}, (act, who)
                assert PRIVATE not in answer.content.decode()
                assert "private-harbour" not in answer.content.decode()
    assert not news(before)


@pytest.mark.parametrize("act", [act for act in ACTS if act.startswith("accounts.") and not act.endswith("lift")])
def test_moderators_leave_each_other_alone(act: str, desk: Scene) -> None:
    before = traces()
    for whom in ("boss", "mallory", "rival"):
        given = desk.fill(ACTS[act].given) | {"confirmed": "1"}
        answer = desk.client("moderator").post(at(desk, act, object_id=desk[whom].pk), given)
        assert answer.status_code in {302, 400, 403}, whom
    assert not news(before)


@pytest.mark.parametrize("act", [act for act in ACTS if ACTS[act].first])
def test_accounts_are_for_administrators(act: str, desk: Scene) -> None:
    before = traces()
    for do in WAYS.values():
        assert do(desk, act, "moderator").status_code in {200, 302, 403}
    assert not news(before)


def test_nobody_lifts_what_holds_him(desk: Scene) -> None:
    """A moderator of the site whom a superuser has muted stays muted."""
    mute = actions.mute_person(actor=desk["boss"], user_id=desk["rival"].pk, room_id=None, until=None, reason="Calm")
    place = reverse("admin:chat_restriction_act", kwargs={"object_id": mute.pk, "act": "lift"})
    desk.client("moderator").post(place, {"reason": "Me", "confirmed": "1"})
    desk.client("moderator").post(
        at(desk, "accounts.user lift", object_id=desk["rival"].pk), {"reason": "Me", "confirmed": "1"}
    )
    mute.refresh_from_db()
    assert mute.lifted_at is None


REASONS = {"none": "", "blank": "  \n ", "too long": "x" * 501, "NUL": "a\0b", "too long of emoji": "👍" * 501}


@pytest.mark.parametrize("act", ACTS)
def test_no_act_without_a_good_reason(act: str, desk: Scene) -> None:
    before = traces()
    for wrong, reason in REASONS.items():
        for way, do in WAYS.items() if wrong == "none" else (("one", act_on),):
            who = ACTS[act].first or "moderator"
            assert do(desk, act, who, reason=reason).status_code == 400, (wrong, way)
    assert not news(before)


NUMBERS = ["0", "9223372036854775807", "9223372036854775808", "9" * 30, "9" * 4500]


@pytest.mark.parametrize("act", ["chat.message hide", "chat.restriction lift", "accounts.user mute"])
def test_acts_on_nothing(act: str, desk: Scene) -> None:
    before = traces()
    given = desk.fill(ACTS[act].given) | {"confirmed": "1"}
    for number in NUMBERS:
        place = at(desk, act, object_id=777).replace("777", number)
        for answer in (desk.client("superuser").post(place, given), desk.client("superuser").get(place)):
            assert answer.status_code in {302, 404}, len(number)
    for ticked in (*NUMBERS, "", "x", "-1", "1 OR 1=1", "٣", "\0", [str(number) for number in range(500)]):
        answer = act_in_bulk(desk, act, "superuser", **{ACTION_CHECKBOX_NAME: ticked})
        assert answer.status_code in {200, 302, 400}, str(ticked)[:20]
    other = act_in_bulk(desk, act, "superuser", select_across="1", **{ACTION_CHECKBOX_NAME: "0"})
    assert other.status_code in {200, 302, 400}
    unknown = desk.client("superuser").post(at(desk, act).replace(f"/{act.split()[1]}/", "/unknown/"), given)
    assert unknown.status_code == 404
    assert not news(before)


FIELDS: dict[str, list[str]] = {
    "place": ["", "x", "-1", "0", "٣", "\0", *NUMBERS, "site'", "999"],
    "lasts": ["", "x", "forever", "\0"],
    "until": [
        "x",
        "0001-01-01T00:00",
        "9999-12-31T23:59",
        "2001-01-01T00:00",
        "2026-13-45T99:99",
        "1e5",
        "\0",
        "9" * 500,
    ],
    "back": ["//evil.example", "https://evil.example/", "javascript:alert(1)", "/\\evil.example", "\0"],
}


@pytest.mark.parametrize(
    ("act", "name"), [*(("accounts.user mute", name) for name in FIELDS), ("accounts.user remove", "place")]
)
def test_acts_with_absurd_fields(act: str, name: str, desk: Scene) -> None:
    for value in FIELDS[name]:
        lasts = {"lasts": "until"} if name == "until" else {}
        with undone():
            answer = act_on(desk, act, "superuser", **lasts, **{name: value})
            assert answer.status_code in {302, 400}, value[:20]
            assert "evil" not in answer.get("Location", ""), value[:20]
        asked = desk.client("superuser").get(at(desk, act), {name: value})
        assert asked.status_code in {200, 302, 400}, value[:20]
        assert 'href="//evil' not in asked.content.decode()


# --- Opening a private room


def test_a_private_room_opens_for_a_reason_only_and_tells(desk: Scene) -> None:
    place, before = reverse("admin:chat_room_open", kwargs=desk.fill(ADMIN["chat_room_open"].parts)), traces()
    for who in REFUSED:
        assert desk.client(who).post(place, {"reason": "Curious"}).status_code in {302, 403}, who
    for reason in REASONS.values():
        assert desk.client("moderator").post(place, {"reason": reason}).status_code == 400
    public = place.replace(str(desk.rooms["private"].pk), str(desk.rooms["public"].pk))
    assert desk.client("moderator").post(public, {"reason": "A report"}).status_code == 404
    assert not news(before)
    assert desk.client("moderator").post(place, {"reason": "A report"}).status_code == 302
    assert Opening.objects.get().by == desk["rival"]
    assert AuditEntry.objects.get().reason == "A report"
    notice = Message.objects.filter(room=desk.rooms["private"], kind="notice").get()
    assert "A report" in notice.body
    assert "Rival" in notice.body
    seen = desk.client("moderator").get("/admin/chat/message/", {"room": desk.rooms["private"].slug})
    assert PRIVATE in seen.content.decode(), "the premise: now it is open"
    assert not Membership.objects.filter(room=desk.rooms["private"], user=desk["rival"]).exists()
    other = desk.client("superuser").get("/admin/chat/message/", {"room": desk.rooms["private"].slug})
    assert PRIVATE not in other.content.decode(), "and to nobody else"
    Opening.objects.update(until="2020-01-01T00:00:00Z")
    seen = desk.client("moderator").get("/admin/chat/message/", {"room": desk.rooms["private"].slug})
    assert PRIVATE not in seen.content.decode(), "and over it is over"
