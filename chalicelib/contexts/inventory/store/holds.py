"""Holds: the writes by which units are set aside, sold, and freed again."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from chalicelib.aws import outbox, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.inventory.facts import (
    HoldConsumed,
    HoldReleased,
    StockGivenBack,
    StockHeld,
)
from chalicelib.contexts.inventory.model import (
    MAIN,
    HeldLine,
    Holds,
    HoldsChanged,
    HoldState,
    Places,
    StockShort,
    placed,
    summed,
)
from chalicelib.contexts.inventory.store.rows import (
    HoldsItem,
    StockItem,
    available_of,
    head,
    holds_key,
    shards_of,
    stock_row,
)
from chalicelib.kernel.errors import Refusal


def hold(
    purchase_id: str,
    orders: Mapping[str, Mapping[str, int]],
    places: Places | None = None,
) -> list[Write]:
    """Contribute holds for a new purchase: `orders` is order id -> sku -> units.

    One write a stock row, one for the list of holds, one for the fact. `places` says from which
    shards a sku's units are taken; without it they come from shard 0. Refuses
    `inventory.stock_short` naming every sku that is short.
    """
    lines = placed(orders, places or {})
    assert lines, "a purchase holds something"
    assert all(line.quantity > 0 for line in lines), "a hold is of some units"
    place = holds_key(purchase_id)
    row = HoldsItem(
        place.pk,
        place.sk,
        states=dict.fromkeys(orders, HoldState.HELD),
        lines=lines,
        version=1,
    )
    held = StockHeld(**head(), purchase_id=purchase_id, lines=lines)
    return [transact.create(row), *_take(lines, into_hold=True), outbox.write(held)]


def consume(holds: Holds, orders: Collection[str] | None = None) -> list[Write]:
    """Contribute that held units were paid for and leave the stock: all orders', or some orders'."""
    moved = holds.orders_in(HoldState.HELD, orders)
    lines = holds.lines_of(moved)
    writes = [
        transact.update(
            stock_row(place), [StockItem.held.set(StockItem.held - units)], StockItem.held >= units
        )
        for place, units in summed(lines).items()
    ]
    consumed = HoldConsumed(**head(), purchase_id=holds.purchase_id, lines=lines)
    return [_restate(holds, moved, HoldState.CONSUMED), *writes, outbox.write(consumed)]


def release(
    holds: Holds, orders: Collection[str] | None = None, *, state: HoldState = HoldState.RELEASED
) -> list[Write]:
    """Contribute that held units are free again: all orders', or those of some orders.

    `state` is `released` for a cancellation and `expired` for a purchase that was not paid in time.
    """
    moved = holds.orders_in(HoldState.HELD, orders)
    lines = holds.lines_of(moved)
    writes = [
        transact.update(
            stock_row(place),
            [
                StockItem.available.set(StockItem.available + units),
                StockItem.held.set(StockItem.held - units),
            ],
            StockItem.held >= units,
        )
        for place, units in summed(lines).items()
    ]
    released = HoldReleased(**head(), purchase_id=holds.purchase_id, state=state.value, lines=lines)
    return [_restate(holds, moved, state), *writes, outbox.write(released)]


def hold_again(holds: Holds, places: Places | None = None) -> list[Write]:
    """Contribute taking the stock of an expired purchase again, for money that came late.

    The units are paid for already, so the new hold is consumed in the same breath and ends
    `consumed`. Orders that were released singly stay so. Refuses `inventory.stock_short`.
    """
    moved = holds.orders_in(HoldState.EXPIRED)
    lines = holds.lines_of(moved)
    if places:
        lines = placed(holds.units_of(moved), places)
    consumed = HoldConsumed(**head(), purchase_id=holds.purchase_id, lines=lines)
    return [
        _restate(holds, moved, HoldState.CONSUMED),
        *_take(lines, into_hold=False),
        outbox.write(consumed),
    ]


def give_back(purchase_id: str, cause: str, units: Mapping[str, int]) -> list[Write]:
    """Contribute that sold units (sku -> how many) are in stock again.

    `cause` is the id of the refund or order that brings them back. The caller's own conditions see
    to it that this happens once.
    """
    assert all(quantity > 0 for quantity in units.values()), "some units come back"
    writes = [
        transact.update(
            stock_row((sku, MAIN, 0)),
            [StockItem.available.set(StockItem.available + quantity)],
            StockItem.pk.exists(),
        )
        for sku, quantity in units.items()
    ]
    back = StockGivenBack(**head(), purchase_id=purchase_id, cause=cause, units=dict(units))
    return [*writes, outbox.write(back)]


def _take(lines: Sequence[HeldLine], *, into_hold: bool) -> list[Write]:
    writes = []
    for (sku, location, shard), units in summed(lines).items():
        actions = [StockItem.available.set(StockItem.available - units)]
        if into_hold:
            actions.append(StockItem.held.set(StockItem.held + units))

        def refuse(old: Any, sku: str = sku, shard: int = shard) -> Refusal:
            short = StockShort([(sku, available_of(old))])
            return short.of_shards([sku] if shard or shards_of(old) > 1 else [])

        writes.append(
            transact.update(
                stock_row((sku, location, shard)),
                actions,
                StockItem.available >= units,
                refuse=refuse,
            )
        )
    return writes


def _restate(holds: Holds, moved: Collection[str], state: HoldState) -> Write:
    """Write how the moved orders' holds stand now, if nobody changed the holds meanwhile."""
    assert moved, "there is nothing to move"
    place = holds_key(holds.purchase_id)
    return transact.update(
        HoldsItem(place.pk, place.sk),
        [
            HoldsItem.states.set(holds.states | dict.fromkeys(moved, state)),
            HoldsItem.version.set(holds.version + 1),
        ],
        HoldsItem.version == holds.version,
        refuse=lambda _old: HoldsChanged(),
    )
