"""Words of people at every door that takes some: what is refused, and that the rest is shown as text everywhere."""

import json
import re
import uuid
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chat import actions
from chat.models import Installation, Message, Room
from chat.tests.attacks.asking import address, give, parts_of
from chat.tests.attacks.rows import BODY, COMMANDS, PAGES, Row
from chat.tests.attacks.scene import PRIVATE, Scene, make_staff, news, traces
from chat.tests.live.conftest import act
from chat.tests.live.marks import LIVE

pytestmark = pytest.mark.django_db

TAKING = [door for door, row in PAGES.items() if row.texts and not row.answer]
SAYING = [command for command, row in COMMANDS.items() if row.texts]

UNSTORABLE = {"NUL": "a\0b", "half a pair": "a\ud800b", "the other half": "\udfff"}
BLANK = {"empty": "", "spaces": "  \t ", "line ends": "\r\n\n"}
# In names, topics and reasons, which stand within lines of others.
MISLEADING = {
    "bidi override": "abc\u202edef",
    "bidi isolate": "\u2066abc",
    "zero width": "al\u200bice",
    "soft hyphen": "al\u00adice",
    "byte order mark": "\ufeffalice",
    "control": "a\x07\x1b[31mb",
    "private use": "\ue000",
    "tag letters": "x\U000e0041\U000e007f",
    "only joiners": "\u200d\ufe0f",
}


def refused(row: Row, name: str) -> dict[str, str]:
    """What this field does not take, by what is wrong with it."""
    limit = row.texts[name]
    bad = UNSTORABLE | {"one too long": "x" * (limit + 1), "one too long of emoji": "👍" * (limit + 1)}
    if name not in row.blank:
        bad |= BLANK
    return bad | (MISLEADING if name in {"name", "topic"} else {})


@pytest.mark.parametrize("door", TAKING)
def test_hurtful_words_are_refused(door: str, scene: Scene) -> None:
    row, before = PAGES[door], traces()
    given = scene.fill(row.given)
    for name in row.texts:
        for wrong, words in refused(row, name).items():
            answer = give(scene, door, given | {name: words})
            assert answer.status_code == (413 if name == "body" and "too long" in wrong else 400), (name, wrong)
            assert answer.json()["detail"], (name, wrong)
            if "half" not in wrong and "pair" not in wrong:  # a form cannot say those
                assert give(scene, door, given | {name: words}, "form").status_code in {400, 413}, (name, wrong)
    assert not news(before)


@pytest.mark.parametrize("door", TAKING)
def test_words_at_the_limit_are_taken(door: str, scene: Scene) -> None:
    """The premise of the limits above, with characters of four bytes."""
    row = PAGES[door]
    given = scene.fill(row.given) | {name: "𝄞" * limit for name, limit in row.texts.items()}
    assert give(scene, door, given).status_code < 400


class TestSocket:
    pytestmark = LIVE

    async def test_hurtful_words_are_refused(self, scene: Scene, tab: Any) -> None:
        before = await act(traces)
        for command in SAYING:
            row = COMMANDS[command]
            theirs = await tab(scene[row.best()], cookie=scene.sessions[row.best()].pk)
            given = await act(scene.fill, row.given)
            for name in row.texts:
                for wrong, words in refused(row, name).items():
                    said = {"type": command, "ref": "r1", **given, name: words}
                    await theirs.wire.send_input({"type": "websocket.receive", "text": json.dumps(said)})
                    answer = await theirs.expect("error")
                    assert answer["code"] == ("too_large" if "too long" in wrong else "invalid"), (command, wrong)
        assert not await act(news, before)


STRANGE = [
    "\u202eevil\u2066", "Z" + "\u0334" * (BODY - 1), "\n" * 4998 + "ab", "👨‍👩‍👧‍👦" * 700,
    "\u200b" * 4999 + "x", "аlice \u0430", "\x07\x1b[31mred",
    "\ufffe\uffff", "\u2028\u2029x", "﷽" * 4000, "𒐫" * 4000, "ｱ" * 5000, "\ufeffx", "\x85x", "\r\nx\r",
]  # fmt: skip


def test_strange_words_are_kept_and_hurt_no_page(scene: Scene) -> None:
    """Text is people's own: what can be stored is, as it was said, and is shown."""
    room, bob = scene.rooms["public"], scene.client("bob")
    for words in STRANGE:
        answer = give(scene, "POST messages", {"client_id": _id(words), "body": words})
        assert answer.status_code == 201, words[:10]
        stored = Message.objects.get(pk=answer.json()["message"]).body
        assert stored == words.replace("\r\n", "\n").replace("\r", "\n"), words[:10]
    for place in ("", "messages/", "changes/?after=0"):
        assert bob.get(f"/rooms/{room.slug}/{place}").status_code == 200


def _id(words: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, repr(words)))


# --- Shown as text

SCRIPT = "\"'><script>attack(1)</script><img src=x onerror=attack(2)>{{7*7}}{%x%}"
SHOWN = re.compile(r"<script>attack|<img src=x|onerror=attack\(2\)>|(?<![\w&;])49(?!\d)attack")


