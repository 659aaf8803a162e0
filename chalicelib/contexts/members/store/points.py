"""Points and tiers: a member's account, what ends when, the statement, and each order's tally.

| pk | sk | row |
|---|---|---|
| `MEMBER#id` | `LOYALTY` | balance, orders, tier; changed by adding, and by its version |
| `MEMBER#id` | `LOT#month` | what was earned that ends with this month |
| `MEMBER#id` | `SPEND#month` | what was bought in this month, net, and in how many orders |
| `MEMBER#id` | `ENTRY#ulid` | one line of the statement |
| `ORDER#id` | `TALLY` | what is known of an order, and what was made of it |
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.aws import reads, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.tables import DocumentAttribute
from chalicelib.aws.transact import Write
from chalicelib.contexts.members.model.points import (
    Loyalty,
    Moves,
    PointsChanged,
    PointsEntry,
    PointsShort,
    Tally,
    month_end,
)
from chalicelib.contexts.members.model.tiers import Year
from chalicelib.contexts.members.store import BirthdayItem, MembersItem, partition
from chalicelib.kernel import clock
from chalicelib.kernel.paging import Page
from chalicelib.kernel.shards import home_shard

DUE_SHARDS = 8
STRANGERS_TTL_S = 40 * 86_400
"""How long what is known of an order waits for word whose it is; that of guests ends with it."""
LAST = "~"


class LoyaltyItem(MembersItem, discriminator="LOYALTY"):
    balance = NumberAttribute(default=0)
    orders = NumberAttribute(default=0)
    tier = UnicodeAttribute(default="")
    since = UnicodeAttribute(default="")
    grace_until = UnicodeAttribute(default="")
    version = NumberAttribute(default=0)


class LotItem(MembersItem, discriminator="LOT"):
    earned = NumberAttribute()


Timed = LoyaltyItem | LotItem | BirthdayItem
"""What somebody looks at when its time has come."""


class SpendItem(MembersItem, discriminator="SPEND"):
    spend = NumberAttribute()
    orders = NumberAttribute()


class EntryItem(MembersItem, discriminator="ENTRY"):
    entry: DocumentAttribute[PointsEntry] = DocumentAttribute(PointsEntry)


class TallyItem(MembersItem, discriminator="TALLY"):
    tally: DocumentAttribute[Tally] = DocumentAttribute(Tally)
    version = NumberAttribute()


def loyalty_key(member_id: str) -> Key:
    """Where a member's account lies."""
    return Key(LoyaltyItem, partition(member_id), "LOYALTY")


def tally_key(order_id: str) -> Key:
    """Where an order's tally lies."""
    return Key(TallyItem, f"ORDER#{order_id}", "TALLY")


def loyalty_of(row: Any) -> Loyalty:
    """Return the account that a row holds; an empty one where there is no row."""
    if row is None:
        return Loyalty()
    return Loyalty(
        int(row.balance or 0),
        int(row.orders or 0),
        row.tier or "",
        row.since or "",
        row.grace_until or "",
        int(row.version or 0),
    )


def loyalty(member_id: str) -> Loyalty:
    """Read how a member stands. One round trip."""
    place = loyalty_key(member_id)
    return loyalty_of(reads.get(LoyaltyItem, place.pk, place.sk))


def read(order_id: str, member_id: str = "") -> tuple[Tally, Loyalty]:
    """Read what is known of an order, and how its member stands where it is known whose it is."""
    keys = [tally_key(order_id), *([loyalty_key(member_id)] if member_id else [])]
    row, *account = reads.batch(keys)
    return row.tally if row else Tally(order_id), loyalty_of(account[0] if account else None)


def keep(seen: Tally, made: Tally) -> Write:
    """Contribute what is known of an order now. Refuses `members.points_changed` where more is."""
    place = tally_key(made.order_id)
    expires_at = None if made.member_id else clock.epoch(clock.now()) + STRANGERS_TTL_S
    row = TallyItem(place.pk, place.sk, tally=made, version=made.version, expires_at=expires_at)
    as_read = TallyItem.version == seen.version if seen.version else TallyItem.pk.does_not_exist()
    return transact.put(row, as_read, refuse=lambda _old: PointsChanged())


def post(member_id: str, moves: Moves, entries: Iterable[PointsEntry]) -> list[Write]:
    """Contribute what an order moves."""
    writes = [_moved(member_id, moves.balance, orders=int(moves.first_seen))]
    if moves.lot_points:
        lot = LotItem(partition(member_id), f"LOT#{moves.lot}")
        actions = [
            LotItem.earned.add(moves.lot_points),
            LotItem.kind.set(LotItem),
            LotItem.due_shard.set(due_shard(member_id)),
            LotItem.due_at.set(clock.iso(month_end(moves.lot))),
        ]
        writes.append(transact.update(lot, actions))
    if moves.spend or moves.orders:
        month = SpendItem(partition(member_id), f"SPEND#{moves.month}")
        added = [SpendItem.spend.add(moves.spend), SpendItem.orders.add(moves.orders)]
        writes.append(transact.update(month, [*added, SpendItem.kind.set(SpendItem)]))
    return [*writes, *map(_listed(member_id), entries)]


