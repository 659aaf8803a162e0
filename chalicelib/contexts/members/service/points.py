"""Points: earned by orders, spent by purchases, ended by time; and what a member sees of them.

What orders earn is gathered in a tally for each order, so that a fact may be told twice, late, or
after those that follow it: the tally knows what was made of it before.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.aws import outbox, retries, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.settings import settings
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.members.facts import OrderCounted, PointsMoved
from chalicelib.contexts.members.model import points as model
from chalicelib.contexts.members.model.points import (
    BPS_ALL,
    Loyalty,
    Moves,
    PointsChanged,
    PointsEntry,
    PointsKind,
    PointsRate,
    Tally,
)
from chalicelib.contexts.members.model.tiers import ladder_of, step_of
from chalicelib.contexts.members.service import tiers
from chalicelib.contexts.members.store import points as rows
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Busy, NotFound
from chalicelib.kernel.money import Money
from chalicelib.kernel.paging import Page

ENDING_SHOWN = 3


class PointsView(Struct, frozen=True):
    """What a member has: the balance, what ends when (month, points; the soonest first), and a page
    of the statement.
    """

    balance: int
    value: Money
    ending: list[tuple[str, int]]
    entries: Page[PointsEntry]


def place_of(member_id: str) -> Key:
    """Where a member's account lies, for reading it together with other rows."""
    return rows.loyalty_key(member_id)


def loyalty_in(row: Any) -> Loyalty:
    """Return the account that a row of `place_of` holds; an empty one where there is none."""
    return rows.loyalty_of(row)


def worth(points: int) -> Money:
    """What points are worth."""
    return Money(points, settings().currency)


def points_of(actor: Actor, *, limit: int, cursor: str = "") -> PointsView:
    """Tell a member's points and a page of the statement, newest first. Three round trips."""
    member_id = actor.as_member()
    page = rows.entries(member_id, limit, cursor)
    loyalty, lots = rows.loyalty(member_id), rows.lots(member_id)
    now = clock.now()
    ending, gone = [], 0
    for month in sorted(month for month in lots if not model.is_over(month, now)):
        by_then = model.expiring(loyalty, lots, month)
        if by_then > gone:
            ending.append((month, by_then - gone))
            gone = by_then
    return PointsView(loyalty.balance, worth(loyalty.balance), ending[:ENDING_SHOWN], page)


def learn(order_id: str, tell: Callable[[Tally], Tally]) -> None:
    """Add what a fact says to what is known of an order, and bring points and tier up to it.

    `tell` leaves the tally as it is where it knows that already.
    """
    for attempt in range(retries.ROUNDS_MAX):
        seen, loyalty = _read(order_id, tell)
        told = tell(seen)
        made, moves = model.settled(told, _rate(loyalty), clock.now())
        if made == seen:
            break
        made = replace(made, version=seen.version + 1)
        try:
            _commit(seen, made, moves)
        except PointsChanged:
            retries.pause(attempt)
        else:
            break
    else:
        raise Busy
    if made.member_id:
        tiers.review(made.member_id)


def spent(member_id: str, points: int, purchase_id: str) -> list[Write]:
    """Contribute that a purchase spends a member's points. Refuses `members.points_short`."""
    entry = _entry(PointsKind.SPENT, -points, purchase_id)
    return [*rows.spend(member_id, entry), outbox.write(_moved(member_id, entry))]


def given_back(member_id: str, points: int, purchase_id: str) -> list[Write]:
    """Contribute that a purchase does not spend a member's points any more; the account must be
    there. Refuses `members.points_changed`.
    """
    entry = _entry(PointsKind.RETURNED, points, purchase_id)
    return [*rows.give_back(member_id, entry), outbox.write(_moved(member_id, entry))]


