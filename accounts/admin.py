"""People: making, letting in, shutting out. Names change through the action, so that rooms hear of it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.names import clean_handle, clean_name
from chat import actions

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class NamesMixin(forms.ModelForm):
    def clean_name(self) -> str:
        return clean_name(self.cleaned_data["name"])

    def clean_email(self) -> str:
        return str(self.cleaned_data.get("email") or "").lower()


class NewPersonForm(NamesMixin, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("handle", "name", "email")

    def clean_handle(self) -> str:
        return clean_handle(self.cleaned_data["handle"])


class PersonForm(NamesMixin, UserChangeForm):
    class Meta:
        model = User
        fields = ("handle", "name", "email", "is_active", *RIGHTS)


@admin.register(User)
class PersonAdmin(UserAdmin):
    form = PersonForm
    add_form = NewPersonForm
    list_display = ("handle", "name", "email", "kind", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "kind", "date_joined")
    search_fields = ("handle", "name", "email")
    ordering = ("handle",)
    show_full_result_count = False
    readonly_fields = ("kind", "date_joined", "last_login", "anonymised_at")
    fieldsets = (
        (None, {"fields": ("handle", "name", "email", "password")}),
        (_("Rights"), {"fields": ("is_active", *RIGHTS)}),
        (_("About"), {"fields": ("kind", "date_joined", "last_login", "anonymised_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("handle", "name", "email")}),
        (_("Password"), {"fields": ("usable_password", "password1", "password2")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        # Mentions and addresses stand on the handle; rights are given by those who have them all.
        own = ("handle",) if obj else ()
        return (*own, *self.readonly_fields, *(() if request.user.is_superuser else RIGHTS))

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and (obj.kind == User.Kind.SYSTEM or (obj.is_superuser and not request.user.is_superuser)):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # a person's row is never deleted: their messages stand on it

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        name = obj.name
        if change:
            obj.name = form.initial["name"]
        super().save_model(request, obj, form, change)
        if change:
            actions.rename_person(actor=_staff(request), person=obj, name=name)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        actions.sign_out(actor=obj)  # deactivated, or another password: open sockets ask again whether they may stay
        return super().log_change(request, obj, message)


def _staff(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
