"""Invitations: links that let somebody onto the site, or into a room."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _


class InviteQuerySet(models.QuerySet["Invite"]):
    def usable(self) -> "InviteQuerySet":
        in_time = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        uses_left = Q(uses_limit=None) | Q(uses__lt=F("uses_limit"))
        return self.filter(in_time, uses_left, revoked_at=None)

    def by_token(self, token: str) -> "Invite | None":
        """The invitation a link names, usable or not."""
        number, _dash, _mac = token.partition("-")
        if not (number.isascii() and number.isdigit() and len(number) <= 18):
            return None
        invite = self.select_related("room", "created_by").filter(pk=int(number)).first()
        return invite if invite is not None and constant_time_compare(token, invite.token) else None


class Invite(models.Model):
    """Room null: onto the site. The link is not stored: it follows from the row and the site's secret key."""

    key = models.UUIDField(default=uuid.uuid4, editable=False)
    room = models.ForeignKey(
        "chat.Room", on_delete=models.CASCADE, null=True, related_name="invites", verbose_name=_("room"), db_index=False
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by"), db_index=False
    )
    created_at = models.DateTimeField(_("since"), default=timezone.now)
    expires_at = models.DateTimeField(_("until"), null=True)
    uses = models.PositiveIntegerField(_("uses"), default=0)
    uses_limit = models.PositiveIntegerField(_("most uses"), null=True)
    revoked_at = models.DateTimeField(_("withdrawn"), null=True)

    objects = InviteQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        permissions = (("invite_people", _("Can invite people to the site")),)
        constraints = (
            models.CheckConstraint(
                condition=Q(uses_limit=None) | Q(uses__lte=F("uses_limit")), name="invite_not_used_too_often"
            ),
        )
        indexes = (models.Index(fields=["room", "id"], name="invite_of_room"),)

    def __str__(self) -> str:
        return f"{self.pk} · {self.created_by}"

    @property
    def token(self) -> str:
        mac = salted_hmac("chat.invite", f"{self.pk}:{self.key}", algorithm="sha256").hexdigest()[:32]
        return f"{self.pk}-{mac}"

    @property
    def is_usable(self) -> bool:
        in_time = self.expires_at is None or self.expires_at > timezone.now()
        return self.revoked_at is None and in_time and (self.uses_limit is None or self.uses < self.uses_limit)


class InviteUse(models.Model):
    """Who came by it: once each, so that clicking a link twice costs one use."""

    invite = models.ForeignKey(Invite, on_delete=models.CASCADE, related_name="used_by")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("use of an invitation")
        verbose_name_plural = _("uses of invitations")
        constraints = (models.UniqueConstraint(fields=["invite", "user"], name="invite_used_once_each"),)

    def __str__(self) -> str:
        return f"{self.invite_id} · {self.user}"
