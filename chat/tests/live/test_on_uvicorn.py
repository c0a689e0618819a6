"""On another ASGI server, by plain `send`: a part of what `./run test uvicorn` tries as a whole."""

import pytest

from chat.tests.live.marks import LIVE
from chat.tests.live.test_catch_up import test_a_reader_that_was_cut_resumes
from chat.tests.live.test_frames import test_malformed_frames_are_answered_and_the_tenth_closes
from chat.tests.live.test_hub import test_one_broken_connection_hurts_nobody_else
from chat.tests.live.test_rights import TestHandshake
from chat.tests.live.test_talk import (
    test_a_burst_arrives_whole_and_in_order,
    test_commands_take_effect_in_the_order_sent,
    test_everybody_gets_the_same_words,
    test_two_tabs_talk,
)
from chatsite.testing import serving

__all__ = [
    "TestHandshake",
    "test_a_burst_arrives_whole_and_in_order",
    "test_a_reader_that_was_cut_resumes",
    "test_commands_take_effect_in_the_order_sent",
    "test_everybody_gets_the_same_words",
    "test_malformed_frames_are_answered_and_the_tenth_closes",
    "test_one_broken_connection_hurts_nobody_else",
    "test_two_tabs_talk",
]

pytestmark = LIVE


@pytest.fixture(autouse=True)
def _on_uvicorn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(serving.VARIABLE, "uvicorn")
