"""The person that commands act as, so that no action ever lacks an actor."""

from django.contrib.auth.hashers import make_password
from django.db import migrations


def add_system(apps, schema_editor):
    apps.get_model("accounts", "User").objects.create(
        handle="system", name="System", kind="system", is_active=False, password=make_password(None)
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(add_system, migrations.RunPython.noop)]
