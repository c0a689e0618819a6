"""The form with which somebody deletes their own account."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User

FATES = [
    ("keep", gettext_lazy("They stay, under “Deleted user”")),
    ("remove", gettext_lazy("They go too; “Deleted” stands in their place")),
]


class EraseForm(forms.Form):
    """Gives `messages`, keep or remove. The handle is typed, so that nobody does this by a slip."""

    messages = forms.ChoiceField(
        label=gettext_lazy("What you have said"), choices=FATES, initial="keep", widget=forms.RadioSelect
    )
    handle = forms.CharField(
        label=gettext_lazy("Your handle"),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, person: User, **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})
        self.person = person
        self.fields["handle"].help_text = _("Type %(handle)s to say that you mean it.") % {"handle": person.handle}

    def clean_handle(self) -> str:
        typed = str(self.cleaned_data["handle"]).strip().lstrip("@").lower()
        if typed != self.person.handle:
            raise forms.ValidationError(_("That is not your handle: %(handle)s") % {"handle": self.person.handle})
        return typed
