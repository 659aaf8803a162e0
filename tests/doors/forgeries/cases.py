"""What a case of the matrix is: what is sent, to whom, and what must come of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tests.doors.forgeries.houses import Headers, House


class Outcome(Enum):
    """What the shop answers. Only `COUNTS` has an effect, and `FLAGGED` leaves a note."""

    COUNTS = "counts"
    NOTHING = "thanks, and nothing else"
    FLAGGED = "a person looks at it"
    FORGED = "webhooks.bad_signature"
    GARBLED = "request.malformed"
    HUGE = "request.too_large"
    UNKNOWN = "there is no such thing"


STATUS = {
    Outcome.COUNTS: 200,
    Outcome.NOTHING: 200,
    Outcome.FLAGGED: 200,
    Outcome.FORGED: 401,
    Outcome.GARBLED: 400,
    Outcome.HUGE: 413,
    Outcome.UNKNOWN: 404,
}
assert set(STATUS) == set(Outcome)


@dataclass(frozen=True)
class Sent:
    """A request. `second` holds headers that come another time, with another value or the same."""

    headers: Headers
    body: bytes
    path: str = ""
    query: str = ""
    second: Headers = field(default_factory=dict)
    text: str | None = None
    is_base64: bool = True
    environment: dict[str, str] = field(default_factory=dict)


ALL = ("sandbox", "stripe", "courier")
STANDARD = ("sandbox", "courier")
COMPANIES = ("sandbox", "stripe")


@dataclass(frozen=True)
class Case:
    """One row: `forge(house, thing)` makes what is sent about a fresh thing."""

    name: str
    outcome: Outcome
    forge: Callable[[House, str], Sent]
    houses: tuple[str, ...] = ALL


def good(house: House, thing: str, **sign: Any) -> tuple[Headers, bytes]:
    """A genuine message."""
    body = house.event(thing)
    return house.sign(body, **sign), body


def signed(body_of: Callable[[House, str], bytes]) -> Callable[[House, str], Sent]:
    """A message with a right signature, whatever it says."""

    def forge(house: House, thing: str) -> Sent:
        body = body_of(house, thing)
        return Sent(house.sign(body), body)

    return forge


def with_headers(change: Callable[[House, Headers], Headers]) -> Callable[[House, str], Sent]:
    """A genuine message whose headers were changed."""

    def forge(house: House, thing: str) -> Sent:
        headers, body = good(house, thing)
        return Sent(change(house, headers), body)

    return forge


def with_signature(change: Callable[[str], str]) -> Callable[[House, str], Sent]:
    """A genuine message whose bare signature was changed."""
    return with_headers(lambda house, headers: house.signatures(headers, change))


def with_body(change: Callable[[bytes], bytes]) -> Callable[[House, str], Sent]:
    """A genuine message whose body was changed after it was signed."""

    def forge(house: House, thing: str) -> Sent:
        headers, body = good(house, thing)
        changed = change(body)
        assert changed != body, "the change must change something"
        return Sent(headers, changed)

    return forge
