"""The addresses of rooms and messages."""

from datetime import date

from django.urls import path, register_converter

from chat.views import (
    health,
    home,
    invites,
    log,
    manifest,
    members,
    messages,
    metrics,
    moderation,
    my_data,
    offline,
    rooms,
)

LARGEST_ID = 2**63 - 1


class DayConverter:
    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        day = date.fromisoformat(value)
        if not 1970 <= day.year <= 9000:  # the ends of the calendar overflow in other time zones
            raise ValueError(value)
        return day

    def to_url(self, value: date) -> str:
        return value.isoformat()


class IdConverter:
    """A whole number that the database can look for; a larger one names nothing."""

    regex = "[0-9]+"

    def to_python(self, value: str) -> int:
        if len(value) > 19 or int(value) > LARGEST_ID:
            raise ValueError(value)
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(DayConverter, "day")
register_converter(IdConverter, "id")

urlpatterns = [
    path("", home.home, name="home"),
    path("rooms/new/", rooms.new, name="room_new"),
    path("rooms/<slug:slug>/", rooms.show, name="room"),
    path("rooms/<slug:slug>/join/", rooms.join, name="room_join"),
    path("rooms/<slug:slug>/leave/", rooms.leave, name="room_leave"),
    path("rooms/<slug:slug>/settings/", rooms.settings, name="room_settings"),
    path("rooms/<slug:slug>/invites/", invites.of_room, name="room_invites"),
    path("rooms/<slug:slug>/invites/<id:invite_id>/withdraw/", invites.withdraw_of_room, name="room_invite_withdraw"),
    path("rooms/<slug:slug>/members/", members.members, name="members"),
    path("rooms/<slug:slug>/members/find/", members.find, name="member_find"),
    path("rooms/<slug:slug>/members/<id:user_id>/remove/", moderation.remove, name="member_remove"),
    path("rooms/<slug:slug>/members/<id:user_id>/restrict/", moderation.restrict, name="member_restrict"),
    path("rooms/<slug:slug>/members/<id:user_id>/role/", members.role, name="member_role"),
    path("rooms/<slug:slug>/messages/", messages.collection, name="messages"),
    path("rooms/<slug:slug>/messages/<id:message_id>/", messages.permalink, name="message"),
    path("rooms/<slug:slug>/messages/<id:message_id>/edit/", messages.edit, name="message_edit"),
    path("rooms/<slug:slug>/messages/<id:message_id>/delete/", messages.delete, name="message_delete"),
    path("rooms/<slug:slug>/messages/<id:message_id>/hide/", moderation.hide, name="message_hide"),
    path("rooms/<slug:slug>/messages/<id:message_id>/restore/", moderation.restore, name="message_restore"),
    path("rooms/<slug:slug>/moderation/", moderation.overview, name="moderation"),
    path("rooms/<slug:slug>/restrictions/<id:restriction_id>/lift/", moderation.lift, name="restriction_lift"),
    path("rooms/<slug:slug>/changes/", log.since, name="changes"),
    path("rooms/<slug:slug>/<day:day>/", rooms.day, name="room_day"),
    path("settings/data/", my_data.copies, name="my_data"),
    path("settings/data/file/", my_data.copy, name="my_data_file"),
    path("settings/delete/", my_data.erase, name="erase"),
    path("settings/invites/", invites.of_site, name="site_invites"),
    path("settings/invites/<id:invite_id>/withdraw/", invites.withdraw_of_site, name="site_invite_withdraw"),
    path("join/<str:token>/", invites.join, name="join"),
    path("manifest.webmanifest", manifest.show, name="manifest"),
    path("offline/", offline.page, name="offline"),
    path("sw.js", offline.worker, name="worker"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.show, name="metrics"),
]
