"""The rows: rooms, memberships, messages and what keeps order among them."""

from chat.models.installation import Installation
from chat.models.membership import Membership
from chat.models.message import Mention, Message, Revision
from chat.models.order import AuditEntry, Restriction
from chat.models.presence import Connection, ProcessLease
from chat.models.room import Room

__all__ = [
    "AuditEntry",
    "Connection",
    "Installation",
    "Membership",
    "Mention",
    "Message",
    "ProcessLease",
    "Restriction",
    "Revision",
    "Room",
]
