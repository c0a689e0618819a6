"""The pages of a copy: plain HTML that loads nothing but its own style, with every word escaped by the templates."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat.models import Installation
from chat.takeout.contents import LABELS, Section, chunks
from chat.takeout.said import Page


def of_section(section: Section, rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One record after the other, some at a time."""
    yield render_to_string("takeout/_head.html", {"title": section.title, "root": ""})
    for chunk in chunks(rows):
        yield render_to_string("takeout/_records.html", {"records": [list(_named(row)) for row in chunk]})
    yield render_to_string("takeout/_foot.html", {"root": ""})


def of_messages(page: Page) -> Iterator[str]:
    messages = [{**record, "time": moment(record["said_at"])} for record in page.records]
    yield render_to_string("takeout/_head.html", {"title": _("Messages"), "root": "../"})
    yield render_to_string("takeout/_messages.html", {"messages": messages})
    yield render_to_string("takeout/_foot.html", {"root": "../"})


def of_everything(
    person: User, index: list[dict[str, Any]], months: list[dict[str, Any]], *, picture: bool
) -> Iterator[str]:
    known = {"person": person, "site": _site(), "made": moment(timezone.now()), "picture": picture}
    months = [{**month, "from": moment(month["from"])} for month in months]
    yield render_to_string("takeout/index.html", {**known, "sections": index, "months": months, "root": ""})


def readme(person: User) -> list[str]:
    lines = (
        _("Everything that is yours on %(site)s, @%(handle)s, as of %(time)s."),
        "",
        _("Open index.html in a browser; it needs no network. The .json files hold the same, with more, for programs:"),
        _("a list of records each, with times in UTC. messages/ holds what you said, in the order it was said, with"),
        _("what each message said before its changes. A room without a name is a private one you are not in now."),
    )
    words = {"site": _site(), "handle": person.handle, "time": moment(timezone.now())}
    return ["\n".join(lines) % words, "\n"]


def moment(at: datetime) -> str:
    """On the person's clock."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M %Z}"


def _named(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Labels and words of what there is; empty fields are left out."""
    for name, value in row.items():
        words = _words(value)
        if words:
            yield str(LABELS.get(name, name)), words


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, list):
        return ", ".join(_words(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_words(each)}" for name, each in value.items())
    return "" if value is None else str(value)


def _site() -> str:
    return Installation.objects.values_list("name", flat=True).get()
