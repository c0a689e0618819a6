"""The site's settings with Google played by chatsite/testing/provider.py, whose addresses nobody can set otherwise."""

import os

from chatsite.settings import SOCIALACCOUNT_PROVIDERS
from chatsite.testing.journey_settings import *  # noqa: F403

_stub = os.environ["STUB_PROVIDER_URL"] + "/google"

SOCIALACCOUNT_PROVIDERS["google"] |= {
    "AUTHORIZE_URL": f"{_stub}/authorize",
    "ACCESS_TOKEN_URL": f"{_stub}/token",
    "CERTS_URL": f"{_stub}/certs",
    "IDENTITY_URL": f"{_stub}/userinfo",
    "ID_TOKEN_ISSUER": _stub,
}
