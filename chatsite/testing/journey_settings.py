"""The settings of the servers that people's journeys go to: as in earnest, but for one round of hashing."""

from chatsite.settings import *  # noqa: F403

PASSWORD_HASHERS = ["chatsite.testing.hashing.OneRound"]