def spend(member_id: str, entry: PointsEntry) -> list[Write]:
    """Contribute that a purchase spends points. Refuses `members.points_short`."""
    enough: Any = LoyaltyItem.balance >= -entry.points
    row = LoyaltyItem(partition(member_id), "LOYALTY")
    actions = [LoyaltyItem.balance.add(entry.points), LoyaltyItem.version.add(1)]
    taken = transact.update(row, actions, enough, refuse=lambda _old: PointsShort())
    return [taken, _listed(member_id)(entry)]


def give_back(member_id: str, entry: PointsEntry) -> list[Write]:
    """Contribute that a purchase spends points no more. Refuses `members.points_changed` where the
    account is gone.
    """
    row = LoyaltyItem(partition(member_id), "LOYALTY")
    actions = [LoyaltyItem.balance.add(entry.points), LoyaltyItem.version.add(1)]
    is_there = LoyaltyItem.pk.exists()
    back = transact.update(row, actions, is_there, refuse=lambda _old: PointsChanged())
    return [back, _listed(member_id)(entry)]


def expire(member_id: str, seen: Loyalty, month: str, entry: PointsEntry | None) -> list[Write]:
    """Contribute that what was earned to end with a month has ended. Refuses
    `members.points_changed` where the account is another by now.
    """
    lot = LotItem(partition(member_id), f"LOT#{month}")
    over = transact.update(lot, [LotItem.due_shard.remove(), LotItem.due_at.remove()])
    if entry is None:
        return [over]
    row = LoyaltyItem(partition(member_id), "LOYALTY")
    actions = [LoyaltyItem.balance.add(entry.points), LoyaltyItem.version.add(1)]
    as_read, refuse = _as_seen(seen)
    moved = transact.update(row, actions, as_read, refuse=refuse)
    return [over, moved, _listed(member_id)(entry)]


def review(member_id: str, seen: Loyalty, made: Loyalty, due_at: str) -> Write:
    """Contribute a member's tier, and when to look again. Refuses `members.points_changed`."""
    row = LoyaltyItem(partition(member_id), "LOYALTY")
    actions = [
        LoyaltyItem.tier.set(made.tier),
        LoyaltyItem.since.set(made.since),
        LoyaltyItem.grace_until.set(made.grace_until),
        LoyaltyItem.version.add(1),
    ]
    if due_at:
        actions += [
            LoyaltyItem.due_shard.set(due_shard(member_id)),
            LoyaltyItem.due_at.set(due_at),
        ]
    else:
        actions += [LoyaltyItem.due_shard.remove(), LoyaltyItem.due_at.remove()]
    condition, refuse = _as_seen(seen)
    return transact.update(row, actions, condition, refuse=refuse)


def lots(member_id: str) -> dict[str, int]:
    """Read what was earned, by the month that it ends with."""
    rows = reads.query_all(LotItem, partition(member_id), begins_with="LOT#")
    return {row.sk.removeprefix("LOT#"): int(row.earned) for row in rows}


def months(member_id: str, first: str) -> Mapping[str, Year]:
    """Read what was bought, by month, from this one on. One round trip."""
    between = f"SPEND#{first}", f"SPEND#{LAST}"
    rows = reads.query(SpendItem, partition(member_id), between=between)
    return {
        row.sk.removeprefix("SPEND#"): Year(int(row.spend), int(row.orders)) for row in rows.items
    }


def entries(member_id: str, limit: int, cursor: str) -> Page[PointsEntry]:
    """A page of a member's statement, newest first. One round trip."""
    pk = partition(member_id)
    page = reads.page(
        EntryItem,
        pk,
        scope=f"points {pk}",
        limit=limit,
        cursor=cursor,
        begins_with="ENTRY#",
        forward=False,
    )
    return Page([row.entry for row in page.items], page.next_cursor)


def due(shard: int, now: datetime) -> list[Timed]:
    """Read the members to look at, birthdays that are here and lots that have ended, the oldest first."""
    rows: reads.Rows[Any] = reads.query(
        MembersItem, f"DUE#{shard}", index="by_due", between=("0", clock.iso(now))
    )
    return rows.items


def due_shard(member_id: str) -> str:
    """The shard of the timers that a member falls into."""
    return f"DUE#{home_shard(member_id, DUE_SHARDS)}"


def everything(member_id: str) -> list[MembersItem]:
    """Read every row of a member's points and tier."""
    pk = partition(member_id)
    kinds = ("LOYALTY", "LOT#", "SPEND#", "ENTRY#")
    return [row for kind in kinds for row in reads.query_all(MembersItem, pk, begins_with=kind)]


def forget(row: MembersItem, seen: Loyalty | None = None) -> Write:
    """Contribute the end of a row, of the account as it was seen."""
    if seen is None:
        return transact.delete(row)
    condition, refuse = _as_seen(seen)
    return transact.delete(row, condition, refuse=refuse)


def _as_seen(seen: Loyalty) -> tuple[Any, Any]:
    as_read = LoyaltyItem.version == seen.version
    return as_read, lambda _old: PointsChanged()


def _moved(member_id: str, points: int, *, orders: int) -> Write:
    row = LoyaltyItem(partition(member_id), "LOYALTY")
    actions = [
        LoyaltyItem.balance.add(points),
        LoyaltyItem.orders.add(orders),
        LoyaltyItem.version.add(1),
        LoyaltyItem.kind.set(LoyaltyItem),
    ]
    return transact.update(row, actions)


def _listed(member_id: str) -> Any:
    def listed(entry: PointsEntry) -> Write:
        row = EntryItem(partition(member_id), f"ENTRY#{entry.id}", entry=entry)
        return transact.create(row)

    return listed
