"""How the clock goes about everybody's rights."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from chat.live import hub, rights
from chat.tests.live.marks import LIVE
from chat.tests.live.test_doorbell import until

pytestmark = LIVE

Tabs = Callable[..., Any]


async def test_everybody_is_looked_at_in_parts(
    tab: Tabs, alice: User, bob: User, mod: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said meanwhile would wait behind a look at all of them. One that fails does not keep the others."""
    looked: list[int] = []

    async def noted(hub: Any, user_ids: list[int], *, renew: bool) -> None:
        (user_id,) = user_ids
        looked.append(user_id)
        if user_id == bob.pk:
            raise RuntimeError("as a row that nobody can read")

    monkeypatch.setattr(hub, "RIGHTS_SECONDS", 0.2)
    monkeypatch.setattr(hub, "LAG_SECONDS", 0.1)
    monkeypatch.setattr(rights, "look_at", noted)
    people = [alice, bob, mod]
    for person in people:
        await tab(person)
    looked.clear()
    await until(lambda: len(looked) >= 6)
    assert sorted(looked[:3]) == sorted(person.pk for person in people)
    assert looked[:3] == looked[3:6]
