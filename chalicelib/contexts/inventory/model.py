"""Stock and holds as values, and what is refused."""

import re
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Self

from msgspec import Struct

from chalicelib.kernel.errors import Conflict, FieldError, Malformed, Refusal
from chalicelib.kernel.states import Machine

MAIN = "main"
ON_HAND_MAX = 10_000_000
OWN_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class HoldState(StrEnum):
    HELD = "held"
    CONSUMED = "consumed"
    RELEASED = "released"
    EXPIRED = "expired"


HOLDING = Machine(
    HoldState,
    {
        HoldState.HELD: {HoldState.CONSUMED, HoldState.RELEASED, HoldState.EXPIRED},
        HoldState.CONSUMED: set(),
        HoldState.RELEASED: set(),
        HoldState.EXPIRED: set(),
    },
)
assert HOLDING.sources(HoldState.HELD) == [], "a hold begins held"


class StockShort(Refusal):
    """Fewer units are free than asked for; `lines` says of which sku, and how many are left."""

    code, status, title = "inventory.stock_short", 409, "Not enough is in stock"

    def __init__(self, lines: Sequence[tuple[str, int]]) -> None:
        self.lines = tuple(lines)
        left = ", ".join(f"{available} of {sku}" for sku, available in self.lines)
        told = [{"sku": sku, "available": available} for sku, available in self.lines]
        super().__init__(f"Left are {left}", extra={"lines": told})

    def joined(self, others: Sequence[Refusal]) -> "StockShort":
        """Name every short line at once."""
        more = [line for other in others if isinstance(other, StockShort) for line in other.lines]
        return StockShort([*self.lines, *more])


class BelowHeld(Refusal):
    """More units are set aside for purchases than would be on hand."""

    code, status, title = "inventory.below_held", 409, "More is held than that"


class HoldsChanged(Conflict):
    """The purchase's holds were changed since they were read: read them again."""

    code, title = "inventory.holds_changed", "The holds were changed meanwhile"


class UnknownLocation(Refusal):
    """The merchant keeps no stock in such a place."""

    code, status, title = "inventory.unknown_location", 422, "There is no such location"


class Stock(Struct, frozen=True):
    """The stock of one sku at one location."""

    sku: str
    location: str
    available: int
    held: int

    def __post_init__(self) -> None:
        assert self.available >= 0, "stock is never oversold"
        assert self.held >= 0, "holds are never negative"

    @property
    def on_hand(self) -> int:
        return self.available + self.held

    @classmethod
    def none(cls, sku: str, location: str = MAIN) -> Self:
        return cls(sku, location, 0, 0)


class HeldLine(Struct, frozen=True):
    """Units of one stock record that belong to one order of a purchase."""

    sku: str
    location: str
    shard: int
    quantity: int
    order_id: str


class Holds(Struct, frozen=True):
    """Everything set aside for one purchase, order by order.

    `states` says how each order's hold stands, for orders may be cancelled singly.
    """

    purchase_id: str
    states: dict[str, HoldState]
    lines: tuple[HeldLine, ...]
    version: int

    @property
    def state(self) -> HoldState:
        """`held` while any order's is, else the state of the first order."""
        standing = list(self.states.values())
        return HoldState.HELD if HoldState.HELD in standing else standing[0]

    def lines_of(self, orders: Collection[str]) -> tuple[HeldLine, ...]:
        return tuple(line for line in self.lines if line.order_id in orders)

    def orders_in(self, state: HoldState, among: Collection[str] | None = None) -> list[str]:
        """The orders whose hold is in a state, of all or of some."""
        return [
            order_id
            for order_id, standing in self.states.items()
            if standing is state and (among is None or order_id in among)
        ]


def summed(lines: Sequence[HeldLine]) -> dict[tuple[str, str, int], int]:
    """Add up the units of each stock record, for one is written once in a transaction."""
    units: dict[tuple[str, str, int], int] = {}
    for line in lines:
        place = (line.sku, line.location, line.shard)
        units[place] = units.get(place, 0) + line.quantity
    return units


def checked_on_hand(on_hand: int) -> int:
    if not 0 <= on_hand <= ON_HAND_MAX:
        detail = f"0 to {ON_HAND_MAX} units"
        raise Malformed(detail, errors=[FieldError("on_hand", "out_of_range", detail)])
    return on_hand


def checked_location(location: str) -> str:
    """Every merchant has one location, `main`."""
    if location != MAIN:
        raise UnknownLocation(f"There is no location {location[:40]!r}; the one you have is {MAIN}")
    return location


def candidates(merchant_code: str, given: str) -> list[str]:
    """The full skus that a merchant may mean: what it gave, or its own code alone."""
    if given.startswith(f"{merchant_code}."):
        full = [given, f"{merchant_code}.{given}"]
    else:
        full = [f"{merchant_code}.{given}"]
    start = len(merchant_code) + 1
    return [sku for sku in full if OWN_CODE.fullmatch(sku[start:])]
