"""Points: what orders earn, what purchases spend, when they end, and how an account stands.

A point is a minor unit of the shop's currency. All here is pure; amounts are whole points.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

from chalicelib.kernel import clock
from chalicelib.kernel.errors import Conflict

BPS_ALL = 10_000
MONTHS_KEPT = 12
"""Points end with the twelfth month after the one in which they were earned."""


class PointsShort(Conflict):
    code, title = "members.points_short", "There are not that many points any more"


class PointsChanged(Conflict):
    code, title = "members.points_changed", "The points were changed meanwhile"


class PointsKind(StrEnum):
    """Why an account moves."""

    EARNED = "earned"
    REVERSED = "reversed"
    SPENT = "spent"
    RETURNED = "returned"
    EXPIRED = "expired"


class PointsEntry(Struct, frozen=True):
    """One line of a member's statement: `points` are negative where they go."""

    id: str
    at: str
    kind: PointsKind
    points: int
    purchase_id: str = ""
    order_id: str = ""


class TallyLine(Struct, frozen=True):
    """A line of an order: units, what was paid for them in minor units, and the points that paid."""

    quantity: int
    paid: int
    points: int = 0


class Back(Struct, frozen=True):
    """What went back of a line."""

    quantity: int
    amount: int


class Tally(Struct, frozen=True):
    """What is known of one order, gathered from facts in whatever order they come, and what was made
    of it so far. `bps` is the rate at which it earns, fixed when it is complete.
    """

    order_id: str
    purchase_id: str = ""
    member_id: str = ""
    currency: str = ""
    merchant_id: str = ""
    completed_at: str = ""
    lines: dict[str, TallyLine] = field(default_factory=dict)
    refunds: dict[str, dict[str, Back]] = field(default_factory=dict)
    bps: int | None = None
    earned: int = 0
    returned: int = 0
    spent: int = 0
    is_counted: bool = False
    is_known: bool = False
    version: int = 0

    @property
    def net(self) -> int:
        """What was paid for goods and did not go back."""
        back = sum(one.amount for refund in self.refunds.values() for one in refund.values())
        return max(0, sum(line.paid for line in self.lines.values()) - back)

    @property
    def points_back(self) -> int:
        """The points that paid for what went back; each line's last unit takes the remainder."""
        back: dict[str, int] = {}
        for refund in self.refunds.values():
            for sku, one in refund.items():
                back[sku] = back.get(sku, 0) + one.quantity
        return sum(
            line.points * min(back.get(sku, 0), line.quantity) // line.quantity
            for sku, line in self.lines.items()
            if line.quantity
        )

    @property
    def is_complete(self) -> bool:
        """Whether a member's order is completed, and all that it earns from is known."""
        return bool(self.member_id and self.lines and self.completed_at)


class Moves(Struct, frozen=True):
    """What a tally moves: points of each kind, the month's spend and orders that tiers go by."""

    points: dict[PointsKind, int] = field(default_factory=dict)
    lot: str = ""
    lot_points: int = 0
    month: str = ""
    spend: int = 0
    orders: int = 0
    first_seen: bool = False

    @property
    def balance(self) -> int:
        """What the account moves by."""
        return sum(self.points.values())

    @property
    def is_nothing(self) -> bool:
        """Whether nothing moves."""
        return not (self.points or self.spend or self.orders or self.first_seen)


class Lot(Struct, frozen=True):
    """The points that end with one month, net of what was reversed."""

    month: str
    earned: int


class Loyalty(Struct, frozen=True):
    """How a member stands: points, tier, and how many orders were paid for.

    The tier is "" below the first step; `grace_until` is set while it is above what was spent.
    """

    balance: int = 0
    orders: int = 0
    tier: str = ""
    since: str = ""
    grace_until: str = ""
    version: int = 0


class PointsRate(Struct, frozen=True):
    """How points are earned here: of orders in this currency, at so many bps of the goods."""

    currency: str
    bps: int


def settled(tally: Tally, rate: PointsRate, now: datetime) -> tuple[Tally, Moves]:
    """Bring what was made of an order up to what is known of it.

    However its facts came, the sums end the same. What was earned in a month that is over is not
    reversed any more: it ended already.
    """
    if not tally.member_id or not tally.lines:
        return tally, Moves()
    made, points = tally, dict[PointsKind, int]()
    first_seen = not tally.is_known
    month, lot, spend, orders, lot_points = "", "", 0, 0, 0
    back = tally.points_back
    if back > tally.returned:
        points[PointsKind.RETURNED] = back - tally.returned
    if tally.is_complete:
        bps = rate.bps if tally.bps is None else tally.bps
        month = tally.completed_at[:7]
        lot = last_month(month)
        due = tally.net * bps // BPS_ALL if tally.currency == rate.currency else 0
        if due < tally.earned and is_over(lot, now):
            due = tally.earned
        lot_points = due - tally.earned
        if lot_points:
            kind = PointsKind.EARNED if lot_points > 0 else PointsKind.REVERSED
            points[kind] = lot_points
        net = tally.net if tally.currency == rate.currency else 0
        spend, orders = net - tally.spent, (net > 0) - tally.is_counted
        made = replace(made, bps=bps, earned=due, spent=net, is_counted=net > 0)
    made = replace(made, returned=max(back, tally.returned), is_known=True)
    return made, Moves(points, lot, lot_points, month, spend, orders, first_seen)


def expiring(loyalty: Loyalty, lots: Mapping[str, int], month: str) -> int:
    """How many points end with a month: what was earned up to it and is not used by then. The oldest
    points are used first.
    """
    used = sum(lots.values()) - loyalty.balance
    up_to = sum(earned for name, earned in lots.items() if name <= month)
    return max(0, min(up_to - used, loyalty.balance))


def last_month(month: str) -> str:
    """Name the month with which points end that were earned in another, as `2026-01`."""
    return month_later(month, MONTHS_KEPT)


def month_later(month: str, months: int) -> str:
    """Name the month so many months after another."""
    year, number = int(month[:4]), int(month[5:7])
    years, rest = divmod(number - 1 + months, 12)
    return f"{year + years:04d}-{rest + 1:02d}"


def month_end(month: str) -> datetime:
    """The first moment after a month, in UTC."""
    after = month_later(month, 1)
    return datetime(int(after[:4]), int(after[5:7]), 1, tzinfo=UTC)


def is_over(month: str, now: datetime) -> bool:
    """Whether a month has ended."""
    return now >= month_end(month)


def month_of(moment: datetime) -> str:
    """Name the month of a moment."""
    return clock.iso(moment)[:7]
