"""What follows a test whose transactions are real: tables as the first migrations left them."""

from typing import Any

from django.db import connections, transaction

# Content types, permissions and groups come with the migrations. Django's own flush takes them too, and makes them
# again for each such test.
KEPT = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}


def empty(test_case: Any) -> None:
    """In place of TransactionTestCase._fixture_teardown: DELETE takes less than TRUNCATE, which makes files anew."""
    for alias in test_case._databases_names(include_mirrors=False):
        connection = connections[alias]
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        with transaction.atomic(using=alias), connection.cursor() as cursor:  # references are checked at its end
            for table in tables:
                if table not in KEPT:
                    cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608 - our own names
            first_rows()


def first_rows() -> None:
    from accounts.models import User
    from chat.models import Installation

    Installation.objects.create(pk=1, name="Chatrooms")
    User.objects.create(handle="system", name="System", kind="system", is_active=False)
