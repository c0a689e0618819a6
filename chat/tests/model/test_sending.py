"""The outbox in Python: two tabs, one journal, answers that get lost; everything is stored once, in order."""

from hypothesis.stateful import run_state_machine_as_test

from chat.tests.model.pace import pace
from chat.tests.model.sending import SendingMachine


def test_what_two_tabs_say_is_stored_once_and_in_order() -> None:
    run_state_machine_as_test(SendingMachine, settings=pace(examples=30, steps=30))
