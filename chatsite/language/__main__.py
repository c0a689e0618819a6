"""`./run words`: brings the catalogs under locale/ up to date and compiles them, then tells what is missing in them."""

import os
import sys

import django


def main() -> int:
    django.setup()
    from chatsite.language import catalogs  # once Django knows its settings

    missing = 0
    expected = catalogs.messages()
    for language in catalogs.languages():
        catalog = catalogs.update(language)
        catalogs.mo_file(language).write_bytes(catalogs.compiled(language))
        for fault in catalogs.faults(catalog, expected):
            missing += 1
            print(f"{language}: {fault}")
        print(f"{language}: {len(catalog)} messages")
    return 1 if missing else 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    sys.exit(main())
