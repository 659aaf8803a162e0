"""Signatures between Souk and the sandbox companies.

Callbacks and bookings carry Standard Webhooks headers (standardwebhooks.com): HMAC-SHA256 of
"id.timestamp.body" under the bytes of the `whsec_` secret. A link to the pay page carries the
HMAC-SHA256, in hexadecimal, of "payment_id|amount|currency|return_url".
"""

import base64
import hashlib
import hmac

PREFIX = "whsec_"
TOLERANCE_S = 300


class BadSignature(Exception):
    """The sender does not hold the secret, or the message is too old."""


def headers(secret: str, message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The three headers that make a message a Standard Webhook."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": "v1," + _signature(secret, message_id, str(timestamp_s), body),
    }


def verify(secret: str, given: dict[str, str], body: bytes, now_s: int) -> str:
    """Check the headers of a message and return its id. Raises `BadSignature`."""
    message_id, sent = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not message_id or not sent.isascii() or not sent.isdigit():
        raise BadSignature("the webhook headers are missing")
    if abs(now_s - int(sent)) > TOLERANCE_S:
        raise BadSignature("the timestamp is too far from now")
    expected = _signature(secret, message_id, sent, body)
    for one in given.get("webhook-signature", "").split():
        version, _, value = one.partition(",")
        if version == "v1" and hmac.compare_digest(value.encode(), expected.encode()):
            return message_id
    raise BadSignature("no signature matches")


def link_signature(
    secret: str, payment_id: str, amount: str, currency: str, return_url: str
) -> str:
    """Sign the parts of a link to the pay page, so that nobody can change the amount."""
    text = f"{payment_id}|{amount}|{currency}|{return_url}"
    return hmac.new(_key(secret), text.encode(), hashlib.sha256).hexdigest()


def _signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX))