def end_lot(member_id: str, month: str) -> bool:
    """Let end what was earned to end with a month that is over. True where any did."""
    for attempt in range(retries.ROUNDS_MAX):
        lots, loyalty = rows.lots(member_id), rows.loyalty(member_id)
        gone = model.expiring(loyalty, lots, month)
        entry = _entry(PointsKind.EXPIRED, -gone) if gone else None
        writes = rows.expire(member_id, loyalty, month, entry)
        if entry is not None:
            writes.append(outbox.write(_moved(member_id, entry)))
        try:
            transact.commit(writes)
        except PointsChanged:
            retries.pause(attempt)
        else:
            return entry is not None
    raise Busy


def forget_points(member_id: str) -> None:
    """Remove a member's points and tier: what is left of the points ends. What is gone stays so."""
    for row in rows.everything(member_id):
        if not isinstance(row, rows.LoyaltyItem):
            transact.commit([rows.forget(row)])
            continue
        seen = rows.loyalty_of(row)
        writes = [rows.forget(row, seen)]
        if seen.balance:
            entry = _entry(PointsKind.EXPIRED, -seen.balance)
            writes.append(outbox.write(_moved(member_id, entry)))
        transact.commit(writes)


def held_about(member_id: str) -> dict[str, Any]:
    """Gather a member's points and tier, for the member's copy of what is held."""
    found = rows.everything(member_id)
    statement = [row.entry for row in found if isinstance(row, rows.EntryItem)]
    return {"loyalty": rows.loyalty(member_id), "statement": statement}


def _read(order_id: str, tell: Callable[[Tally], Tally]) -> tuple[Tally, Loyalty]:
    """Read a tally and its member's account: at once where the fact itself says whose it is."""
    said = tell(Tally(order_id)).member_id
    seen, loyalty = rows.read(order_id, said)
    if seen.member_id and not said:
        loyalty = rows.loyalty(seen.member_id)
    return seen, loyalty


def _commit(seen: Tally, made: Tally, moves: Moves) -> None:
    """Write a tally with what it moves. Of a member who is gone nothing is kept but the order."""
    if made.member_id and not moves.is_nothing:
        try:
            transact.commit([rows.keep(seen, made), *_posted(made, moves)])
        except NotFound:
            transact.commit([rows.keep(seen, replace(made, member_id=""))])
    else:
        transact.commit([rows.keep(seen, made)])


def _posted(made: Tally, moves: Moves) -> list[Write]:
    entries = [
        _entry(kind, points, made.purchase_id, made.order_id)
        for kind, points in moves.points.items()
    ]
    return [
        identity.still_open(made.member_id),
        *rows.post(made.member_id, moves, entries),
        *(outbox.write(_moved(made.member_id, entry)) for entry in entries),
        *([outbox.write(_counted(made))] if moves.orders > 0 else []),
    ]


def _counted(made: Tally) -> OrderCounted:
    return OrderCounted(
        id=ids.ulid(),
        occurred_at=clock.iso(clock.now()),
        member_id=made.member_id,
        purchase_id=made.purchase_id,
        order_id=made.order_id,
        merchant_id=made.merchant_id,
        spend=Money(made.spent, made.currency),
    )


def _rate(loyalty: Loyalty) -> PointsRate:
    """At what rate a member earns now."""
    own = settings()
    ladder = ladder_of(own.tiers)
    tier = ladder[step_of(ladder, loyalty.tier)]
    return PointsRate(own.currency, own.points_earn_bps * tier.points_bps // BPS_ALL)


def _entry(kind: PointsKind, points: int, purchase_id: str = "", order_id: str = "") -> PointsEntry:
    at = clock.iso(clock.now())
    return PointsEntry(ids.ulid(), at, kind, points, purchase_id, order_id)


def _moved(member_id: str, entry: PointsEntry) -> PointsMoved:
    return PointsMoved(
        id=ids.ulid(),
        occurred_at=entry.at,
        member_id=member_id,
        kind=entry.kind,
        points=entry.points,
        value=worth(entry.points),
        purchase_id=entry.purchase_id,
        order_id=entry.order_id,
    )
