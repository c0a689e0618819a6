"""What keeping order needs: openings, an audit by room and person, reasons on tombstones, indexes for the desk."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0002_installation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Opening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="since")),
                ("until", models.DateTimeField(verbose_name="until")),
            ],
            options={
                "verbose_name": "opening",
                "verbose_name_plural": "openings",
                "permissions": (("open_private_room", "Can open a private room, with a reason that its members read"),),
            },
        ),
        migrations.AlterModelOptions(
            name="auditentry",
            options={"verbose_name": "audit entry", "verbose_name_plural": "audit entries"},
        ),
        migrations.AlterModelOptions(
            name="restriction",
            options={
                "permissions": (
                    ("moderate_site", "Can keep order on the whole site: hide, restore, remove, mute, ban, lift"),
                ),
                "verbose_name": "restriction",
                "verbose_name_plural": "restrictions",
            },
        ),
        migrations.AddField(
            model_name="auditentry",
            name="person",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="whom",
            ),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="room",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="chat.room",
                verbose_name="room",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="deleted_reason",
            field=models.CharField(blank=True, help_text="Why a moderator hid it; members read it.", max_length=500),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="actor",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="who",
            ),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="when"),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="why"),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="verb",
            field=models.CharField(
                choices=[
                    ("message.hide", "hid a message"),
                    ("message.restore", "restored a message"),
                    ("member.remove", "removed a member"),
                    ("member.role", "changed a role"),
                    ("person.mute", "muted"),
                    ("person.ban", "banned"),
                    ("restriction.lift", "lifted a restriction"),
                    ("person.close_sessions", "ended all sessions"),
                    ("room.open", "opened a private room"),
                ],
                max_length=32,
                verbose_name="what",
            ),
        ),
        migrations.AlterField(
            model_name="restriction",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="by",
            ),
        ),
        migrations.AlterField(
            model_name="restriction",
            name="created_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="since"),
        ),
        migrations.AlterField(
            model_name="restriction",
            name="kind",
            field=models.CharField(choices=[("mute", "Mute"), ("ban", "Ban")], max_length=8, verbose_name="kind"),
        ),
        migrations.AlterField(
            model_name="restriction",
            name="lifted_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="lifted"),
        ),
        migrations.AlterField(
            model_name="restriction",
            name="reason",
            field=models.CharField(max_length=500, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="restriction",
            name="room",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="restrictions",
                to="chat.room",
                verbose_name="room",
            ),
        ),
        migrations.AlterField(
            model_name="restriction",
            name="until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="until"),
        ),
        migrations.AlterField(
            model_name="restriction",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="restrictions",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person",
            ),
        ),
        migrations.AlterField(
            model_name="revision",
            name="cause",
            field=models.CharField(
                choices=[("edit", "Edited"), ("delete", "Deleted"), ("hide", "Hidden")], max_length=8
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["room", "id"], name="audit_of_room"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["person", "id"], name="audit_of_person"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["actor", "id"], name="audit_by_actor"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["verb", "id"], name="audit_of_verb"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["created_at"], name="audit_time"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["created_at", "author"], name="message_time"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)), fields=["id"], name="message_deleted"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(condition=models.Q(("edited_at__isnull", False)), fields=["id"], name="message_edited"),
        ),
        migrations.AddIndex(
            model_name="restriction",
            index=models.Index(fields=["room", "kind", "lifted_at"], name="restriction_in_room"),
        ),
        migrations.AddField(
            model_name="opening",
            name="by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="by",
            ),
        ),
        migrations.AddField(
            model_name="opening",
            name="room",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="openings",
                to="chat.room",
                verbose_name="room",
            ),
        ),
        migrations.AddIndex(
            model_name="opening",
            index=models.Index(fields=["by", "room", "until"], name="opening_of_person"),
        ),
        migrations.AddIndex(
            model_name="opening",
            index=models.Index(fields=["room", "until"], name="opening_of_room"),
        ),
    ]
