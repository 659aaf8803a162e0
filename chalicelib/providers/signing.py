"""Signatures of callbacks: freshness in both directions, and the Standard Webhooks scheme.

Source: https://www.standardwebhooks.com (specification 1.0.0): the signed text is
`id.timestamp.body`, the key is the base64 text after `whsec_`, the header holds one or more
`v1,<base64 HMAC-SHA256>` parted by spaces, so that secrets can be rotated.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from chalicelib.kernel import clock
from chalicelib.kernel.errors import Malformed, Refusal

TOLERANCE_S = 300
SECRET_PREFIX = "whsec_"  # noqa: S105 - a prefix, not a secret
SIGNATURES_MAX = 10
EVENT_ID_LENGTH_MAX = 256
_EPOCH_DIGITS_MAX = 12


class BadSignature(Refusal):
    """The callback is unsigned, signed by somebody else, too old, or from the future."""

    code, status, title = "webhooks.bad_signature", 401, "The signature does not fit"


def is_fresh(stamp: str, now: datetime) -> bool:
    """Tell whether a text of epoch seconds is within the tolerance, before or after now."""
    if not (stamp.isascii() and stamp.isdigit()) or len(stamp) > _EPOCH_DIGITS_MAX:
        return False
    return abs(clock.epoch(now) - int(stamp)) <= TOLERANCE_S


def key_of(secret: str) -> bytes:
    """Return the key bytes of a `whsec_…` secret, padded or not; empty when the secret is none."""
    text = secret.removeprefix(SECRET_PREFIX).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def sign(secret: str, event_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """Make the three headers of a signed message."""
    stamp = str(clock.epoch(now))
    return {
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{_signature(key_of(secret), event_id, stamp, body)}",
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Return the message's id when one of its signatures fits and its time is near.

    Refuses `webhooks.bad_signature` for everything else, also when no secret is set. An id that
    cannot be a key is malformed, which only the holder of the secret can cause.
    """
    key = key_of(secret)
    event_id = headers.get("webhook-id") or ""
    stamp = headers.get("webhook-timestamp") or ""
    given = (headers.get("webhook-signature") or "").split(" ")
    if not key or not event_id or not is_fresh(stamp, now) or len(given) > SIGNATURES_MAX:
        raise BadSignature
    expected = f"v1,{_signature(key, event_id, stamp, body)}".encode()
    fits = [hmac.compare_digest(expected, one.encode(errors="replace")) for one in given]
    if not any(fits):
        raise BadSignature
    if len(event_id) > EVENT_ID_LENGTH_MAX:
        raise Malformed(f"A webhook-id has at most {EVENT_ID_LENGTH_MAX} characters")
    return event_id


def _signature(key: bytes, event_id: str, stamp: str, body: bytes) -> str:
    signed = event_id.encode(errors="replace") + b"." + stamp.encode() + b"." + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
