"""The settings of servers whose database gets into trouble: as in earnest, but for how long they wait for it."""

from chatsite.settings import DATABASES
from chatsite.testing.journey_settings import *  # noqa: F403

_options = DATABASES["default"]["OPTIONS"]
if "pool" in _options:
    _options["pool"] |= {"timeout": 1, "max_size": 6}
    _options["options"] += " -c lock_timeout=1s"
else:
    _options["timeout"] = 1
