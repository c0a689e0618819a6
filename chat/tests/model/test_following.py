"""The browser's list, in Python: whatever comes in whatever order, it is whole and true up to its cursor."""

from hypothesis.stateful import run_state_machine_as_test

from chat.tests.model.following import FollowingMachine
from chat.tests.model.pace import pace


def test_the_list_is_true_up_to_its_cursor() -> None:
    run_state_machine_as_test(FollowingMachine, settings=pace(examples=30, steps=30))
