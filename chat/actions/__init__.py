"""The only door for writes: one plain function per verb."""

from chat.actions.imports import Said, import_messages
from chat.actions.members import add_member, join_room, leave_room, remove_member, set_role
from chat.actions.messages import delete_message, edit_message
from chat.actions.people import rename_person, set_up, sign_out
from chat.actions.posting import Post, Posted, post_message, post_messages
from chat.actions.reading import Reading, mark_read
from chat.actions.rooms import change_room, create_room

__all__ = [
    "Post",
    "Posted",
    "Reading",
    "Said",
    "add_member",
    "change_room",
    "create_room",
    "delete_message",
    "edit_message",
    "import_messages",
    "join_room",
    "leave_room",
    "mark_read",
    "post_message",
    "post_messages",
    "remove_member",
    "rename_person",
    "set_role",
    "set_up",
    "sign_out",
]
