"""A stage as a value: all its rows, read, and the views of them that invariants look at."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Self, TypeVar

from msgspec import Struct

from chalicelib.aws.worker import MARKER_TTL_S
from chalicelib.contexts.inventory.model import Holds
from chalicelib.contexts.inventory.store import holds_of
from chalicelib.contexts.orders.model.values import Order, Purchase
from chalicelib.contexts.payments.model import Payment, Refund
from chalicelib.contexts.payments.store import payment_of, refund_of
from chalicelib.contexts.settlement.model import Leg, Posting, Statement
from chalicelib.contexts.settlement.store import statement_of
from chalicelib.contexts.shipping.model import Shipment
from chalicelib.contexts.shipping.store import shipment_of
from chalicelib.kernel import clock
from chalicelib.kernel.facts import Fact
from infra.doctor.rows import Row, Scan, Unreadable, fact_of, read_stage
from infra.queues import Depth

HANDLED_AFTER_S = 900
"""A message whose worker fails is given out five times, three minutes apart; then it is dead."""
PUBLISHED_AFTER_S = 300
SWEPT_AFTER_S = 300
"""Sweepers run every minute and give up after some seconds; a few of them may fail."""
CLOSED_AFTER_S = 50 * 3_600
"""Statements close every night; one night may fail."""
EVER, NEVER = "~", ""

F = TypeVar("F", bound=Fact)
T = TypeVar("T")


class Horizon(Struct, frozen=True):
    """Up to when (RFC 3339) work must be done by now; younger work may still be in flight.

    `handled`: facts whose effects must be there. `published`: facts that the bus must have.
    `due`: timers that must have gone off. `daily`: what a night's work must have taken. `EVER` is everything, `NEVER` is nothing.
    """

    handled: str
    published: str
    due: str
    daily: str

    @classmethod
    def living(cls, now: datetime) -> Self:
        """Of a stage at work: what is older than machinery and its retries take."""
        return cls(
            handled=clock.iso(clock.later(now, -HANDLED_AFTER_S)),
            published=clock.iso(clock.later(now, -PUBLISHED_AFTER_S)),
            due=clock.iso(clock.later(now, -SWEPT_AFTER_S)),
            daily=clock.iso(clock.later(now, -CLOSED_AFTER_S)),
        )

    @classmethod
    def drained(cls, now: datetime) -> Self:
        """Of a stage at rest, whose queues are empty and whose clocks have struck: everything."""
        return cls(handled=EVER, published=EVER, due=clock.iso(now), daily=clock.iso(now))


@dataclass(frozen=True)
class Posted:
    """A journal entry as its legs tell it; `owners` are the ledgers that its legs are listed in."""

    id: str
    postings: tuple[Posting, ...]
    owners: frozenset[str]

    @property
    def legs(self) -> tuple[Leg, ...]:
        return tuple(Leg(one.account, one.amount) for one in self.postings)


@dataclass(frozen=True)
class Whole:
    """Every row of a stage at one time.

    `counted` says how many units of each sku were ever put on the shelves, where somebody knows;
    `depths` how full the queues are, where they were looked at.
    """

    rows: Sequence[Row]
    now: datetime
    horizon: Horizon
    broken: list[tuple[str, str]] = field(default_factory=list)
    counted: Mapping[str, int] | None = None
    depths: Sequence[Depth] = ()

    @cached_property
    def _kinds(self) -> dict[tuple[str, str], list[Row]]:
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.rows:
            found[row.room, row.kind].append(row)
        return found

    def read_all(self) -> None:
        """Read every row that any view reads, so that `broken` is complete."""
        views = (self.payments, self.refunds, self.holds, self.shipments, self.statements)
        assert all(view is not None for view in (*views, self.facts)), "reading is what counts"

    def of_kind(self, room: str, kind: str) -> list[Row]:
        return self._kinds.get((room, kind), [])

    def markers(self, room: str, consumer: str) -> dict[str, str]:
        """Fact id -> fact name, of every fact that a consumer of a room has noted as handled."""
        place = f"DONE#{consumer}"
        return {row.sk: row.fact for row in self.of_kind(room, "DONE") if row.pk == place}

    @cached_property
    def purchases(self) -> dict[str, Purchase]:
        return {row.purchase.id: row.purchase for row in self.of_kind("orders", "PURCHASE")}

    @cached_property
    def orders(self) -> dict[str, Order]:
        return {row.order.id: row.order for row in self.of_kind("orders", "ORDER")}

    @cached_property
    def orders_of(self) -> dict[str, list[Order]]:
        """Purchase id -> its orders."""
        return _grouped(self.orders.values(), lambda order: order.purchase_id)

    @cached_property
    def payments(self) -> dict[str, Payment]:
        return {one.id: one for one in self._read("payments", "PAYMENT", payment_of)}

    @cached_property
    def payments_of(self) -> dict[str, list[Payment]]:
        """Purchase id -> its payments."""
        return _grouped(self.payments.values(), lambda payment: payment.purchase_id)

    @cached_property
    def refunds(self) -> dict[str, Refund]:
        return {one.id: one for one in self._read("payments", "REFUND", refund_of)}

    @cached_property
    def holds(self) -> dict[str, Holds]:
        return {one.purchase_id: one for one in self._read("inventory", "HOLDS", holds_of)}

    @cached_property
    def shipments(self) -> dict[str, Shipment]:
        return {one.id: one for one in self._read("shipping", "SHIPMENT", shipment_of)}

    @cached_property
    def statements(self) -> dict[str, Statement]:
        return {one.id: one for one in self._read("settlement", "STATEMENT", statement_of)}

    @cached_property
    def entries(self) -> dict[str, Posted]:
        """The journal: entry id -> its legs in order."""
        legs = _grouped(self.of_kind("settlement", "LEG"), lambda row: row.subject)
        return {
            entry_id: Posted(
                entry_id,
                tuple(row.posting for row in sorted(rows, key=_leg_number)),
                frozenset(row.owner or "" for row in rows),
            )
            for entry_id, rows in legs.items()
        }

    @cached_property
    def facts(self) -> dict[str, Fact]:
        """Fact id -> fact, oldest first."""
        rows = sorted(self.of_kind("outbox", "FACT"), key=lambda row: row.sk)
        return {row.sk: fact for row in rows if (fact := self._try(row, fact_of)) is not None}

    @cached_property
    def facts_of(self) -> dict[str, list[Fact]]:
        """Aggregate -> its facts, oldest first."""
        return _grouped(self.facts.values(), lambda fact: fact.aggregate)

    @cached_property
    def _facts_by_type(self) -> dict[type[Fact], list[Fact]]:
        return _grouped(self.facts.values(), type)

    def told(self, *kinds: type[F]) -> list[F]:
        """Every fact of some kinds, oldest first within a kind."""
        return [fact for kind in kinds for fact in self._facts_by_type.get(kind, [])]  # type: ignore[misc]

    @cached_property
    def unsettled(self) -> frozenset[str]:
        """Aggregates of which a fact may still be in flight: their rooms need not agree yet."""
        return frozenset(one.aggregate for one in self.facts.values() if not self.is_handled(one))

    def is_handled(self, fact: Fact) -> bool:
        """Whether all that listens to a fact must have handled it by now."""
        return fact.occurred_at <= self.horizon.handled

    @cached_property
    def remembered_since(self) -> str:
        """Markers and traces of mails older than this may have been removed."""
        return clock.iso(clock.later(self.now, 86_400 - MARKER_TTL_S))

    def _read(self, room: str, kind: str, read: Callable[[Any], T | None]) -> Iterable[T]:
        found = (self._try(row, read) for row in self.of_kind(room, kind))
        return [one for one in found if one is not None]

    def _try(self, row: Row, read: Callable[[Any], T | None]) -> T | None:
        """Read a row into the room's own value; one that cannot be is noted as broken."""
        try:
            return read(row)
        except (Unreadable, ValueError, TypeError, AssertionError, AttributeError) as reason:
            self.broken.append((row.place, str(reason)))
            return None


def read_whole(
    scan: Scan,
    now: datetime,
    horizon: Horizon,
    *,
    counted: Mapping[str, int] | None = None,
    depths: Sequence[Depth] = (),
) -> Whole:
    """Read a whole stage by `scan`."""
    rows, broken = read_stage(scan)
    return Whole(rows, now, horizon, broken, counted, depths)


def _grouped(values: Iterable[T], key: Callable[[T], Any]) -> dict[Any, list[T]]:
    found: dict[Any, list[T]] = defaultdict(list)
    for value in values:
        found[key(value)].append(value)
    return dict(found)


def _leg_number(row: Row) -> tuple[int, str]:
    """`LEG#10` comes after `LEG#9`."""
    return len(row.sk), row.sk
