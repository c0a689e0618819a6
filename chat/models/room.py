"""Rooms and the counters of their logs."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User


class RoomQuerySet(models.QuerySet["Room"]):
    def visible_to(self, user: "User") -> "RoomQuerySet":
        """Public rooms, and those the person is in: all others are as if they did not exist."""
        from chat.models.membership import Membership

        mine = Membership.objects.filter(room=OuterRef("pk"), user=user, state=Membership.State.IN)
        return self.filter(Q(kind=Room.Kind.PUBLIC) | Exists(mine))

    def open_to(self, staff: "User") -> "RoomQuerySet":
        """What a site moderator may read: public rooms, and those this person has opened, with a reason, for now."""
        from chat.models.order import Opening

        opened = Opening.objects.in_force().filter(room=OuterRef("pk"), by=staff)
        return self.filter(Q(kind=Room.Kind.PUBLIC) | Exists(opened))


class Room(models.Model):
    class Kind(models.TextChoices):
        PUBLIC = "public", _("Public")
        PRIVATE = "private", _("Private")
        DIRECT = "direct", _("Direct")

    slug = models.SlugField(
        _("address"), max_length=64, unique=True, help_text=_("Stays the same when the room is renamed.")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.PUBLIC)
    direct_key = models.CharField(max_length=255, unique=True, null=True, blank=True)
    name = models.CharField(_("name"), max_length=80)
    topic = models.CharField(_("topic"), max_length=250, blank=True)
    # The log: how many changes were ever committed, the last one of the header and of any membership, and the one that
    # history was purged up to.
    seq = models.BigIntegerField(default=0)
    header_seq = models.BigIntegerField(default=0)
    members_seq = models.BigIntegerField(default=0)
    floor_seq = models.BigIntegerField(default=0)
    last_message_id = models.BigIntegerField(default=0)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    slow_seconds = models.PositiveIntegerField(_("seconds between two posts"), default=0)
    retention_days = models.PositiveIntegerField(_("days that messages are kept"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        indexes = (models.Index(fields=["kind", "name"], name="room_directory"),)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/rooms/{self.slug}/"

    @property
    def hue(self) -> int:
        """One of twelve colours that stays with the room."""
        return self.pk % 12
