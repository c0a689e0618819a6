"""What keeps order: restrictions on people, and openings of private rooms."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.models.prepared import Prepared

REASON_LIMIT = 500  # code points


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    def in_force(self) -> "RestrictionQuerySet":
        return self.filter(Q(until=None) | Q(until__gt=timezone.now()), lifted_at=None)

    def of_person(self, user_id: int) -> list["Restriction"]:
        """Those of one person that are in force, as each hello asks."""
        return [each for each in NOT_LIFTED(user_id) if each.is_in_force]


NOT_LIFTED = Prepared(lambda user_id: Restriction.objects.filter(user_id=user_id, lifted_at=None))


class Restriction(models.Model):
    """A mute or a ban, in one room or (room null) on the whole site."""

    class Kind(models.TextChoices):
        MUTE = "mute", _("Mute")
        BAN = "ban", _("Ban")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="restrictions", verbose_name=_("person")
    )
    room = models.ForeignKey(
        "chat.Room",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="restrictions",
        verbose_name=_("room"),
        db_index=False,
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by"))
    reason = models.CharField(_("reason"), max_length=REASON_LIMIT)
    created_at = models.DateTimeField(_("since"), default=timezone.now)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        verbose_name = _("restriction")
        verbose_name_plural = _("restrictions")
        permissions = (
            ("moderate_site", _("Can keep order on the whole site: hide, restore, remove, mute, ban, lift")),
        )
        indexes = (
            models.Index(fields=["user", "kind", "lifted_at"], name="restriction_of_person"),
            models.Index(fields=["room", "kind", "lifted_at"], name="restriction_in_room"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.user}"

    @property
    def is_in_force(self) -> bool:
        return self.lifted_at is None and (self.until is None or self.until > timezone.now())


class OpeningQuerySet(models.QuerySet["Opening"]):
    def in_force(self) -> "OpeningQuerySet":
        return self.filter(until__gt=timezone.now())


class Opening(models.Model):
    """A site moderator's right to read a private room for a while; its members were told who, why and until when."""

    room = models.ForeignKey(
        "chat.Room", on_delete=models.CASCADE, related_name="openings", verbose_name=_("room"), db_index=False
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by"), db_index=False
    )
    reason = models.CharField(_("reason"), max_length=REASON_LIMIT)
    created_at = models.DateTimeField(_("since"), default=timezone.now)
    until = models.DateTimeField(_("until"))

    objects = OpeningQuerySet.as_manager()

    class Meta:
        verbose_name = _("opening")
        verbose_name_plural = _("openings")
        permissions = (("open_private_room", _("Can open a private room, with a reason that its members read")),)
        indexes = (
            models.Index(fields=["by", "room", "until"], name="opening_of_person"),
            models.Index(fields=["room", "until"], name="opening_of_room"),
        )

    def __str__(self) -> str:
        return f"{self.room_id} · {self.by}"
