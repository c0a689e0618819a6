"""Acts on what a desk lists, one by one and in bulk: a page asks for the reason, an action does it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.reauth import require_fresh
from chat.admin.desk import may_act, staff_of
from chat.errors import ChatError
from chat.models.order import REASON_LIMIT

AT_ONCE = 100  # things in one bulk act: each is a transaction of its own
TOLD = 10  # refusals said one by one
CONFIRMED = "confirmed"
BACK = "back"


class ReasonForm(forms.Form):
    """What every act asks. `staff` acts on `things`; more specific forms have more to ask."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=REASON_LIMIT, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, staff: User, things: Sequence[Any], **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})
        self.staff = staff
        self.order_fields([name for name in self.fields if name != "reason"] + ["reason"])

    def clean_reason(self) -> str:
        return " ".join(str(self.cleaned_data["reason"]).split())  # one line: a paste from elsewhere is no refusal


@dataclass(frozen=True)
class Act:
    """`run(actor, thing, given)` calls an action with what the form gave; a ChatError is told beside the thing."""

    name: str  # in addresses and in the list's menu
    label: Any  # in menus and on buttons: "Mute…"
    title: Any  # of the page that asks: "Mute"
    run: Callable[[User, Any, dict[str, Any]], object]
    form: type[ReasonForm] = ReasonForm
    note: Any = ""  # what it means for those it concerns
    is_grave: bool = False
    offered: Callable[[Any], bool] = lambda thing: True  # whether this one can be acted on at all
    right: str = ""  # that the staff needs beside those of a moderator of the site
    asks_again: bool = False  # whether the staff first shows that it is still them: it opens or ends an account
    shows: Any = ""  # of what `run` gives, shown once on a page of its own: "Link, to be handed over"

    def open_to(self, staff: User) -> bool:
        return not self.right or staff.has_perm(self.right)


