"""What the tutorial's chat stores."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class Message(models.Model):
    objects: ClassVar[models.Manager["Message"]]

    room = models.CharField(max_length=64, db_index=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.room} {self.pk}"
