"""The moderators' desk, for now to look at: what is public, and never what was said in private."""

from chat.admin.memberships import MembershipAdmin
from chat.admin.messages import MessageAdmin
from chat.admin.rooms import RoomAdmin

__all__ = ["MembershipAdmin", "MessageAdmin", "RoomAdmin"]
