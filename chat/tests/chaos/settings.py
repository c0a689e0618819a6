"""The settings of the servers that chaos strikes: as in earnest, but for one round of hashing and the failpoints."""

from chatsite.testing.journey_settings import *  # noqa: F403
from chatsite.testing.journey_settings import INSTALLED_APPS

INSTALLED_APPS += ["chat.tests.chaos.failpoints.Failpoints"]
