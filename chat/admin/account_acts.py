"""What administrators do to accounts: shut one out, let it in again, delete it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.models import User
from chat import actions
from chat.admin.acts import Act, ReasonForm

KEEPS_ACCOUNTS = "accounts.change_user"


class EraseForm(ReasonForm):
    """And what becomes of the words. Gives `messages`, keep or remove."""

    messages = forms.ChoiceField(
        label=gettext_lazy("What they have said"),
        initial="keep",
        choices=[
            ("keep", gettext_lazy("Stays, under “Deleted user”")),
            ("remove", gettext_lazy("Goes too; “Deleted” stands in its place")),
        ],
    )


def _deactivate(actor: User, person: User, given: dict[str, Any]) -> None:
    actions.deactivate_person(actor=actor, user_id=person.pk, reason=given["reason"])


def _reactivate(actor: User, person: User, given: dict[str, Any]) -> None:
    actions.reactivate_person(actor=actor, user_id=person.pk, reason=given["reason"])


def _remove_factors(actor: User, person: User, given: dict[str, Any]) -> None:
    actions.remove_factors(actor=actor, user_id=person.pk, reason=given["reason"])


def _erase(actor: User, person: User, given: dict[str, Any]) -> None:
    actions.erase_person(actor=actor, person=person, keep_messages=given["messages"] == "keep", reason=given["reason"])


def _lives(person: User) -> bool:
    return person.kind != User.Kind.SYSTEM and person.anonymised_at is None


ACCOUNT_ACTS = (
    Act(
        "deactivate",
        gettext_lazy("Deactivate…"),
        gettext_lazy("Deactivate"),
        _deactivate,
        note=gettext_lazy(
            "They cannot sign in until they are let in again, and their open pages close. What they said stays."
        ),
        is_grave=True,
        offered=lambda person: _lives(person) and person.is_active,
        right=KEEPS_ACCOUNTS,
        asks_again=True,
    ),
    Act(
        "reactivate",
        gettext_lazy("Let in again…"),
        gettext_lazy("Let in again"),
        _reactivate,
        note=gettext_lazy("They can sign in as before. A ban or a mute stays in force."),
        offered=lambda person: _lives(person) and not person.is_active,
        right=KEEPS_ACCOUNTS,
        asks_again=True,
    ),
    Act(
        "remove-factors",
        gettext_lazy("Take off second factors…"),
        gettext_lazy("Take off second factors"),
        _remove_factors,
        note=gettext_lazy(
            "For who has lost their device and their recovery codes: the password alone signs in again. Make sure that"
            " it is really them who asks. Is the device in other hands, sign them out everywhere, too."
        ),
        is_grave=True,
        offered=lambda person: person.kind == User.Kind.HUMAN and person.anonymised_at is None,
        right=KEEPS_ACCOUNTS,
        asks_again=True,
    ),
    Act(
        "erase",
        gettext_lazy("Delete the account…"),
        gettext_lazy("Delete the account"),
        _erase,
        EraseForm,
        note=gettext_lazy(
            "Name, handle, picture, addresses and ways to sign in go for ever, at once. Rooms that only they own get"
            " another owner. To shut somebody out for a while, deactivate the account instead."
        ),
        is_grave=True,
        offered=lambda person: person.kind == User.Kind.HUMAN and person.anonymised_at is None,
        right=KEEPS_ACCOUNTS,
        asks_again=True,
    ),
)
