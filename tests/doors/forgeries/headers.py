"""Rows about headers, signatures and secrets."""

import base64
import hashlib
import hmac
from collections.abc import Callable

from tests.doors.forgeries.cases import (
    STANDARD,
    Case,
    Outcome,
    Sent,
    good,
    with_headers,
    with_signature,
)
from tests.doors.forgeries.houses import OTHER_SECRET, Headers, House, now

FORGED, COUNTS, GARBLED = Outcome.FORGED, Outcome.COUNTS, Outcome.GARBLED
JUNK = ("", " ", "\x00", "é", "，", "v1", "v1,", "t=1", "=", ",,,,", "a" * 10_000)


def without(name: str) -> Callable[[House, str], Sent]:
    return with_headers(lambda _house, headers: {k: v for k, v in headers.items() if k != name})


def filled(name: str, value: str) -> Callable[[House, str], Sent]:
    return with_headers(lambda _house, headers: {**headers, name: value})


def twice(value_of: Callable[[House, str], str]) -> Callable[[House, str], Sent]:
    """The signature's header comes two times, the genuine one last as the gateway keeps it."""

    def forge(house: House, thing: str) -> Sent:
        headers, body = good(house, thing)
        name = house.signature_header
        return Sent(headers, body, second={name: value_of(house, headers[name])})

    return forge


def scheme(old: str, new: str) -> Callable[[House, str], Sent]:
    def change(house: House, headers: Headers) -> Headers:
        name = house.signature_header
        assert old in headers[name]
        return headers | {name: headers[name].replace(old, new)}

    return with_headers(change)


def by_secret(secret: str) -> Callable[[House, str], Sent]:
    def forge(house: House, thing: str) -> Sent:
        headers, body = good(house, thing, secret=secret)
        return Sent(headers, body)

    return forge


def rotation(*, genuine_first: bool) -> Callable[[House, str], Sent]:
    def forge(house: House, thing: str) -> Sent:
        mine, body = good(house, thing)
        theirs = house.sign(body, secret=OTHER_SECRET)
        first, second = (mine, theirs) if genuine_first else (theirs, mine)
        return Sent(house.both(first, second), body)

    return forge


def flood(house: House, thing: str) -> Sent:
    """More signatures than anybody rotates: they are not all worth computing."""
    mine, body = good(house, thing)
    both = mine
    for _ in range(50):
        both = house.both(house.sign(body, secret=OTHER_SECRET), both)
    return Sent(both, body)


def digest_of(algorithm: str) -> Callable[[House, str], Sent]:
    """The right key and text under another hash."""

    def forge(house: House, thing: str) -> Sent:
        headers, body = good(house, thing)
        is_standard = house.mark == ","
        key = base64.b64decode(house.secret.removeprefix("whsec_") + "==")
        key = key if is_standard else house.secret.encode()
        text = f"{house.message}.{now()}." if is_standard else f"{now()}."
        digest = hmac.new(key, text.encode() + body, algorithm).digest()
        bare = base64.b64encode(digest).decode() if is_standard else digest.hex()
        return Sent(house.signatures(headers, lambda _: bare), body)

    return forge


def over(text_of: Callable[[bytes], bytes]) -> Callable[[House, str], Sent]:
    """The right key over a text that leaves out the time or the id."""

    def forge(house: House, thing: str) -> Sent:
        headers, body = good(house, thing)
        is_standard = house.mark == ","
        key = house.secret.encode()
        if is_standard:
            key = base64.b64decode(house.secret.removeprefix("whsec_") + "==")
        digest = hmac.new(key, text_of(body), hashlib.sha256).digest()
        bare = base64.b64encode(digest).decode() if is_standard else digest.hex()
        return Sent(house.signatures(headers, lambda _: bare), body)

    return forge


def other_alphabet(bare: str) -> str:
    """The same bytes in the other encoding: hexadecimal for base64, base64 for hexadecimal."""
    if bare.endswith("="):
        return base64.b64decode(bare).hex()
    return base64.b64encode(bytes.fromhex(bare)).decode()


