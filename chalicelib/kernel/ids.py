"""Identifiers: ULIDs with a prefix, and ids derived from their cause.

A ULID (https://github.com/ulid/spec) is 48 bits of milliseconds and 80 random bits in Crockford's
base 32, so ids sort by the time they were made. Chance enters Souk here and nowhere else.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime

from chalicelib.kernel import clock

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
RANDOM_BITS = 80
ULID_LENGTH = 26
STAMP_LENGTH = 10

_chance: list[Callable[[int], int]] = [secrets.randbits]
_last: list[int] = [0]


def use_chance(source: Callable[[int], int]) -> Callable[[int], int]:
    """Draw random bits from `source(bits)` from now on; returns the former source."""
    former = _chance[0]
    _chance[0] = source
    return former


def random_bits(bits: int) -> int:
    """Draw a number of that many bits."""
    return _chance[0](bits)


def ulid() -> str:
    """Make a ULID, greater than any this process made before."""
    stamp = int(clock.now().timestamp() * 1000)
    value = (stamp << RANDOM_BITS) | random_bits(RANDOM_BITS)
    if value >> RANDOM_BITS == _last[0] >> RANDOM_BITS and value <= _last[0]:
        value = _last[0] + 1
    _last[0] = value
    return _base32(value)


def stamp(moment: datetime) -> str:
    """The signs with which ULIDs of this moment begin: those before it sort before them."""
    return _base32(int(moment.timestamp() * 1000) << RANDOM_BITS)[:STAMP_LENGTH]


def new(prefix: str) -> str:
    """Make an id such as `pur_01J9…`."""
    return f"{prefix}_{ulid()}"


def derived(prefix: str, *cause: str) -> str:
    """Make the one id that this cause leads to, so that a repetition meets itself."""
    digest = hashlib.sha256("\x1f".join(cause).encode()).digest()
    return f"{prefix}_{_base32(int.from_bytes(digest[:16], 'big') & ((1 << 128) - 1))}"


def code(length: int) -> str:
    """Make a short random code of letters and digits that are not mistaken for one another."""
    return spelt(random_bits(5 * length + 16), length)


def spelt(number: int, length: int) -> str:
    """Write the lower part of a number with so many of these letters and digits."""
    letters = []
    for _ in range(length):
        number, index = divmod(number, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[index])
    return "".join(letters)


def secret(prefix: str) -> str:
    """Make an unguessable token with 160 bits of chance, such as `key_…`."""
    value = random_bits(160)
    letters = []
    for _ in range(32):
        value, index = divmod(value, 32)
        letters.append(ALPHABET[index])
    return f"{prefix}_{''.join(letters)}"


def _base32(value: int) -> str:
    letters = []
    for _ in range(ULID_LENGTH):
        letters.append(ALPHABET[value & 31])
        value >>= 5
    return "".join(reversed(letters))
