"""The only door for writes: one plain function per verb."""

from chat.actions.accounts import deactivate_person, reactivate_person
from chat.actions.erasing import erase_person
from chat.actions.exporting import latest_export, request_export
from chat.actions.factors import remove_factors
from chat.actions.hiding import hide_message, restore_message
from chat.actions.imports import Said, import_messages
from chat.actions.installation import begin_epoch
from chat.actions.invites import (
    claim_invite,
    enter_invited,
    find_invite,
    make_invite,
    redeem_invite,
    require_site_inviter,
    withdraw_invite,
)
from chat.actions.members import add_member, join_room, leave_room, remove_member, set_role
from chat.actions.messages import delete_message, edit_message
from chat.actions.people import end_own_sessions, note_account, set_up, sign_out
from chat.actions.posting import Post, Posted, post_message, post_messages
from chat.actions.profile import change_handle, change_picture, change_preferences, rename_person
from chat.actions.reading import Reading, mark_read
from chat.actions.resets import make_reset_link
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
    "change_handle",
    "change_picture",
    "change_preferences",
    "change_room",
    "claim_invite",
    "close_sessions",
    "create_room",
    "deactivate_person",
    "delete_message",
    "edit_message",
    "end_own_sessions",
    "enter_invited",
    "erase_person",
    "find_invite",
    "hide_message",
    "import_messages",
    "join_room",
    "latest_export",
    "leave_room",
    "lift_restriction",
    "make_invite",
    "make_reset_link",
    "mark_read",
    "mute_person",
    "note_account",
    "open_private_room",
    "post_message",
    "post_messages",
    "reactivate_person",
    "redeem_invite",
    "remove_factors",
    "remove_member",
    "rename_person",
    "request_export",
    "require_site_inviter",
    "restore_message",
    "set_role",
    "set_up",
    "sign_out",
    "withdraw_invite",
]
