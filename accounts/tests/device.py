"""A device that keeps passkeys, in software: what a browser gives to the forms, true or forged."""

import json
import os
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

ORIGIN = "http://localhost"
Flag = AuthenticatorData.FLAG


class Device:
    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = os.urandom(16)
        self.owner = ""  # whom the key says it is of, as the server wrote it

    def add(self, options: dict[str, Any], *, origin: str = ORIGIN, discoverable: bool = True) -> dict[str, Any]:
        """Make a key for a site; one that is not discoverable is a second factor only."""
        wanted = options["publicKey"]
        self.owner = wanted["user"]["id"]
        own = AttestedCredentialData.create(
            Aaguid(b"\0" * 16), self.name, ES256.from_cryptography_key(self.key.public_key())
        )
        data = AuthenticatorData.create(sha256(wanted["rp"]["id"].encode()), Flag.UP | Flag.UV | Flag.AT, 0, own)
        said = {"attestationObject": websafe_encode(AttestationObject.create("none", data, {}))}
        asked = CollectedClientData.create("webauthn.create", wanted["challenge"], origin)
        return {
            **self._wrapped({"clientDataJSON": asked.b64, **said}),
            "clientExtensionResults": {"credProps": {"rk": discoverable}},
        }

    def sign(
        self, options: dict[str, Any], *, origin: str = ORIGIN, verified: bool = True, owner: str = ""
    ) -> dict[str, Any]:
        """Show that the key is here, and its owner too when `verified`."""
        wanted = options["publicKey"]
        data = AuthenticatorData.create(
            sha256(wanted["rpId"].encode()), Flag.UP | (Flag.UV if verified else Flag(0)), 0
        )
        asked = CollectedClientData.create("webauthn.get", wanted["challenge"], origin)
        signature = self.key.sign(data + asked.hash, ec.ECDSA(hashes.SHA256()))
        said = {"clientDataJSON": asked.b64, "authenticatorData": websafe_encode(data)}
        return self._wrapped({**said, "signature": websafe_encode(signature), "userHandle": owner or self.owner})

    def _wrapped(self, response: dict[str, Any]) -> dict[str, Any]:
        name = websafe_encode(self.name)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}


def options(answer: Any) -> dict[str, Any]:
    """Of a page's block for the script, or of a program's answer."""
    if answer["Content-Type"] == "application/json":
        return dict(answer.json()["request_options"])
    block = json.loads(answer.content.decode().split('<script type="application/json">')[1].split("</script>")[0])
    return dict(block.get("creation_options") or block["request_options"])
