"""The command line as a door: wrong words, and commands for an empty place where there is a site already."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from chat.tests.attacks.rows import MANAGE
from chat.tests.attacks.scene import Scene, news, traces

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("name", "words"), [(name, words) for name, rows in MANAGE.items() for words in rows])
def test_refused_in_one_line(name: str, words: list[str], scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    before = traces()
    with pytest.raises((CommandError, SystemExit)) as refused:
        call_command(name, *words)
    assert str(refused.value) not in {"", "0"}
    assert "Traceback" not in str(refused.value) + "".join(capfd.readouterr())
    assert not news(before)
