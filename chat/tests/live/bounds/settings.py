"""The settings of the servers whose bounds are tried: as in earnest, but for clocks.py."""

from chatsite.testing.journey_settings import *  # noqa: F403
from chatsite.testing.journey_settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "chat.tests.live.bounds.clocks.Clocks"]
