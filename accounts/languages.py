"""Which language somebody is spoken to in: their own choice, else what their browser asks for, else the site's."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, parse_cookie
from django.utils import translation

from accounts.models import User


class Chosen:
    """After LocaleMiddleware, which has listened to the browser: a person's own choice counts more."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Who has no session cookie is nobody: no reason to ask the database for them.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and isinstance(request.user, User):
            speak(of_person(request.user))
        return self.get_response(request)


def is_language(code: str) -> bool:
    return code in dict(settings.LANGUAGES)


def choices() -> list[tuple[str, str]]:
    """Each language as its speakers call it."""
    return list(settings.LANGUAGES)


def of_person(person: User | None) -> str:
    """What the person has chosen; empty for those who leave it to their browser."""
    return person.language if person is not None and is_language(person.language) else ""


def of_browser(cookies: str, accepted: str) -> str:
    """From two headers, as LocaleMiddleware understands them: for sockets, which have no middleware."""
    request = HttpRequest()
    request.COOKIES = parse_cookie(cookies)
    request.META["HTTP_ACCEPT_LANGUAGE"] = accepted
    return translation.get_language_from_request(request)


def at_the_door(request: HttpRequest) -> str:
    """What somebody has chosen on the pages for the signed-out; empty without a choice."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if is_language(chosen) else ""


def of_mail(receiver: User | None, request: HttpRequest | None) -> str:
    """The receiver's; without a choice that of the browser they sit at, and when somebody else does, the site's."""
    sitting = getattr(request, "user", None)
    is_theirs = not isinstance(sitting, User) or receiver is None or sitting.pk == receiver.pk
    return of_person(receiver) or (translation.get_language() if is_theirs else "") or settings.LANGUAGE_CODE


def speak(language: str) -> None:
    """From here on in this request or socket; nothing changes for an empty one."""
    if language:
        translation.activate(language)
