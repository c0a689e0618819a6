"""Who may sign in, and stay: one backend, so that a ban or a deactivation closes every page at once."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from accounts.models import User
from accounts.sessions import banned, site_ban


class PersonBackend(AuthenticationBackend):
    """allauth's backend; it also loads the person of a session, and loads nobody who may not be here."""

    def get_user(self, user_id: int) -> User | None:
        """The person with the ban in one query, since every page asks this."""
        user = User.objects.annotate(is_out=site_ban()).filter(pk=user_id).first()
        return user if user is not None and _is_welcome(user) and not user.is_out else None

    def user_can_authenticate(self, user: Any) -> bool:
        return _is_welcome(user) and not banned(user.pk)


def _is_welcome(user: User) -> bool:
    return user.is_active and user.kind == User.Kind.HUMAN
