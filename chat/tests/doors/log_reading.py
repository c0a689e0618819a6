"""What the tests of the moderators' log read from its pages."""

import re
from typing import Any

LOG = "/admin/chat/message/"
SECRET = "the tide turns at four"


def shown(page: Any) -> list[int]:
    """Ids of the messages on a page, in its order."""
    return [int(pk) for pk in re.findall(r'id="message-(\d+)"', page.content.decode())]


def links(page: Any, rel: str) -> list[str]:
    return [
        found.replace("&amp;", "&") for found in re.findall(rf'href="(\?[^"]*)" rel="{rel}"', page.content.decode())
    ]


def act(client: Any, name: str, messages: list[Any], address: str = LOG, **given: str) -> Any:
    return client.post(address, {"action": name, "_selected_action": [m.pk for m in messages], **given})
