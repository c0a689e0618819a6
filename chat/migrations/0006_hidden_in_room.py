"""The few tombstones of a room, newest first, without walking all that was said in it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0005_account_acts"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["room", "id"],
                name="message_deleted_in_room",
            ),
        ),
    ]
