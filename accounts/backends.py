"""Who may sign in, and stay: one backend, so that a ban or a deactivation closes every page at once."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from accounts.models import User
from accounts.sessions import banned, site_ban


class PersonBackend(AuthenticationBackend):
    """allauth's backend; it also loads the person of a session, and loads nobody who may not be here."""

    def get_user(self, user_id: int) -> User | None:
        """The person with the ban in one query, since every page asks this."""
        user = User.objects.annotate(is_out=site_ban()).filter(pk=user_id).first()
        return user if user is not None and _is_welcome(user) and not user.is_out else None

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> Any:
        """One person, so one password is hashed: allauth tries an address twice, which tells by the clock who is here.

        Where nobody is found, allauth hashes in vain for as long.
        """
        login = str(credentials.get("username") or credentials.get("email") or "").strip().lower()
        return self._check_password(_named(login), str(credentials.get("password") or ""))

    def user_can_authenticate(self, user: Any) -> bool:
        return _is_welcome(user) and not banned(user.pk)


def _named(login: str) -> User | None:
    """By handle, or by the address of an account; no handle has an @ in it, and no two accounts have one address."""
    return User.objects.filter(**{"email" if "@" in login else "handle": login}).first()


def _is_welcome(user: User) -> bool:
    return user.is_active and user.kind == User.Kind.HUMAN
