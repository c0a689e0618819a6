"""The two groups every site begins with."""

from django.db import migrations

from chat.groups import make_groups


def add_groups(apps, schema_editor):
    make_groups(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0003_order"),
        ("accounts", "0003_sessions_closed"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(add_groups, migrations.RunPython.noop)]