@pytest.fixture
def marked(scene: Scene) -> Scene:
    """The scene with the script in every word somebody can choose, as rows: some doors would not take it."""
    make_staff(scene["alice"], "superuser")
    Installation.objects.update(name=SCRIPT[:80])
    User.objects.filter(handle__in=scene.people).update(name=SCRIPT[:80], time_zone=SCRIPT[:60], picture=SCRIPT[:90])
    Room.objects.update(name=SCRIPT[:80], topic=SCRIPT)
    for kind in ("public", "private"):
        room, mod = scene.rooms[kind], scene["mod"]
        said = actions.post_message(actor=scene["bob"], room_id=room.pk, client_id=_uuid(kind), body=SCRIPT + " @carol")
        actions.edit_message(
            actor=scene["bob"], message_id=said.message_id, body=f"**{SCRIPT}**\n```{SCRIPT}\n{SCRIPT}\n```"
        )
        actions.hide_message(actor=mod, message_id=scene.messages[kind].pk, reason=SCRIPT)
        actions.mute_person(actor=mod, user_id=scene["carol"].pk, room_id=room.pk, until=None, reason=SCRIPT)
        actions.ban_person(actor=mod, user_id=scene["dave"].pk, room_id=room.pk, until=None, reason=SCRIPT)
    actions.open_private_room(actor=scene["alice"], room_id=scene.rooms["private"].pk, reason=SCRIPT)
    return scene


def _uuid(words: str) -> Any:
    return uuid.UUID(_id(words))


def unsafe(answer: Any) -> str:
    """Where a page would run the script; JSON and plain text are no pages, and say so."""
    if "nosniff" not in answer.headers.get("X-Content-Type-Options", ""):
        return "can be taken for a page"
    if not answer["Content-Type"].startswith("text/html"):
        return ""
    found = SHOWN.search(answer.content.decode())
    return found[0] if found else ""


GETS = [door for door in PAGES if door.startswith("GET") and not PAGES[door].answer]


def test_every_page_shows_words_as_text(marked: Scene) -> None:
    seen = 0
    for door in GETS:
        for kind in ("public", "private") if "slug" in parts_of(door) else ("public",):
            for who in ("alice", "mallory"):
                answer = marked.client(who).get(address(marked, door, kind))
                assert not unsafe(answer), (door, kind, who)
                seen += "attack(1)" in answer.content.decode()
    assert seen > 10, "the premise: the words are there to be seen"


@pytest.mark.parametrize("door", TAKING)
def test_a_refused_form_shows_words_as_text(door: str, marked: Scene) -> None:
    """The words come back to be mended."""
    row = PAGES[door]
    given = marked.fill(row.given) | dict.fromkeys(row.texts, SCRIPT * 80)
    answer = marked.client("alice" if row.best() != "bob" else "bob").post(address(marked, door), given)
    assert answer.status_code in {400, 403, 404, 413}
    assert not unsafe(answer)


def test_every_desk_shows_words_as_text(marked: Scene) -> None:
    desk, seen = marked.client("alice"), 0
    for model in admin.site._registry:
        at = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        first = model._base_manager.order_by("-pk").values_list("pk", flat=True).first()
        for place in (at, f"{at}?q=attack", f"{at}{first}/change/", f"{at}{first}/history/", f"{at}add/"):
            answer = desk.get(place, follow=True)
            assert answer.status_code in {200, 403, 404, 405}, place
            assert not unsafe(answer), place
            seen += "attack(1)" in answer.content.decode()
    assert not unsafe(desk.get("/admin/"))
    assert seen > 5, "the premise: the words are there to be seen"


def test_mail_is_plain_text(marked: Scene, settings: Settings, tmp_path: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    User.objects.filter(handle="bob").update(email="bob@example.org", name=f"{SCRIPT[:40]}\r\nBcc: eve@example.org")
    Installation.objects.update(name="Harbour\r\nBcc: eve@example.org")
    Client().post("/accounts/password/reset/", {"email": "bob@example.org"})
    (mail,) = [path.read_text() for path in tmp_path.iterdir()]
    assert "Content-Type: text/plain" in mail
    assert "text/html" not in mail
    assert not re.search(r"^Bcc:", mail.partition("\n\n")[0], re.MULTILINE)


# --- What asks the database

PROBES = ["'", "' OR '1'='1", "%_\\", "a\0", "\ud800", "x" * 10_000, "\u202e", " ", "NEAR(*"]


def test_searches_take_words_as_words(scene: Scene) -> None:
    make_staff(scene["alice"], "superuser")
    desk, before = scene.client("alice"), traces()
    for model in (model for model, each in admin.site._registry.items() if each.search_fields or model is Message):
        at = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for probe in PROBES:
            words = probe.encode("utf-8", "surrogatepass")
            answer = desk.get(at, {"q": words}, follow=True)
            assert answer.status_code in {200, 400}, (at, probe[:20])
            assert PRIVATE not in answer.content.decode(), (at, probe[:20])
    assert not news(before)
