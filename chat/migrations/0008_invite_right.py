"""The administrators of sites that exist already may invite, too."""

from django.db import migrations

from chat.groups import make_groups


def add_right(apps, schema_editor):
    make_groups(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0007_invites_and_jobs"),
        ("accounts", "0004_past_handles"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(add_right, migrations.RunPython.noop)]
