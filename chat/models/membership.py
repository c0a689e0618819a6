"""Who is in which room, as what, and how far they have read."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class MembershipQuerySet(models.QuerySet["Membership"]):
    def present(self) -> "MembershipQuerySet":
        return self.filter(state=Membership.State.IN)


class Membership(models.Model):
    """Never deleted: its seq orders a removal against the messages of the room."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        MODERATOR = "moderator", _("Moderator")
        MEMBER = "member", _("Member")

    class State(models.TextChoices):
        IN = "in", _("In the room")
        LEFT = "left", _("Left")
        REMOVED = "removed", _("Removed")

    class Level(models.TextChoices):
        ALL = "all", _("Everything")
        MENTIONS = "mentions", _("Mentions")
        NOTHING = "nothing", _("Nothing")

    room = models.ForeignKey("chat.Room", on_delete=models.CASCADE, related_name="memberships", verbose_name=_("room"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.MEMBER)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.IN)
    seq = models.BigIntegerField(_("last change"), help_text=_("The room's change that touched this membership last."))
    joined_at = models.DateTimeField(_("since"))
    left_at = models.DateTimeField(_("left"), null=True, blank=True)
    last_read = models.BigIntegerField(_("read up to"), default=0, help_text=_("Id of the newest message read."))
    level = models.CharField(_("notify about"), max_length=8, choices=Level.choices, default=Level.MENTIONS)
    muted_until = models.DateTimeField(_("muted until"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = (models.UniqueConstraint(fields=["room", "user"], name="membership_once"),)
        indexes = (
            models.Index(fields=["user", "state"], name="membership_of_person"),
            models.Index(fields=["room", "seq"], name="membership_log"),
        )

    def __str__(self) -> str:
        return f"{self.user} · {self.room}"

    @property
    def is_in(self) -> bool:
        return self.state == self.State.IN
