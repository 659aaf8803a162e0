"""An authenticator in software: makes and asserts passkeys as WebAuthn Level 3 describes it.

It answers what a browser would hand over (`RegistrationResponseJSON`, `AuthenticationResponseJSON`),
with attestation `none` and ES256; every part that a shop has to check can be made wrong.
"""

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

ORIGIN = "http://localhost:8000"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
AAGUID = bytes.fromhex("00112233445566778899aabbccddeeff")


@dataclass
class Passkey:
    """A discoverable credential with what its authenticator keeps of it."""

    id: bytes
    key: ec.EllipticCurvePrivateKey
    user: bytes
    sign_count: int = 0


@dataclass
class Authenticator:
    """A device: it counts its signatures where `counts`, and verifies its owner where `verifies`."""

    origin: str = ORIGIN
    counts: bool = True
    verifies: bool = True
    passkeys: list[Passkey] = field(default_factory=list)

    def make(self, options: dict[str, Any], **changes: Any) -> str:
        """Answer `navigator.credentials.create`."""
        key = ec.generate_private_key(ec.SECP256R1())
        number = f"{options['user']['id']} {len(self.passkeys)} {id(self)}"
        made = Passkey(
            hashlib.sha256(number.encode()).digest()[:20], key, decoded(options["user"]["id"])
        )
        self.passkeys.append(made)
        credential = struct.pack(">H", len(made.id)) + made.id + cose(key)
        data = self._data(options["rp"]["id"], made, ATTESTED) + AAGUID + credential
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"], **changes)
        response = {"clientDataJSON": encoded(client), "attestationObject": encoded(attested)}
        return self._answer(made, response)

    def enter(self, options: dict[str, Any], made: Passkey | None = None, **changes: Any) -> str:
        """Answer `navigator.credentials.get` with its last passkey, or the one that is named."""
        made = made or self.passkeys[-1]
        client = self._client("webauthn.get", options["challenge"], **changes)
        data = self._data(options["rpId"], made, 0)
        signed = made.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": encoded(client),
            "authenticatorData": encoded(data),
            "signature": encoded(signed),
            "userHandle": encoded(made.user),
        }
        return self._answer(made, response)

    def _client(self, kind: str, challenge: str, **changes: Any) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps({**said, **changes}).encode()

    def _data(self, place: str, made: Passkey, flags: int) -> bytes:
        made.sign_count += self.counts
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        hashed = hashlib.sha256(place.encode()).digest()
        return hashed + struct.pack(">BI", flags, made.sign_count)

    def _answer(self, made: Passkey, response: dict[str, str]) -> str:
        name = encoded(made.id)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "authenticatorAttachment": "platform",
                "clientExtensionResults": {},
                "response": response,
            }
        )


def cose(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write the public key as COSE does (RFC 9053, section 2.1)."""
    point = key.public_key().public_numbers()
    x, y = (number.to_bytes(32, "big") for number in (point.x, point.y))
    return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
