"""Lists in pages: a limit, and an opaque cursor that only Souk can make."""

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any, Generic, TypeVar

from msgspec import Struct

from chalicelib.kernel.errors import BadCursor

PAGE_SIZE = 24
PAGE_SIZE_MAX = 100
CURSOR_LENGTH_MAX = 2_000
_MAC_BYTES = 10

T = TypeVar("T")


class Page(Struct, Generic[T], frozen=True):
    """One page of a list; `next_cursor` is None on the last."""

    items: list[T]
    next_cursor: str | None


def encode_cursor(position: dict[str, Any], *, scope: str, secret: str) -> str:
    """Seal a position in a list. `scope` names the list, so that a cursor fits no other."""
    body = json.dumps(position, separators=(",", ":"), sort_keys=True).encode()
    return base64.urlsafe_b64encode(_mac(body, scope, secret) + body).decode().rstrip("=")


def decode_cursor(cursor: str, *, scope: str, secret: str) -> dict[str, Any]:
    """Open a cursor made for the same list. Refuses `request.bad_cursor` for anything else."""
    if len(cursor) > CURSOR_LENGTH_MAX:
        raise BadCursor
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadCursor from None
    mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(body, scope, secret)):
        raise BadCursor
    position: dict[str, Any] = json.loads(body)
    return position


def _mac(body: bytes, scope: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), scope.encode() + b"\0" + body, hashlib.sha256).digest()[
        :_MAC_BYTES
    ]
