"""Rows about bodies and how they travel."""

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

from tests.doors.forgeries.cases import Case, Outcome, Sent, good, signed, with_body
from tests.doors.forgeries.houses import House

FORGED, COUNTS, GARBLED = Outcome.FORGED, Outcome.COUNTS, Outcome.GARBLED
BOM = b"\xef\xbb\xbf"
MEGABYTES_10 = 10 * 1024 * 1024


def again(**how: Any) -> Callable[[bytes], bytes]:
    """The same JSON, written another way."""
    return lambda body: json.dumps(json.loads(body), **how).encode()


def reordered(body: bytes) -> bytes:
    whole = json.loads(body)
    return json.dumps(dict(reversed(whole.items()))).encode()


def escaped(body: bytes) -> bytes:
    return body.replace(b"data", b"d\\u0061ta", 1)


def deep(house: House, thing: str) -> bytes:
    inner = b"[" * 100_000 + b"]" * 100_000
    return house.event(thing)[:-1] + b',"x":' + inner + b"}"


def doubled(house: House, thing: str) -> bytes:
    """Each name of the message comes twice; the first values speak of nothing there is."""
    other = house.event("unknown")
    return other[:-1] + b"," + house.event(thing)[1:]


def as_form(house: House, thing: str) -> bytes:
    return b"payload=" + house.event(thing)


def traveling(**way: Any) -> Callable[[House, str], Sent]:
    def forge(house: House, thing: str) -> Sent:
        headers, body = good(house, thing)
        return Sent(headers, body, **way)

    return forge


def as_text(house: House, thing: str) -> Sent:
    """The gateway passes text on as text."""
    headers, body = good(house, thing)
    return Sent(headers, body, text=body.decode(), is_base64=False)


def base64_said_to_be_text(house: House, thing: str) -> Sent:
    headers, body = good(house, thing)
    return Sent(headers, body, text=base64.b64encode(body).decode(), is_base64=False)


def zipped(*, signs_plain: bool) -> Callable[[House, str], Sent]:
    def forge(house: House, thing: str) -> Sent:
        plain = house.event(thing)
        packed = gzip.compress(plain)
        headers = house.sign(plain if signs_plain else packed)
        return Sent({**headers, "content-encoding": "gzip"}, packed)

    return forge


def typed(kind: str) -> Callable[[House, str], Sent]:
    def forge(house: House, thing: str) -> Sent:
        headers, body = good(house, thing)
        return Sent({**headers, "content-type": kind}, body)

    return forge


CHANGED = [
    Case(name, FORGED, with_body(change))
    for name, change in {
        "no body": lambda body: b"",
        "cut short by one": lambda body: body[:-1],
        "twice over": lambda body: body * 2,
        "spaces taken out": again(separators=(",", ":")),
        "indented": again(indent=1),
        "keys sorted": again(sort_keys=True, indent=0),
        "keys in another order": reordered,
        "a letter escaped": escaped,
        "a line feed after it": lambda body: body + b"\n",
        "a carriage return after it": lambda body: body + b"\r\n",
        "a zero byte after it": lambda body: body + b"\x00",
        "a space before it": lambda body: b" " + body,
        "a byte order mark before it": lambda body: BOM + body,
        "in UTF-16": lambda body: body.decode().encode("utf-16"),
        "not UTF-8": lambda body: body[:-1] + b"\xff}",
        "another currency after it was signed": lambda body: (
            body.replace(b"GBP", b"EUR").replace(b"gbp", b"eur").replace(b"Leeds", b"Delhi")
        ),
    }.items()
]
SIGNED = [
    Case("signed: no body", GARBLED, signed(lambda *_: b"")),
    Case("signed: no JSON", GARBLED, signed(lambda *_: b"{")),
    Case("signed: a list", GARBLED, signed(lambda *_: b"[]")),
    Case("signed: a text", GARBLED, signed(lambda *_: b'"x"')),
    Case("signed: null", GARBLED, signed(lambda *_: b"null")),
    Case("signed: a form", GARBLED, signed(as_form)),
    Case("signed: not UTF-8", GARBLED, signed(lambda *_: b'{"type":"\xff"}')),
    Case(
        "signed: UTF-16",
        GARBLED,
        signed(lambda house, thing: house.event(thing).decode().encode("utf-16")),
    ),
    Case(
        "signed: a byte order mark", GARBLED, signed(lambda house, thing: BOM + house.event(thing))
    ),
    Case("signed: very deep", GARBLED, signed(deep)),
    Case("signed: nothing but brackets", GARBLED, signed(lambda *_: b"[" * 100_000)),
    Case("signed: two messages", GARBLED, signed(lambda house, thing: house.event(thing) * 2)),
    Case("signed: names twice, the last ones count", COUNTS, signed(doubled)),
    Case(
        "signed: a line feed after it",
        COUNTS,
        signed(lambda house, thing: house.event(thing) + b"\n"),
    ),
    Case(
        "signed: other spaces",
        COUNTS,
        signed(lambda house, thing: again(indent=3)(house.event(thing))),
    ),
    Case("signed: packed", GARBLED, zipped(signs_plain=False)),
    Case("packed after it was signed", FORGED, zipped(signs_plain=True)),
    Case(
        "signed: past 256 KiB",
        Outcome.HUGE,
        signed(lambda house, thing: house.event(thing) + b" " * 262_144),
    ),
    Case("signed: ten megabytes", Outcome.HUGE, signed(lambda *_: b" " * MEGABYTES_10)),
    Case("forged: ten megabytes", Outcome.HUGE, with_body(lambda body: body + b" " * MEGABYTES_10)),
]
TRAVELS = [
    Case("through the gateway as base64", COUNTS, traveling()),
    Case("through the gateway as text", COUNTS, as_text),
    Case("base64 that is said to be text", FORGED, base64_said_to_be_text),
    Case("text that is said to be base64", GARBLED, traveling(text="{}x")),
    Case("parameters in the address", GARBLED, traveling(query="?payment_id=pay_1&payment_id=2")),
    Case("any media type", COUNTS, typed("text/plain")),
    Case("a form's media type", COUNTS, typed("application/x-www-form-urlencoded")),
]
BODIES = [*CHANGED, *SIGNED, *TRAVELS]
