"""The forms of rooms. They shape input for an action; the action holds the rules."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.names import NAME_LIMIT
from chat.models import Room

TOPIC_LIMIT = Room._meta.get_field("topic").max_length


class RoomForm(forms.Form):
    name = forms.CharField(label=_("Name"), widget=forms.TextInput(attrs={"maxlength": NAME_LIMIT, "dir": "auto"}))
    topic = forms.CharField(
        label=_("Topic"),
        required=False,
        max_length=TOPIC_LIMIT,
        help_text=_("One line on what this room is for."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )


class NewRoomForm(RoomForm):
    kind = forms.ChoiceField(
        label=_("Who can join"),
        choices=[(Room.Kind.PUBLIC, _("Public: anyone signed in")), (Room.Kind.PRIVATE, _("Private: by invitation"))],
        initial=Room.Kind.PUBLIC,
        required=False,
        widget=forms.RadioSelect,
    )

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or Room.Kind.PUBLIC


class MessageForm(forms.Form):
    body = forms.CharField(
        label=_("Message"), strip=False, widget=forms.Textarea(attrs={"rows": 6, "dir": "auto", "autofocus": True})
    )


class MemberForm(forms.Form):
    handle = forms.CharField(
        label=_("Handle"), widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"})
    )
