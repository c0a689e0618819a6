"""How often all of a person's sessions were ended at once: a part of what each session carries."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_system_person"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="sessions_closed",
            field=models.PositiveIntegerField(default=0, help_text="How often all sessions were ended at once."),
        ),
    ]
