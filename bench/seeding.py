"""Members with sessions, in a process of its own; prints their cookies: `python -m bench.seeding product 200`."""

import json
import os
import sys
import uuid
from importlib import import_module
from typing import Any


def main(kind: str, members: int) -> None:
    settings = {"product": "chatsite.settings", "tutorial": "bench.tutorial.settings"}[kind]
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    import django

    django.setup()
    people, room = {"product": product, "tutorial": tutorial}[kind](members)
    print(json.dumps({"room": room, "sessions": [session(person) for person in people]}))


def product(members: int) -> tuple[list[Any], int]:
    """An installation set up through the product's own actions."""
    from django.core.management import call_command

    from accounts.models import User
    from chat import actions

    call_command("migrate", verbosity=0)
    password = uuid.uuid4().hex
    owner = actions.set_up(
        site_name="Bench", handle="owner", name="Owner", email="", password=password, room_name="Hall"
    )
    room = actions.create_room(actor=owner, name="Bench")
    people = [User.objects.create_user(f"reader-{number}", None, name=f"Reader {number}") for number in range(members)]
    for person in people:
        actions.join_room(actor=person, room_id=room.pk)
    return people, room.pk


def tutorial(members: int) -> tuple[list[Any], str]:
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return [User.objects.create_user(f"reader-{number}") for number in range(members)], "bench"


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
    main(sys.argv[1], int(sys.argv[2]))
