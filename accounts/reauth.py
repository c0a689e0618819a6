"""Is it still the person who signed in? What is dangerous asks for a proof of the last minutes first."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from chat.errors import NotFresh, Unauthenticated

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session was signed in, or confirmed, within ACCOUNT_REAUTHENTICATION_TIMEOUT seconds.

    Signing in counts as well as confirming: allauth's own check would ask for the password again at once.
    """
    if not isinstance(request.user, User):
        return False
    said = (float(record["at"]) for record in get_authentication_records(request, request.user))
    # From both sides: what was said before the clock was set back is not young for ever.
    return any(abs(time.time() - at) < app_settings.REAUTHENTICATION_TIMEOUT for at in said)


def require_fresh(request: HttpRequest, *, back: str = "") -> None:
    """Raises NotFresh, which a page answers with “Is it you?” and a program with the code `reauthenticate`.

    Afterwards the person is at `back`, the name of an address, or at the page itself, which then must know GET. What
    was sent is not kept meanwhile: it may be a password.
    """
    if not request.user.is_authenticated:
        raise Unauthenticated(_("Sign in first."))
    if not is_fresh(request):
        raise NotFresh(_("Confirm that it is you first."), back=reverse(back) if back else request.get_full_path())


def fresh(view: Callable[Concatenate[HttpRequest, P], HttpResponseBase]) -> View[P]:
    """A view that needs a proof of the last minutes; stands below `door`, which keeps the signed-out away."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        require_fresh(request)
        return view(request, *args, **kwargs)

    return guarded


def remember(request: HttpRequest, person: User, method: str) -> None:
    """Write into the session that the person was let in just now; allauth's own ways of signing in do it themselves."""
    record_authentication(request, person, method)


class FreshMixin(DefaultAccountAdapter):
    """The same rule for allauth's own pages. Without a password or a factor allauth would ask for nothing at all."""

    def is_reauthentication_required(self, *, app: str, **options: Any) -> bool:
        require_fresh(self.request)
        return False

    def post_login(self, request: Any, user: Any, **state: Any) -> Any:
        """Signing up, too, is signing in just now; allauth writes nothing down then."""
        if not is_fresh(request):
            remember(request, user, "sign-up")
        return super().post_login(request, user, **state)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Who has neither password nor factor, or has lost them, signs in again in the way they came."""
        if not user.is_authenticated:
            return []
        words = {
            "reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use a code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        found = [{**way, "description": words[way["id"]]} for way in super().get_reauthentication_methods(user)]
        return [*found, {"id": "again", "description": _("Sign in again"), "url": reverse("sign_in_again")}]
