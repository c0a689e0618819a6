"""The book of who did what and why: added to, never changed."""

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chat.models.order import REASON_LIMIT


class AppendOnly(Exception):
    """Somebody tried to change or remove what was written down."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, **fields: Any) -> NoReturn:
        raise AppendOnly

    def bulk_update(self, *args: Any, **options: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly


class AuditEntry(models.Model):
    """Ids and settings before and after an act; never message text. Written once, never changed."""

    class Verb(models.TextChoices):
        HIDE = "message.hide", _("hid a message")
        RESTORE = "message.restore", _("restored a message")
        REMOVE = "member.remove", _("removed a member")
        ROLE = "member.role", _("changed a role")
        MUTE = "person.mute", pgettext_lazy("act", "muted")
        BAN = "person.ban", pgettext_lazy("act", "banned")
        LIFT = "restriction.lift", _("lifted a restriction")
        CLOSE_SESSIONS = "person.close_sessions", _("ended all sessions")
        OPEN = "room.open", _("opened a private room")
        ACCOUNT = "person.change", _("changed an account")
        DEACTIVATE = "person.deactivate", _("deactivated an account")
        REACTIVATE = "person.reactivate", _("reactivated an account")
        ERASE = "person.erase", _("deleted an account")
        RESET_LINK = "person.reset_link", _("made a link for a new password")
        INVITE = "invite.make", _("made an invitation")
        WITHDRAW = "invite.withdraw", _("withdrew an invitation")

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("who"), db_index=False
    )
    verb = models.CharField(_("what"), max_length=32, choices=Verb)
    target = models.CharField(max_length=64, help_text=_("Noun and id, such as message:345."))
    room = models.ForeignKey(
        "chat.Room", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("room"), db_index=False
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("whom"),
        db_index=False,
    )
    reason = models.CharField(_("why"), max_length=REASON_LIMIT, blank=True)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(_("when"), auto_now_add=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = (
            models.Index(fields=["target", "id"], name="audit_of_target"),
            models.Index(fields=["room", "id"], name="audit_of_room"),
            models.Index(fields=["person", "id"], name="audit_of_person"),
            models.Index(fields=["actor", "id"], name="audit_by_actor"),
            models.Index(fields=["verb", "id"], name="audit_of_verb"),
            models.Index(fields=["created_at"], name="audit_time"),
        )

    def __str__(self) -> str:
        return f"{self.verb} {self.target}"

    def save(self, *args: Any, **options: Any) -> None:
        """The one overridden save() of the house: a book that can be rewritten proves nothing."""
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise AppendOnly
