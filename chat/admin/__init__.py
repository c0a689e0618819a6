"""The moderators' desks: what is public to read and to act on, and never what was said in private."""

from chat.admin.audit import AuditDesk
from chat.admin.connections import ConnectionDesk
from chat.admin.invites import InviteDesk
from chat.admin.memberships import MembershipAdmin
from chat.admin.messages import MessageAdmin
from chat.admin.openings import OpeningDesk
from chat.admin.people import PersonDesk
from chat.admin.restrictions import RestrictionDesk
from chat.admin.rooms import RoomAdmin

__all__ = [
    "AuditDesk",
    "ConnectionDesk",
    "InviteDesk",
    "MembershipAdmin",
    "MessageAdmin",
    "OpeningDesk",
    "PersonDesk",
    "RestrictionDesk",
    "RoomAdmin",
]
