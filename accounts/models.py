"""People: who they are, how they want to see the site."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.names import clean_handle, clean_name


class UserManager(BaseUserManager["User"]):
    def create_user(self, handle: str, password: str | None = None, **fields: Any) -> "User":
        """A person with a usable password if one is given. Raises ValidationError for a wrong handle or name."""
        handle = clean_handle(handle)
        fields["name"] = clean_name(fields.get("name") or handle)
        fields["email"] = (fields.get("email") or "").lower()
        user = self.model(handle=handle, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, handle: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(handle, password, is_staff=True, is_superuser=True, **fields)

    def by_handle(self, handle: str) -> "User | None":
        """Who has this handle, or gave it up; old mentions and addresses lead to the same person."""
        return self.filter(handle=handle).first() or self.filter(past_handles__handle=handle).first()

    def is_free(self, handle: str) -> bool:
        """Whether a new person can have this handle: nobody has it or had it."""
        return self.by_handle(handle) is None

    def system(self) -> "User":
        """The person that commands act as; made by the first migration."""
        return self.get(kind=User.Kind.SYSTEM)


class User(AbstractBaseUser, PermissionsMixin):
    class Kind(models.TextChoices):
        HUMAN = "human", _("Person")
        BOT = "bot", _("Bot")
        SYSTEM = "system", _("System")

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    handle = models.CharField(_("handle"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=80)
    email = models.EmailField(_("email"), blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.HUMAN)
    theme = models.CharField(_("theme"), max_length=8, choices=Theme.choices, default=Theme.AUTO)
    language = models.CharField(_("language"), max_length=16, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    picture = models.CharField(_("picture"), max_length=100, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    date_joined = models.DateTimeField(_("since"), default=timezone.now)
    anonymised_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    sessions_closed = models.PositiveIntegerField(
        _("ended sessions"), default=0, help_text=_("How often all sessions were ended at once.")
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "handle"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = (models.UniqueConstraint(fields=["email"], condition=~Q(email=""), name="user_email_once"),)

    def __str__(self) -> str:
        return self.name

    @property
    def hue(self) -> int:
        """One of twelve colours that stays with the person."""
        return self.pk % 12

    @property
    def picture_url(self) -> str | None:
        return f"/pictures/{self.picture}" if self.picture else None

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django's, which every session carries, made to change also when somebody ends all sessions at once.

        Its public callers are `get_session_auth_hash` and, for keys that were rotated out, `…_fallback_hash`.
        """
        own = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]
        return f"{own}:{self.sessions_closed}" if self.sessions_closed else str(own)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class PastHandle(models.Model):
    """A handle that somebody gave up: kept for them, so that what was written to it never reaches another."""

    handle = models.CharField(_("handle"), max_length=32, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="past_handles", verbose_name=_("person"))
    given_up_at = models.DateTimeField(_("given up"), default=timezone.now)

    class Meta:
        verbose_name = _("past handle")
        verbose_name_plural = _("past handles")

    def __str__(self) -> str:
        return self.handle
