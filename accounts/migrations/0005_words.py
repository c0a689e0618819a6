"""Names of fields, for the admin in other languages; the tables stay as they are."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_past_handles"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="anonymised_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="deleted"),
        ),
        migrations.AlterField(
            model_name="user",
            name="date_joined",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="since"),
        ),
        migrations.AlterField(
            model_name="user",
            name="kind",
            field=models.CharField(
                choices=[("human", "Person"), ("bot", "Bot"), ("system", "System")],
                default="human",
                max_length=8,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="picture",
            field=models.CharField(blank=True, max_length=100, verbose_name="picture"),
        ),
        migrations.AlterField(
            model_name="user",
            name="sessions_closed",
            field=models.PositiveIntegerField(
                default=0, help_text="How often all sessions were ended at once.", verbose_name="ended sessions"
            ),
        ),
    ]
