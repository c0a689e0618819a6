"""The admin as a whole: its first page, and the clock of whoever sits at the desk."""

from functools import wraps
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.zones import zone_of

ORDER = {"chat": 0, "accounts": 1}
# Keys, sessions and connections are their owner's: what moderators do about them are acts on the person. Providers
# come from the environment alone.
WITHOUT_DESK = {"mfa", "socialaccount", "usersessions"}


class DeskSite(admin.AdminSite):
    index_title = gettext_lazy("Overview")
    site_title = gettext_lazy("Administration")
    enable_nav_sidebar = False  # the desks stand in the header

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Here, and not by taking them out again later, while another thread may be reading what is registered."""
        models: Any = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        super().register([m for m in models if m._meta.app_label not in WITHOUT_DESK], admin_class, **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Times are read and typed as on the person's own clock, so pages are drawn in here."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def at_the_desk(request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
            if not isinstance(request.user, User):
                return inner(request, *args, **options)
            with timezone.override(zone_of(request.user)):
                answer = inner(request, *args, **options)
                return answer.render() if isinstance(answer, SimpleTemplateResponse) else answer

        return at_the_desk

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """What moderators come for first."""
        return sorted(super().get_app_list(request, app_label), key=lambda app: ORDER.get(app["app_label"], len(ORDER)))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        from chat.admin.dashboard import dashboard  # the desks register themselves with this site

        return super().index(request, {**dashboard(request), **(extra_context or {})})
