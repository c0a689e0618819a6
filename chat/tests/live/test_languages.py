"""A socket refuses in the language of whoever it belongs to."""

from collections.abc import Callable
from typing import Any

from accounts import languages
from accounts.models import User
from chat.models import Room
from chat.tests.live.conftest import act
from chat.tests.live.marks import BOTH_BELLS

pytestmark = BOTH_BELLS

Tabs = Callable[..., Any]

EMPTY = {"en": "The message is empty.", "de": "Die Nachricht ist leer."}
UNKNOWN = {
    "en": "This server does not know that type of command.",
    "de": "Diese Art Befehl kennt der Server nicht.",
}


async def test_each_person_their_own(tab: Tabs, alice: User, bob: User, room: Room) -> None:
    await act(User.objects.filter(pk=bob.pk).update, language="de")
    tabs = {"en": await tab(alice), "de": await tab(bob)}
    for language, one in tabs.items():
        assert (await one.post(room, " "))["detail"] == EMPTY[language]
        assert (await one.ask("nonsense"))["detail"] == UNKNOWN[language]
    for language, one in tabs.items():
        assert (await one.post(room, " "))["detail"] == EMPTY[language], "what another was told changes nothing"


def test_the_browser_says_it_where_nobody_has_chosen() -> None:
    assert languages.of_browser("", "de-AT,de;q=0.9") == "de"
    assert languages.of_browser("a=b; language=en", "de") == "en"
    assert languages.of_browser("language=tlh", "") == "en"
    assert languages.of_browser("language=../../x", "x" * 5000) == "en"
