"""The rows: rooms, memberships, messages and what keeps order among them."""

from chat.models.audit import AppendOnly, AuditEntry
from chat.models.installation import Installation
from chat.models.invite import Invite, InviteUse
from chat.models.job import Job
from chat.models.membership import Membership
from chat.models.message import Mention, Message, Revision
from chat.models.order import Opening, Restriction
from chat.models.presence import Connection, ProcessLease
from chat.models.room import Room

__all__ = [
    "AppendOnly",
    "AuditEntry",
    "Connection",
    "Installation",
    "Invite",
    "InviteUse",
    "Job",
    "Membership",
    "Mention",
    "Message",
    "Opening",
    "ProcessLease",
    "Restriction",
    "Revision",
    "Room",
]
