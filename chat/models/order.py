"""What keeps order: restrictions on people, and the book of who did what and why."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    def in_force(self) -> "RestrictionQuerySet":
        return self.filter(Q(until=None) | Q(until__gt=timezone.now()), lifted_at=None)


class Restriction(models.Model):
    """A mute or a ban, in one room or (room null) on the whole site."""

    class Kind(models.TextChoices):
        MUTE = "mute", _("Mute")
        BAN = "ban", _("Ban")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="restrictions")
    room = models.ForeignKey("chat.Room", on_delete=models.CASCADE, null=True, blank=True, related_name="restrictions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    created_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=["user", "kind", "lifted_at"], name="restriction_of_person"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.user}"

    @property
    def is_in_force(self) -> bool:
        return self.lifted_at is None and (self.until is None or self.until > timezone.now())


class AuditEntry(models.Model):
    """Ids and settings before and after an act; never message text."""

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=32)
    target = models.CharField(max_length=64, help_text=_("Noun and id, such as message:345."))
    reason = models.CharField(max_length=500, blank=True)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = _("audit entries")
        indexes = (models.Index(fields=["target", "id"], name="audit_of_target"),)

    def __str__(self) -> str:
        return f"{self.verb} {self.target}"
