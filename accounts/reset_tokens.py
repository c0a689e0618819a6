"""The seal of an administrator's one-time link: it breaks with the next password, the next sign-in, the next link."""

from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36

from accounts.models import User

MARK = "."  # between number and seal; in no token of Django's


def sealed(person: User, number: int) -> str:
    """The token for link `number` of the person: the audit entry that made it."""
    return f"{int_to_base36(number)}{MARK}{_seal(person, number)}"


def number_of(person: User, token: str) -> int | None:
    """The number a token is for, or None when its seal does not hold for the person as they are now."""
    number, mark, _rest = token.partition(MARK)
    try:
        found = base36_to_int(number) if mark else 0
    except ValueError:
        return None
    return found if found > 0 and constant_time_compare(token, sealed(person, found)) else None


def _seal(person: User, number: int) -> str:
    state = f"{person.pk}:{number}:{person.password}:{person.last_login}"
    return salted_hmac("accounts.reset_tokens", state, algorithm="sha256").hexdigest()[:40]
