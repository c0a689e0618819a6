"""People: making, letting in, shutting out. Names change through the action, so that rooms hear of it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.names import clean_handle, clean_name
from accounts.reauth import require_fresh
from chat import actions

CHANGED, MADE = (None, "changed"), (None, "made")
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


admin.site.unregister(Group)


class NamesMixin(forms.ModelForm):
    def clean_handle(self) -> str:
        handle = str(self.cleaned_data["handle"])
        if handle == self.initial.get("handle"):
            return handle
        handle = clean_handle(handle)
        if User.objects.by_handle(handle) not in (None, self.instance):  # one's own can be taken back
            raise forms.ValidationError(_("Somebody has this handle, or had it. Choose another."))
        return handle

    def clean_name(self) -> str:
        return clean_name(self.cleaned_data["name"])

    def clean_email(self) -> str:
        return str(self.cleaned_data.get("email") or "").lower()


class NewPersonForm(NamesMixin, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("handle", "name", "email")


class PersonForm(NamesMixin, UserChangeForm):
    class Meta:
        model = User
        fields = ("handle", "name", "email", *RIGHTS)
        widgets = {"groups": forms.CheckboxSelectMultiple}


class PersonAdmin(UserAdmin):
    """Accounts: the desk of people in chat/admin/people.py adds what moderators do."""

    form = PersonForm
    add_form = NewPersonForm
    search_fields = ("handle", "name", "email", "past_handles__handle")
    ordering = ("handle",)
    filter_horizontal = ()
    show_full_result_count = False
    readonly_fields = ("is_active", "kind", "date_joined", "last_login", "anonymised_at")
    fieldsets = (
        (None, {"fields": ("handle", "name", "email", "password")}),
        (_("Rights"), {"fields": ("is_active", *RIGHTS)}),
        (_("About"), {"fields": ("kind", "date_joined", "last_login", "anonymised_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("handle", "name", "email")}),
        (_("Password"), {"fields": ("usable_password", "password1", "password2")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Of a password even its salt is nobody's business who cannot set another."""
        found = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return found
        return [(title, {**part, "fields": [f for f in part["fields"] if f != "password"]}) for title, part in found]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        # Rights are given by those who have them all.
        return (*self.readonly_fields, *(() if request.user.is_superuser else RIGHTS))

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and (obj.kind == User.Kind.SYSTEM or obj.anonymised_at is not None):
            return False  # nobody's account
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # a person's row is never deleted: their messages stand on it

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        if set(form.changed_data) & set(RIGHTS):
            require_fresh(request)  # before anything is kept: the whole change is one transaction
        name, handle = obj.name, obj.handle
        if change:
            obj.name, obj.handle = form.initial["name"], form.initial["handle"]
        super().save_model(request, obj, form, change)
        if change:
            actions.rename_person(actor=_staff(request), person=obj, name=name)
            actions.change_handle(actor=_staff(request), person=obj, handle=handle)

    def save_related(self, request: HttpRequest, form: forms.ModelForm, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        names = [name for name in form.changed_data if name != "handle"]  # the action writes that down
        changed = {name: _before_and_after(form, name) for name in names} if change else {"account": MADE}
        if changed:
            actions.note_account(actor=_staff(request), person=form.instance, **changed)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        require_fresh(request)
        answer = super().user_change_password(request, id, form_url)
        person = self.get_object(request, id)
        if request.method == "POST" and answer.status_code == 302 and person is not None:
            actions.note_account(actor=_staff(request), person=person, password=CHANGED)
        return answer

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        actions.sign_out(actor=obj)  # deactivated, or another password: open sockets ask again whether they may stay
        return super().log_change(request, obj, message)


@admin.register(Group)
class GroupDesk(GroupAdmin):
    """Rights to tick, and of those that exist only the ones that some desk asks for."""

    filter_horizontal = ()
    show_full_result_count = False

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None = None, **options: Any) -> Any:
        options["widget"] = forms.CheckboxSelectMultiple
        field: Any = super().formfield_for_manytomany(db_field, request, **options)
        if db_field.name == "permissions":
            field.queryset = _rights(self.admin_site)
            field.label_from_instance = lambda right: right.name
        return field


def _rights(site: admin.AdminSite) -> QuerySet[Permission]:
    """Those of models that have a desk; nothing of the log, of order and of rooms is made or changed at one."""
    desks = ContentType.objects.get_for_models(*(model for model, _desk in site._registry.items())).values()
    rights = Permission.objects.filter(content_type__in=desks).select_related("content_type")
    never = Q(codename__startswith="add_") | Q(codename__startswith="change_") | Q(codename__startswith="delete_")
    return rights.exclude(never, content_type__app_label="chat").exclude(codename="delete_user")


def _before_and_after(form: forms.ModelForm, name: str) -> tuple[Any, Any]:
    """Rights and states as they are; of what is the person's own only that it changed."""
    before, after = form.initial.get(name), form.cleaned_data.get(name)
    if isinstance(after, bool):
        return bool(before), after
    if name in RIGHTS:
        return sorted(str(each) for each in before or ()), sorted(str(each) for each in after or ())
    return CHANGED


def _staff(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
