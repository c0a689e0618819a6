"""Which links let somebody choose a new password: Django's, which mail brings, and an administrator's."""

from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator

from accounts.models import User
from accounts.reset_tokens import MARK, number_of
from chat.actions.resets import is_in_force


class ResetTokens(PasswordResetTokenGenerator):
    """What allauth asks. Both kinds end with the first password that is chosen by them."""

    def check_token(self, user: Any, token: str | None) -> bool:
        if not isinstance(user, User) or not token or not user.is_active or user.kind != User.Kind.HUMAN:
            return False
        if MARK not in token:
            return bool(super().check_token(user, token))
        number = number_of(user, token)
        return number is not None and is_in_force(person_id=user.pk, number=number)
