"""The site itself: one row, made by the first migration."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class Installation(models.Model):
    epoch = models.UUIDField(default=uuid.uuid4, help_text=_("Changes when the database is restored from a backup."))
    name = models.CharField(_("name"), max_length=80)
    set_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(pk=1), name="installation_is_one_row"),)

    def __str__(self) -> str:
        return self.name
