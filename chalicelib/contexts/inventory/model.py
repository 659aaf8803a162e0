"""Stock and holds as values, and what is refused."""

import re
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Self

from msgspec import Struct

from chalicelib.kernel.errors import Conflict, FieldError, Malformed, Refusal
from chalicelib.kernel.shards import drawn
from chalicelib.kernel.states import Machine

MAIN = "main"
ON_HAND_MAX = 10_000_000
SHARDS_MAX = 10
# From where units are taken: sku -> (shard, units), adding up to what is wanted of it.
Places = Mapping[str, Sequence[tuple[int, int]]]

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
    """Fewer units are free than asked for; `lines` says of which sku, and how many are left.

    `spread` names the skus of which only a shard was asked: others may have more.
    """

    code, status, title = "inventory.stock_short", 409, "Not enough is in stock"

    def __init__(self, lines: Sequence[tuple[str, int]]) -> None:
        self.lines = tuple(lines)
        self.spread: tuple[str, ...] = ()
        left = ", ".join(f"{available} of {sku}" for sku, available in self.lines)
        told = [{"sku": sku, "available": available} for sku, available in self.lines]
        super().__init__(f"Left are {left}", extra={"lines": told})

    def joined(self, others: Sequence[Refusal]) -> "StockShort":
        """Name every short line at once."""
        short = [self, *(other for other in others if isinstance(other, StockShort))]
        joined = StockShort([line for one in short for line in one.lines])
        return joined.of_shards([sku for one in short for sku in one.spread])

    def of_shards(self, skus: Sequence[str]) -> "StockShort":
        """Note of which skus only a shard was asked."""
        self.spread = tuple(dict.fromkeys(skus))
        return self


class StockSpread(Conflict):
    """The sku's stock lies over several shards by now: count it as such."""

    code, title = "inventory.stock_spread", "The stock was spread meanwhile"


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

    def units_of(self, orders: Collection[str]) -> dict[str, dict[str, int]]:
        """How many units of each sku some orders have: order id -> sku -> units."""
        units: dict[str, dict[str, int]] = {}
        for line in self.lines_of(orders):
            of_order = units.setdefault(line.order_id, {})
            of_order[line.sku] = of_order.get(line.sku, 0) + line.quantity
        return units

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


def total_units(orders: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """How many units of each sku all orders want together."""
    wanted: dict[str, int] = {}
    for units in orders.values():
        for sku, quantity in units.items():
            wanted[sku] = wanted.get(sku, 0) + quantity
    return wanted


def placed(orders: Mapping[str, Mapping[str, int]], places: Places) -> tuple[HeldLine, ...]:
    """Make the lines of a hold: every order's units from the shards they are taken from."""
    left = {sku: list(parts) for sku, parts in places.items()}
    lines = []
    for order_id, units in orders.items():
        for sku, wanted in units.items():
            parts = drawn(left[sku], wanted) if sku in left else [(0, wanted)]
            lines += [HeldLine(sku, MAIN, shard, taken, order_id) for shard, taken in parts]
    assert not any(left.values()), "places hold exactly what is wanted"
    return tuple(lines)


def checked_shards(shards: int, present: int) -> int:
    """Stock is spread over more rows than before, up to a limit, and never over fewer."""
    if not present <= shards <= SHARDS_MAX:
        detail = f"{present} to {SHARDS_MAX} shards"
        raise Malformed(detail, errors=[FieldError("shards", "out_of_range", detail)])
    return shards


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
