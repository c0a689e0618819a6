"""Who signed an ID token. allauth leaves that out where the token came straight from the provider, by https."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base import ProviderException

SIGNED = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
SHARED = ("HS256", "HS384", "HS512")
# Issuer, audience and end are allauth's to check; a beginning is not, since our clock may be a second behind theirs.
ONLY_THE_SIGNATURE: Any = {f"verify_{claim}": False for claim in ("aud", "iss", "exp", "iat", "nbf", "sub", "jti")}

Keys = Callable[[Mapping[str, Any]], Iterable[Any]]  # by the token's header


def check_signature(id_token: str, keys: Keys, *, secret: str = "") -> None:
    """By one of the provider's keys, or by the secret that it shares with us. Raises ProviderException."""
    try:
        header = jwt.get_unverified_header(id_token)
    except jwt.PyJWTError as error:
        raise ProviderException("not an ID token") from error
    is_shared = bool(secret) and header.get("alg") in SHARED
    for key in [secret] if is_shared else keys(header):
        with suppress(jwt.PyJWTError):
            jwt.decode(id_token, key, algorithms=SHARED if is_shared else SIGNED, options=ONLY_THE_SIGNATURE)
            return
    raise ProviderException("signed by somebody else")


def published_at(address: str) -> Keys:
    """The keys that a provider shows the world, read when they are needed; raises RequestException."""

    def fitting(header: Mapping[str, Any]) -> Iterable[Any]:
        with get_adapter().get_requests_session() as session:
            told = session.get(address).json()
        known = [key for key in jwt.PyJWKSet.from_dict(told).keys if key.public_key_use in (None, "sig")]
        return [key for key in known if "kid" not in header or key.key_id == header["kid"]]

    return fitting
