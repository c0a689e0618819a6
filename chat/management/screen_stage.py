"""A picture's scene, and the stage it is played on: its server, what is in it, and who else is there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

from chat.tests.browser.product import Product
from chat.tests.browser.visitor import Visitor
from chatsite.testing.post import Post
from chatsite.testing.provider import Provider

WIDTHS = {360: 740, 768: 1024, 1280: 900, 1920: 1080}


@dataclass
class Stage:
    product: Product
    provider: Provider
    post: Post
    company: Mapping[str, Visitor] = field(default_factory=dict)  # by handle, each in the town hall


@dataclass(frozen=True)
class Scene:
    """`handle` signs in ("" is a visitor), `act` is done on the page, `play` on the whole stage, in this order.

    A `frozen` server then answers nothing. `window` are options of the browser's window.
    """

    name: str
    path: str
    handle: str = "ada"
    act: Callable[[Page], None] | None = None
    play: Callable[[Page, Stage], None] | None = None
    widths: tuple[int, ...] = tuple(WIDTHS)
    tall: bool = False
    frozen: bool = False
    site: str = "town"
    window: Mapping[str, Any] = field(default_factory=dict)


# What the seed's town lacks: long names, another script, a room at rest, one that breaks.
FURNITURE = """
from uuid import uuid4
from django.db import connection
from django.utils import timezone
from accounts.models import User
from chat import actions
from chat.models import Room
people = {person.handle: person for person in User.objects.all()}
long = "Donaudampfschifffahrtsgesellschaftskapitänsmützenbandverein of the lower harbour"
room = actions.create_room(actor=people["ada"], name=long, topic="Where the longest names of the coast meet, " * 5)
actions.add_member(actor=people["ada"], room_id=room.pk, handle="lena")
for words in ("Everybody is here, then.", "x" * 300, "https://harbour.example/" + "tide-table/" * 30):
    actions.post_message(actor=people["lena"], room_id=room.pk, client_id=uuid4(), body=words)
room = actions.create_room(actor=people["ada"], name="رصيف الميناء القديم", topic="المد والجزر، والقوارب، ومن يأتي غدا")
actions.add_member(actor=people["ada"], room_id=room.pk, handle="karim")
for handle, words in (
    ("karim", "صباح الخير! متى يصل القارب من Lindhaven اليوم؟"),
    ("ada", "In the afternoon, at two."),
    ("karim", "> In the afternoon\\n\\nشكرا، سأكون على الرصيف في الثانية. هل نحتاج إلى `12 m` من الحبل؟"),
    ("karim", "- حبل\\n- مصباح\\n- خبز"),
):
    actions.post_message(actor=people[handle], room_id=room.pk, client_id=uuid4(), body=words)
Room.objects.filter(name="Repair café").update(archived_at=timezone.now())
library = Room.objects.get(name="Library")
with connection.cursor() as cursor:
    cursor.execute("UPDATE chat_message SET client_id = 'no id ' || id WHERE room_id = %s", [library.pk])
"""
