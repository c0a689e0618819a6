"""Forms at a door: filled in from a page or from JSON, refused as a page or as a coded error."""

from typing import Any, TypeVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from chat.errors import Invalid
from chat.views.door import fields, text_field, wants_json

F = TypeVar("F", bound=forms.Form)


def filled(request: HttpRequest, form: type[F], **options: Any) -> F:
    """The form, bound to what a POST brings; fields it does not know are ignored. Raises Invalid, TooLarge."""
    if request.method != "POST":
        return form(**options)
    given = fields(request)
    return form({name: text_field(given, name) for name in form.base_fields if name in given}, **options)


def form_page(request: HttpRequest, template: str, form: forms.Form, **context: Any) -> HttpResponse:
    """The page with the form; 400 when it has errors. Raises Invalid with them for a program."""
    if form.errors and wants_json(request):
        raise Invalid(" ".join(str(error) for errors in form.errors.values() for error in errors))
    return render(request, template, {"form": form, **context}, status=400 if form.errors else 200)
