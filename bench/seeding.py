"""Members with sessions, in a process of its own; prints their cookies: `python -m bench.seeding product 200 1`."""

import json
import os
import sys
import uuid
from importlib import import_module
from typing import Any


def main(kind: str, members: int, rooms: int) -> None:
    """Members are spread over the rooms: neighbours are in different ones."""
    settings = {"product": "chatsite.settings", "tutorial": "bench.tutorial.settings"}[kind]
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import transaction

    call_command("migrate", verbosity=0)
    with transaction.atomic():
        people, made = {"product": product, "tutorial": tutorial}[kind](members, rooms)
        sessions = [session(person) for person in people]
    print(json.dumps({"rooms": made, "sessions": sessions}))


def product(members: int, rooms: int) -> tuple[list[Any], list[int]]:
    """An installation set up through the product's own actions."""
    from accounts.models import User
    from chat import actions

    password = uuid.uuid4().hex
    owner = actions.set_up(
        site_name="Bench", handle="owner", name="Owner", email="", password=password, room_name="Hall"
    )
    made = [actions.create_room(actor=owner, name=f"Bench {number}").pk for number in range(rooms)]
    people = [User.objects.create_user(f"reader-{number}", None, name=f"Reader {number}") for number in range(members)]
    for place, person in enumerate(people):
        actions.join_room(actor=person, room_id=made[place % rooms])
    return people, made


def tutorial(members: int, rooms: int) -> tuple[list[Any], list[str]]:
    from django.contrib.auth.models import User

    people = [User.objects.create_user(f"reader-{number}") for number in range(members)]
    return people, [f"bench{number}" for number in range(rooms)]


def session(person: Any) -> str:
    """The key of a session as signing in would make it."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(person.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = person.get_session_auth_hash()
    store.create()
    return str(store.session_key)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
