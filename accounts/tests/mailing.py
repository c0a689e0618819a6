"""What tests of mail share: the doors, and reading what was sent."""

import re
from typing import Any

from django.core import mail
from django.test import Client

CODE = re.compile(r"^[A-Z0-9-]{6,12}$", re.MULTILINE)
LINK = re.compile(r"http://testserver(\S+)")
SIGN_UP = {"name": "Eve", "username": "eve", "password1": "violet-umbrella-8"}
NEW = {"password1": "orange-lighthouse-3", "password2": "orange-lighthouse-3"}
ASK, TYPE = "/accounts/login/code/", "/accounts/login/code/confirm/"
RESET, ADDRESS = "/accounts/password/reset/", "/accounts/email/"


def is_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


def to(address: str) -> list[str]:
    """The mails to this address, each with its subject in the first line."""
    return [f"{message.subject}\n{message.body}" for message in mail.outbox if message.to == [address]]


def asked(address: str) -> Client:
    """A browser that has asked for a code."""
    client = Client()
    assert client.post(ASK, {"email": address})["Location"] == TYPE
    return client


def plain(answer: Any) -> str:
    """A page without what differs each time, and without the address it was about."""
    page = re.sub(r'value="[^"]*"', "", answer.content.decode())
    return re.sub(r"\S+@example\.org", "somebody", page)
