"""Which processes serve sockets, and who has which room open in them."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ProcessLease(models.Model):
    """One process's word that it lives, by the database's clock. `version` rises whenever its connections change."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    version = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.id)


class Connection(models.Model):
    """A person who has a room open in one process, however many windows."""

    lease = models.ForeignKey(ProcessLease, on_delete=models.CASCADE, related_name="connections", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    room = models.ForeignKey("chat.Room", on_delete=models.CASCADE, related_name="connections")
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        constraints = (models.UniqueConstraint(fields=["lease", "user", "room"], name="connection_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} · {self.room_id}"
