"""The only door for writes: one plain function per verb."""

from chat.actions.hiding import hide_message, restore_message
from chat.actions.imports import Said, import_messages
from chat.actions.installation import begin_epoch
from chat.actions.members import add_member, join_room, leave_room, remove_member, set_role
from chat.actions.messages import delete_message, edit_message
from chat.actions.people import note_account, rename_person, set_up, sign_out
from chat.actions.posting import Post, Posted, post_message, post_messages
from chat.actions.reading import Reading, mark_read
from chat.actions.restrictions import ban_person, close_sessions, lift_restriction, mute_person, open_private_room
from chat.actions.rooms import change_room, create_room

__all__ = [
    "Post",
    "Posted",
    "Reading",
    "Said",
    "add_member",
    "ban_person",
    "begin_epoch",
    "change_room",
    "close_sessions",
    "create_room",
    "delete_message",
    "edit_message",
    "hide_message",
    "import_messages",
    "join_room",
    "leave_room",
    "lift_restriction",
    "mark_read",
    "mute_person",
    "note_account",
    "open_private_room",
    "post_message",
    "post_messages",
    "remove_member",
    "rename_person",
    "restore_message",
    "set_role",
    "set_up",
    "sign_out",
]
