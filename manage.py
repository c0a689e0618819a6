#!/usr/bin/env python
"""Django's command line; a wrong setting is one line, not a traceback."""

import os
import sys


def main() -> None:
    from chatsite import launch

    launch.leave_when_told(sys.argv[1:])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    launch.adjust_environment(sys.argv[1:])
    try:
        settings.DATABASES  # noqa: B018 - reads the environment now, where its errors can be told plainly
    except ImproperlyConfigured as error:
        sys.exit(f"chatrooms: {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
