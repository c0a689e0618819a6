"""`manage.py remove_factors <handle>`: for who has lost device and codes, the only administrator too."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.models import User
from chat import actions
from chat.errors import ChatError

REASON = "On the command line"


class Command(BaseCommand):
    help = _("Take off somebody's second factors: app, passkeys and recovery codes. The password alone signs in again.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("handle", help=_("whose device was lost"))
        parser.add_argument("--reason", default=REASON, help=_("kept in the audit"))

    def handle(self, **options: Any) -> None:
        person = User.objects.filter(handle=str(options["handle"]).removeprefix("@").lower()).first()
        if person is None:
            raise CommandError(_("Nobody has this handle."))
        try:
            actions.remove_factors(actor=User.objects.system(), user_id=person.pk, reason=str(options["reason"]))
        except ChatError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(_("Done: @%(handle)s signs in by password alone.") % {"handle": person.handle})
