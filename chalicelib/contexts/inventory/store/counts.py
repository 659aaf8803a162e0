"""Counts: the writes by which a merchant, an import or the operator says how much there is."""

from collections.abc import Sequence
from typing import Any

from chalicelib.aws import outbox, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.inventory.facts import StockPut
from chalicelib.contexts.inventory.model import MAIN, BelowHeld, StockSpread
from chalicelib.contexts.inventory.store.rows import (
    IN_STOCK,
    OUT_OF_STOCK,
    EntryItem,
    LogItem,
    StockItem,
    entries_of,
    head,
    shards_of,
    stock_key,
    stock_row,
)
from chalicelib.kernel import clock, ids
from chalicelib.kernel.errors import NotFound, Refusal
from chalicelib.kernel.shards import even_shares


def put(merchant_id: str, sku: str, on_hand: int, actor: str) -> list[Write]:
    """Contribute that so many units are on hand; what is held stays held.

    Refuses `inventory.below_held`, `request.not_found` for another merchant's stock, and
    `inventory.stock_spread` for stock that lies over several rows.
    """
    zero = StockItem.held | 0
    actions = [
        StockItem.available.set(on_hand - zero),
        StockItem.held.set(zero),
        StockItem.shards.set(StockItem.shards | 1),
        StockItem.announced.set(StockItem.announced | OUT_OF_STOCK),
        StockItem.turn.set(StockItem.turn | 0),
        StockItem.kind.set(StockItem),
        StockItem.sku.set(sku),
        StockItem.merchant_id.set(merchant_id),
        StockItem.location.set(MAIN),
        StockItem.shard.set(0),
    ]
    is_own = StockItem.merchant_id == merchant_id
    fits = (StockItem.held <= on_hand) & is_own & (StockItem.shards == 1)

    def refuse(old: Any) -> Refusal:
        if old is not None and old.merchant_id != merchant_id:
            return NotFound()
        if shards_of(old) > 1:
            return StockSpread()
        return BelowHeld(f"{int(old.held)} units are held for purchases" if old else "")

    counted = transact.update(
        stock_row((sku, MAIN, 0)),
        actions,
        StockItem.pk.does_not_exist() | fits,
        refuse=refuse,
    )
    return [counted, *_traces(merchant_id, sku, on_hand, actor)]


def put_over_shards(rows: Sequence[StockItem], on_hand: int, actor: str) -> list[Write]:
    """Contribute a count of stock that lies over several rows: what is held stays where it is.

    `rows` are all shards as read; each gets an even share of what is not held. What is held, sold
    or released meanwhile stays within its row, whose sum is what this write says. Refuses
    `inventory.below_held`, and fails where a row holds more by now than it would have.
    """
    held = sum(int(row.held) for row in rows)
    if held > on_hand:
        raise BelowHeld(f"{held} units are held for purchases")
    writes = []
    for row, share in zip(rows, even_shares(on_hand - held, len(rows)), strict=True):
        target = int(row.held) + share
        fits: Any = StockItem.held <= target
        if row.shard == 0:
            fits &= StockItem.shards == len(rows)
        actions = [StockItem.available.set(target - StockItem.held)]
        writes.append(transact.update(StockItem(row.pk, row.sk), actions, fits))
    return [*writes, *_traces(rows[0].merchant_id, rows[0].sku, on_hand, actor)]


def spread(rows: Sequence[StockItem], shards: int, actor: str) -> list[Write]:
    """Contribute spreading stock over more rows: the new ones share what the others can spare.

    `rows` are all shards as read. Fails where a row has less by now than it is to give.
    """
    free = [int(row.available) for row in rows]
    gives = [max(units - sum(free) // shards, 0) for units in free]
    writes = []
    for row, units in zip(rows, gives, strict=True):
        enough: Any = StockItem.available >= units
        actions = [StockItem.available.set(StockItem.available - units)]
        if row.shard == 0:
            enough &= StockItem.shards == len(rows)
            actions.append(StockItem.shards.set(shards))
        writes.append(transact.update(StockItem(row.pk, row.sk), actions, enough))
    for shard, units in enumerate(even_shares(sum(gives), shards - len(rows)), len(rows)):
        writes.append(transact.create(_row(rows[0].merchant_id, rows[0].sku, shard, units)))
    return [*writes, _log(rows[0].sku, actor, shards=shards)]


def opening(merchant_id: str, sku: str, on_hand: int) -> list[Write]:
    """Contribute the first count of a new variant; fails where there is a count already."""
    row = _row(merchant_id, sku, 0, on_hand)
    return [transact.create(row), *_traces(merchant_id, sku, on_hand, "import")]


def announce(row: StockItem, told: str) -> Write:
    """Contribute what the bus is told in the row's next turn, unless the row is otherwise by then.

    `row` is shard 0. Where there are more, whatever changes them meanwhile has a fact of its own
    that comes later and tells the rest.
    """
    as_read: Any = StockItem.turn == row.turn
    if shards_of(row) == 1:
        as_read &= StockItem.available > 0 if told == IN_STOCK else StockItem.available <= 0
    return transact.update(
        StockItem(row.pk, row.sk),
        [StockItem.announced.set(told), StockItem.turn.set(row.turn + 1)],
        as_read,
    )


def _row(merchant_id: str, sku: str, shard: int, available: int) -> StockItem:
    place = stock_key(sku, MAIN, shard)
    return StockItem(
        place.pk,
        place.sk,
        sku=sku,
        merchant_id=merchant_id,
        location=MAIN,
        shard=shard,
        available=available,
        held=0,
    )


def _traces(merchant_id: str, sku: str, on_hand: int, actor: str) -> list[Write]:
    """What every count leaves behind: the merchant's list, a line in the log, a fact."""
    fact = StockPut(**head(), merchant_id=merchant_id, sku=sku, location=MAIN, on_hand=on_hand)
    return [
        transact.put(EntryItem(entries_of(merchant_id), f"SKU#{sku}", sku=sku)),
        _log(sku, actor, on_hand=on_hand),
        outbox.write(fact),
    ]


def _log(sku: str, actor: str, **what: Any) -> Write:
    line = LogItem(
        f"STOCK#{sku}",
        f"LOG#{ids.ulid()}",
        at=clock.iso(clock.now()),
        actor=actor,
        location=MAIN,
        **what,
    )
    return transact.create(line)
