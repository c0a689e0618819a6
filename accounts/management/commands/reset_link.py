"""`manage.py reset_link <handle>`: a one-time link to a new password, for who gets no mail."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.models import User
from chat import actions
from chat.errors import ChatError

REASON = "On the command line"


class Command(BaseCommand):
    help = _("Print a link at which somebody chooses a new password: once, within a day. It ends older ones.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("handle", help=_("whose password was forgotten"))
        parser.add_argument("--reason", default=REASON, help=_("kept in the audit"))

    def handle(self, **options: Any) -> None:
        handle = str(options["handle"]).removeprefix("@").lower()
        person = User.objects.filter(handle=handle).first()
        if person is None:
            raise CommandError(_("Nobody has this handle."))
        try:
            link = actions.make_reset_link(
                actor=User.objects.system(), user_id=person.pk, reason=str(options["reason"])
            )
        except ChatError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(link)
