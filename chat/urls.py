"""The addresses of rooms and messages."""

from datetime import date

from django.urls import path, register_converter

from chat.views import health, home, log, members, messages, rooms


class DayConverter:
    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        day = date.fromisoformat(value)
        if not 1970 <= day.year <= 9000:  # the ends of the calendar overflow in other time zones
            raise ValueError(value)
        return day

    def to_url(self, value: date) -> str:
        return value.isoformat()


register_converter(DayConverter, "day")

urlpatterns = [
    path("", home.home, name="home"),
    path("rooms/new/", rooms.new, name="room_new"),
    path("rooms/<slug:slug>/", rooms.show, name="room"),
    path("rooms/<slug:slug>/join/", rooms.join, name="room_join"),
    path("rooms/<slug:slug>/leave/", rooms.leave, name="room_leave"),
    path("rooms/<slug:slug>/settings/", rooms.settings, name="room_settings"),
    path("rooms/<slug:slug>/members/", members.members, name="members"),
    path("rooms/<slug:slug>/members/<int:user_id>/remove/", members.remove, name="member_remove"),
    path("rooms/<slug:slug>/members/<int:user_id>/role/", members.role, name="member_role"),
    path("rooms/<slug:slug>/messages/", messages.collection, name="messages"),
    path("rooms/<slug:slug>/messages/<int:message_id>/", messages.permalink, name="message"),
    path("rooms/<slug:slug>/messages/<int:message_id>/edit/", messages.edit, name="message_edit"),
    path("rooms/<slug:slug>/messages/<int:message_id>/delete/", messages.delete, name="message_delete"),
    path("rooms/<slug:slug>/changes/", log.since, name="changes"),
    path("rooms/<slug:slug>/<day:day>/", rooms.day, name="room_day"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
