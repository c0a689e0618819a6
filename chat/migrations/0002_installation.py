"""The one row of the installation; its epoch tells this database from any copy restored later."""

from django.db import migrations


def add_installation(apps, schema_editor):
    apps.get_model("chat", "Installation").objects.create(pk=1, name="Chatrooms")


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial")]
    operations = [migrations.RunPython(add_installation, migrations.RunPython.noop)]
