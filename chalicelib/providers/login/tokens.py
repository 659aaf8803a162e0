"""Signed tokens (JWS compact, RFC 7515) with RS256 and ES256, and nothing else."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.providers.login import LoginRefused

KEY_TYPES = {"RS256": "RSA", "ES256": "EC"}
RSA_BITS_MIN = 2_048
ES256_BYTES = 64
TOKEN_LENGTH_MAX = 16_384


class KeyUnknown(LoginRefused):
    """The token is signed with a key that is not among those known: they may be new ones."""


def claims(token: str, keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a token says once its signature is verified. Refuses `login.refused`.

    The key decides which algorithm it is good for, never the token (RFC 8725, section 3.1).
    """
    parts = token.split(".")
    if len(parts) != 3 or len(token) > TOKEN_LENGTH_MAX:
        raise LoginRefused
    header, signature = _object(parts[0]), _bytes(parts[2])
    algorithm = header.get("alg")
    if algorithm not in KEY_TYPES or "crit" in header:
        raise LoginRefused
    key = _key(keys, algorithm, header.get("kid"))
    _verify(key, algorithm, signature, f"{parts[0]}.{parts[1]}".encode())
    return _object(parts[1])


def _key(keys: Sequence[Mapping[str, Any]], algorithm: str, kid: Any) -> Mapping[str, Any]:
    fitting = [
        one
        for one in keys
        if one.get("kty") == KEY_TYPES[algorithm]
        and one.get("use", "sig") == "sig"
        and one.get("alg", algorithm) == algorithm
        and (kid is None or one.get("kid") == kid)
    ]
    if len(fitting) != 1:
        raise KeyUnknown
    return fitting[0]


def _verify(key: Mapping[str, Any], algorithm: str, signature: bytes, signed: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        if algorithm == "RS256":
            public = rsa.RSAPublicNumbers(_number(key, "e"), _number(key, "n")).public_key()
            if public.key_size < RSA_BITS_MIN:
                raise LoginRefused
            public.verify(signature, signed, padding.PKCS1v15(), SHA256())
            return
        if key.get("crv") != "P-256" or len(signature) != ES256_BYTES:
            raise LoginRefused
        numbers = ec.EllipticCurvePublicNumbers(
            _number(key, "x"), _number(key, "y"), ec.SECP256R1()
        )
        half = ES256_BYTES // 2
        pair = (int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))
        numbers.public_key().verify(encode_dss_signature(*pair), signed, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        raise LoginRefused from None


def _number(key: Mapping[str, Any], name: str) -> int:
    return int.from_bytes(_bytes(key.get(name)), "big")


def _object(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_bytes(part))
    except ValueError:
        raise LoginRefused from None
    if not isinstance(found, dict):
        raise LoginRefused
    return found


def _bytes(part: Any) -> bytes:
    if not isinstance(part, str) or not part.isascii():
        raise LoginRefused
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise LoginRefused from None
