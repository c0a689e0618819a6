"""Forms at a door: filled in from a page or from JSON, refused as a page or as a coded error."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from chat.errors import ChatError, Invalid
from chat.views.door import fields, text_field, wants_json

F = TypeVar("F", bound=forms.Form)
T = TypeVar("T")


def filled(request: HttpRequest, form: type[F], **options: Any) -> F:
    """The form, bound to what a POST brings; fields it does not know are ignored. Raises Invalid, TooLarge."""
    if request.method != "POST":
        return form(**options)
    given = fields(request)
    return form({name: text_field(given, name) for name in form.base_fields if name in given}, **options)


def tried(request: HttpRequest, form: forms.Form, act: Callable[..., T]) -> T | None:
    """What `act` gives for the fields; None when the form was not sent or was refused, and then it says why.

    Raises what makes another page of it: NotFound, Forbidden, and everything for a program.
    """
    if not (form.is_bound and form.is_valid()):
        return None
    try:
        return act(**form.cleaned_data)
    except ChatError as error:
        if wants_json(request) or error.status in {403, 404}:
            raise
        form.add_error(None, error.detail)
        return None


def form_page(request: HttpRequest, template: str, form: forms.Form, **context: Any) -> HttpResponse:
    """The page with the form; 400 when it has errors. Raises Invalid with them for a program."""
    if form.errors and wants_json(request):
        raise Invalid(" ".join(str(error) for errors in form.errors.values() for error in errors))
    return render(request, template, {"form": form, **context}, status=400 if form.errors else 200)
