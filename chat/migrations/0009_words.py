"""Names of fields, for the admin in other languages; the tables stay as they are."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0008_invite_right"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="connection",
            options={"verbose_name": "connection", "verbose_name_plural": "connections"},
        ),
        migrations.AlterField(
            model_name="membership",
            name="joined_at",
            field=models.DateTimeField(verbose_name="since"),
        ),
        migrations.AlterField(
            model_name="membership",
            name="last_read",
            field=models.BigIntegerField(
                default=0, help_text="Id of the newest message read.", verbose_name="read up to"
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="left_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="left"),
        ),
        migrations.AlterField(
            model_name="membership",
            name="muted_until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="muted until"),
        ),
        migrations.AlterField(
            model_name="membership",
            name="room",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to="chat.room",
                verbose_name="room",
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="seq",
            field=models.BigIntegerField(
                help_text="The room's change that touched this membership last.", verbose_name="last change"
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="memberships",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person",
            ),
        ),
        migrations.AlterField(
            model_name="room",
            name="archived_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="archived"),
        ),
        migrations.AlterField(
            model_name="room",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="made"),
        ),
        migrations.AlterField(
            model_name="room",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="made by",
            ),
        ),
        migrations.AlterField(
            model_name="room",
            name="retention_days",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="days that messages are kept"),
        ),
        migrations.AlterField(
            model_name="room",
            name="slow_seconds",
            field=models.PositiveIntegerField(default=0, verbose_name="seconds between two posts"),
        ),
        migrations.AlterField(
            model_name="room",
            name="slug",
            field=models.SlugField(
                help_text="Stays the same when the room is renamed.", max_length=64, unique=True, verbose_name="address"
            ),
        ),
    ]