def unclean_base64(bare: str) -> str:
    """Bits that a decoder throws away are set, so that other text means the same bytes."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = letters.index(bare[-2])
    changed = bare[:-2] + letters[last ^ 1] + "="
    assert base64.b64decode(changed) == base64.b64decode(bare)
    return changed


def loud(_house: House, headers: Headers) -> Headers:
    return {name.title(): value for name, value in headers.items()}


def louder(_house: House, headers: Headers) -> Headers:
    return {name.upper(): value for name, value in headers.items()}


HEADERS = [
    Case("as it should be", COUNTS, with_headers(lambda _house, headers: headers)),
    Case("header names in Title-Case", COUNTS, with_headers(loud)),
    Case("header names in CAPITALS", COUNTS, with_headers(louder)),
    Case("no headers at all", FORGED, with_headers(lambda *_: {})),
    *[
        Case(f"without {name}", FORGED, without(name), STANDARD)
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    ],
    *[
        Case(f"{name} is {value[:9]!r}", FORGED, filled(name, value), STANDARD)
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
        for value in JUNK
    ],
    *[
        Case(f"the header is {value[:9]!r}", FORGED, filled("stripe-signature", value), ("stripe",))
        for value in JUNK
    ],
    Case("the signature twice, the same", GARBLED, twice(lambda _house, value: value)),
    Case("the signature twice, one of them junk", GARBLED, twice(lambda *_: "v1,x")),
    Case("scheme v0", FORGED, scheme("v1", "v0")),
    Case("scheme v1a", FORGED, scheme("v1", "v1a")),
    Case("scheme V1", FORGED, scheme("v1", "V1")),
    Case("scheme none", FORGED, scheme("v1", "none")),
    Case("no scheme", FORGED, scheme("v1", "")),
    Case("two times in one header", FORGED, scheme("t=", "t=1,t="), ("stripe",)),
    Case("no time in the header", FORGED, scheme("t=", "x="), ("stripe",)),
    Case("pairs that mean nothing besides", COUNTS, scheme("t=", "v0=abc,t="), ("stripe",)),
]
SIGNATURES = [
    Case("a second signature fits", COUNTS, rotation(genuine_first=False)),
    Case("the first of two signatures fits", COUNTS, rotation(genuine_first=True)),
    Case("fifty signatures", FORGED, flood),
    Case("signature truncated by one", FORGED, with_signature(lambda bare: bare[:-1])),
    Case("truncated to one", FORGED, with_signature(lambda bare: bare[:1])),
    Case("empty", FORGED, with_signature(lambda bare: "")),
    Case("padded by one", FORGED, with_signature(lambda bare: bare + bare[-1])),
    Case("padded by zeros", FORGED, with_signature(lambda bare: bare + "00")),
    Case("case swapped", FORGED, with_signature(str.swapcase)),
    Case("upper case", FORGED, with_signature(str.upper)),
    Case("backwards", FORGED, with_signature(lambda bare: bare[::-1])),
    Case("a space before the signature", FORGED, with_signature(lambda bare: " " + bare)),
    Case("a space within", FORGED, with_signature(lambda bare: bare[:9] + " " + bare[9:])),
    Case("a line break within", FORGED, with_signature(lambda bare: bare[:9] + "\n" + bare[9:])),
    Case("not ASCII", FORGED, with_signature(lambda bare: "é" + bare[1:])),
    Case("full-width digits", FORGED, with_signature(lambda bare: "１" + bare)),
    Case("in the other encoding", FORGED, with_signature(other_alphabet)),
    Case(
        "base64 for addresses",
        FORGED,
        with_signature(lambda bare: bare.translate(str.maketrans("+/", "-_")) + "="),
        STANDARD,
    ),
    Case("base64 unpadded", FORGED, with_signature(lambda bare: bare.rstrip("=")), STANDARD),
    Case("base64 with loose bits", FORGED, with_signature(unclean_base64), STANDARD),
    Case("HMAC-SHA1", FORGED, digest_of("sha1")),
    Case("HMAC-MD5", FORGED, digest_of("md5")),
    Case("HMAC-SHA512", FORGED, digest_of("sha512")),
    Case("signed without time and id", FORGED, over(lambda body: body)),
    Case("signed without id", FORGED, over(lambda body: f"{now()}.".encode() + body), STANDARD),
    Case("another secret", FORGED, by_secret(OTHER_SECRET)),
    Case("an empty secret", FORGED, by_secret("")),
    Case("the prefix for a secret", FORGED, by_secret("whsec_")),
]
