"""What was said, what it said before, and whom it names."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """`id` is its place in the room, `seq` the number of its latest change; the index (room, seq) is the log."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NOTICE = "notice", _("Notice")

    id = models.BigAutoField(primary_key=True)
    room = models.ForeignKey("chat.Room", on_delete=models.CASCADE, related_name="messages", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    seq = models.BigIntegerField()
    client_id = models.UUIDField()
    body = models.TextField(_("text"), blank=True)
    html = models.TextField(blank=True)
    markup = models.PositiveSmallIntegerField(help_text=_("Version of the formatter that made the html."))
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.TEXT)
    reply_to = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replies")
    mentions_room = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )

    deleted_reason = models.CharField(
        max_length=500, blank=True, help_text=_("Why a moderator hid it; members read it.")
    )

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = (models.UniqueConstraint(fields=["room", "author", "client_id"], name="message_said_once"),)
        indexes = (
            models.Index(fields=["room", "id"], name="message_place"),
            models.Index(fields=["room", "seq"], name="message_log"),
            models.Index(fields=["author", "id"], name="message_author"),
            models.Index(fields=["room", "created_at"], name="message_day"),
            # With its author: who was active on a day is counted in the index alone.
            models.Index(fields=["created_at", "author"], name="message_time"),
            models.Index(fields=["id"], condition=models.Q(deleted_at__isnull=False), name="message_deleted"),
            models.Index(
                fields=["room", "id"], condition=models.Q(deleted_at__isnull=False), name="message_deleted_in_room"
            ),
            models.Index(fields=["id"], condition=models.Q(edited_at__isnull=False), name="message_edited"),
        )

    def __str__(self) -> str:
        return f"{self.pk}"  # never its text: this lands in logs and admin history

    def get_absolute_url(self) -> str:
        return f"{self.room.get_absolute_url()}messages/{self.pk}/"

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_hidden(self) -> bool:
        """Whether a moderator took it from sight, which can be undone; what its author deleted stays gone."""
        return self.is_deleted and self.deleted_by_id != self.author_id


class Revision(models.Model):
    """What a message said before a change; kept 30 days by default."""

    class Cause(models.TextChoices):
        EDIT = "edit", _("Edited")
        DELETE = "delete", _("Deleted")
        HIDE = "hide", _("Hidden")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="revisions")
    body = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_index=True)
    cause = models.CharField(max_length=8, choices=Cause.choices)

    def __str__(self) -> str:
        return f"{self.message_id} · {self.made_at:%Y-%m-%d %H:%M}"


class MentionQuerySet(models.QuerySet["Mention"]):
    def by_handle(self) -> dict[str, int]:
        """The people named, by every handle they have or had: they may have been called otherwise back then."""
        handles: dict[str, int] = {}
        for mention in self.select_related("user").prefetch_related("user__past_handles"):
            handles |= dict.fromkeys((past.handle for past in mention.user.past_handles.all()), mention.user_id)
            handles[mention.user.handle] = mention.user_id
        return handles


class Mention(models.Model):
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)

    objects = MentionQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["message", "user"], name="mention_once"),)
        indexes = (models.Index(fields=["user", "message"], name="mention_of_person"),)

    def __str__(self) -> str:
        return f"{self.message_id} · {self.user_id}"
