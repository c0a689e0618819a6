"""No door without a row: a new address, command, page of the admin or act fails here until it has one in rows.py."""

from django.contrib import admin
from django.core.management import get_commands

from chat.live import protocol
from chat.tests.attacks import rows
from chat.tests.doors.table import ALLAUTH, OURS, addresses

WHERE = "give it a row in chat/tests/attacks/rows.py"
STOCK = ("_changelist", "_add", "_history", "_delete", "_change", "_act")
SITE = {"index", "login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n"}
SITE |= {"view_on_site", "app_list", "None", "auth_user_password_change", "accounts_user_password_change"}


def test_every_address_and_method_has_a_row() -> None:
    doors = {f"{method} {name}" for name, entry in OURS.items() for method in entry.methods.split()}
    assert doors == set(rows.PAGES), WHERE


def test_every_form_of_accounts_has_a_row() -> None:
    assert {name for name, entry in ALLAUTH.items() if entry.posts} == set(rows.ACCOUNT), WHERE


def test_every_command_of_the_socket_has_a_row() -> None:
    assert set(protocol.COMMANDS) == set(rows.COMMANDS), WHERE


def test_every_field_of_a_command_is_given_in_its_row() -> None:
    """Or it would not be tried with wrong types; what is only understood when absent is tried as such."""
    for name, shape in protocol.COMMANDS.items():
        known = {slot for each in shape.__mro__ for slot in getattr(each, "__dataclass_fields__", {})} - {"ref"}
        assert known - {"reply_to", "attachments"} <= set(rows.COMMANDS[name].given), (name, WHERE)


def test_every_page_of_the_admin_has_a_row() -> None:
    names = {name.removeprefix("admin:") for name, _pattern in addresses() if name.startswith("admin:")}
    own = {name for name in names - SITE if not name.endswith(STOCK)}
    assert own == set(rows.ADMIN), WHERE


def test_every_act_of_the_admin_has_a_row() -> None:
    acts = {
        f"{model._meta.label_lower} {act.name}"
        for model, desk in admin.site._registry.items()
        for act in getattr(desk, "acts", ())
    }
    assert acts == set(rows.ACTS), WHERE


def test_every_command_of_the_shell_has_a_row() -> None:
    ours = {name for name, app in get_commands().items() if app in {"chat", "accounts", "chatsite"}}
    assert ours == set(rows.MANAGE), WHERE