class ActingDesk(admin.ModelAdmin):
    """A desk with `acts`: in the list's menu for those ticked, and at <id>/acts/<name>/ for one."""

    acts: tuple[Act, ...] = ()

    def thing_words(self, request: HttpRequest, thing: Any) -> str:
        """What the page calls the thing; never more than its reader may know."""
        return str(thing)

    def acts_on(self, request: HttpRequest, thing: Any, *, back: str = "", **given: Any) -> list[dict[str, Any]]:
        """Buttons for a page about the thing; `given` fills in the form."""
        query = urlencode({**({BACK: back} if back else {}), **given})
        return [
            {"label": act.label, "is_grave": act.is_grave, "url": f"{self.act_url(act, thing)}?{query}".rstrip("?")}
            for act in (self.acts if may_act(request) else ())
            if act.open_to(staff_of(request)) and act.offered(thing)
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        """The way of every page about one thing, also after a form that was refused."""
        if options.get("obj") is not None:
            context["acts"] = self.acts_on(request, options["obj"], back=request.path)
        return super().render_change_form(request, context, *args, **options)

    def act_url(self, act: Act, thing: Model) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_act"
        return reverse(name, kwargs={"object_id": thing.pk, "act": act.name})

    # --- One

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"
        view = self.admin_site.admin_view(self.act_view)
        return [path("<int:object_id>/acts/<slug:act>/", view, name=name), *super().get_urls()]

    def act_view(self, request: HttpRequest, object_id: int, act: str) -> HttpResponseBase:
        if not may_act(request) or not self.has_view_permission(request):
            raise PermissionDenied
        chosen = next((each for each in self.acts if each.name == act), None)
        thing = self.get_queryset(request).filter(pk=object_id).first()
        if chosen is None or thing is None:
            raise Http404
        if not chosen.open_to(staff_of(request)):
            raise PermissionDenied
        back = self._back(request, thing)
        if not chosen.offered(thing):
            messages.info(request, _("Nothing to do for “%(thing)s”.") % {"thing": self.thing_words(request, thing)})
            return HttpResponseRedirect(back)
        return self._ask(request, chosen, [thing], back)

    def _back(self, request: HttpRequest, thing: Model) -> str:
        wanted = request.POST.get(BACK) or request.GET.get(BACK, "")
        desk = reverse("admin:index")
        if wanted.startswith(desk) and url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
            return wanted
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[thing.pk])

    # --- Many

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Django's menu of the list, made of the acts."""
        if IS_POPUP_VAR in request.GET or not may_act(request):
            return {}
        open_acts = [act for act in self.acts if act.open_to(staff_of(request))]
        return {act.name: (partial(_in_bulk, act), act.name, act.label) for act in open_acts}

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *place: Any) -> Any:
        """Django asks the database for whatever stands in the ticks; and a tick for all pages would be unbounded."""
        ticked = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        if len(ticked) > AT_ONCE or request.POST.get("select_across", "0") != "0":
            messages.warning(request, _("At most %(number)d at once. Tick fewer.") % {"number": AT_ONCE})
        elif not all(pk.isascii() and pk.isdecimal() and len(pk) < 19 for pk in ticked):
            messages.warning(request, _("Nothing was done: tick what you mean, and try again."))
        else:
            return super().response_action(request, queryset, *place)
        return HttpResponseRedirect(request.get_full_path())

    # --- Asking and doing

    def _ask(
        self, request: HttpRequest, act: Act, things: Sequence[Any], back: str, *, ticked: bool = False
    ) -> HttpResponse:
        if act.asks_again:
            require_fresh(request)
        confirmed = request.method == "POST" and CONFIRMED in request.POST
        asked: dict[str, Any] = {"staff": staff_of(request), "things": things, "initial": request.GET.dict()}
        form = act.form(request.POST if confirmed else None, **asked)
        if confirmed and form.is_valid():
            given = self._perform(request, act, things, form.cleaned_data)
            return self._show(request, act, given, back) if act.shows and given else HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": act.title,
            "opts": self.opts,
            "act": act,
            "form": form,
            "things": [(thing.pk, self.thing_words(request, thing)) for thing in things],
            "ticked": ticked,
            "tick": helpers.ACTION_CHECKBOX_NAME,
            "back": back,
            "names": {"confirmed": CONFIRMED, "back": BACK},
        }
        return TemplateResponse(request, "admin/act.html", context, status=400 if form.errors else 200)

    def _show(self, request: HttpRequest, act: Act, given: Sequence[tuple[str, object]], back: str) -> HttpResponse:
        """What acts gave and nobody can read again, such as a link: on the answer itself, so no cookie holds it."""
        context = {**self.admin_site.each_context(request), "title": act.title, "opts": self.opts, "act": act}
        return TemplateResponse(request, "admin/act_given.html", {**context, "given": given, "back": back})

    def _perform(
        self, request: HttpRequest, act: Act, things: Sequence[Any], given: dict[str, Any]
    ) -> list[tuple[str, object]]:
        """Each by itself: what is refused for one is done for the others. What was given, beside its thing."""
        refused, done_for = [], []
        for thing in things:
            try:
                done_for.append((self.thing_words(request, thing), act.run(staff_of(request), thing, given)))
            except ChatError as error:
                refused.append(f"{self.thing_words(request, thing)}: {error.detail}")
        done = len(things) - len(refused)
        if done:
            words = {"act": act.title, "number": done, "things": self._things(done)}
            messages.success(request, _("Done: %(act)s (%(number)d %(things)s).") % words)
        for refusal in refused[:TOLD]:
            messages.error(request, refusal)
        if len(refused) > TOLD:
            messages.error(request, _("And %(number)d more were refused.") % {"number": len(refused) - TOLD})
        return done_for

    def _things(self, number: int) -> str:
        return str(self.opts.verbose_name if number == 1 else self.opts.verbose_name_plural)


def _in_bulk(act: Act, desk: ActingDesk, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
    things = list(queryset[:AT_ONCE])
    return desk._ask(request, act, things, request.get_full_path(), ticked=True)
