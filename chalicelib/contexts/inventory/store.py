"""Rows of the inventory table, and the writes that holds contribute to a transaction.

A condition of DynamoDB compares and cannot add, so a row keeps what is left (`available`) and what
is set aside (`held`); what is on hand is their sum and never stored.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import outbox, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.tables import DocumentAttribute, Item
from chalicelib.aws.transact import Write
from chalicelib.contexts.inventory.facts import (
    HoldConsumed,
    HoldReleased,
    StockGivenBack,
    StockHeld,
    StockPut,
)
from chalicelib.contexts.inventory.model import (
    MAIN,
    BelowHeld,
    HeldLine,
    Holds,
    HoldsChanged,
    HoldState,
    Stock,
    StockShort,
    summed,
)
from chalicelib.kernel import clock, ids
from chalicelib.kernel.errors import NotFound, Refusal

IN_STOCK, OUT_OF_STOCK = "in", "out"


class InventoryItem(Item):
    class Meta:
        room = "inventory"

    kind = DiscriminatorAttribute()


class StockItem(InventoryItem, discriminator="STOCK"):
    """One stock record. `announced` is what the bus was last told, in its `turn`: `in` or `out`."""

    sku = UnicodeAttribute()
    merchant_id = UnicodeAttribute()
    location = UnicodeAttribute()
    shard = NumberAttribute()
    available = NumberAttribute()
    held = NumberAttribute()
    announced = UnicodeAttribute(default=OUT_OF_STOCK)
    turn = NumberAttribute(default=0)


class EntryItem(InventoryItem, discriminator="ENTRY"):
    """A sku in the list of its merchant. Apart from the stock row, so that a hold writes no list."""

    sku = UnicodeAttribute()


class LogItem(InventoryItem, discriminator="LOG"):
    """A count that somebody put."""

    at = UnicodeAttribute()
    actor = UnicodeAttribute()
    location = UnicodeAttribute()
    on_hand = NumberAttribute()


class HoldsItem(InventoryItem, discriminator="HOLDS"):
    """All that is set aside for one purchase."""

    states = DocumentAttribute[dict[str, HoldState]](dict[str, HoldState])
    lines = DocumentAttribute[tuple[HeldLine, ...]](tuple[HeldLine, ...])
    version = NumberAttribute()


class DoneItem(InventoryItem, discriminator="DONE"):
    """A consumer's marker: this fact was handled."""

    fact = UnicodeAttribute()


def stock_key(sku: str, location: str = MAIN, shard: int = 0) -> Key:
    return Key(StockItem, f"STOCK#{sku}", f"AT#{location}#{shard}")


def holds_key(purchase_id: str) -> Key:
    return Key(HoldsItem, f"HOLDS#{purchase_id}", "HOLDS")


def entries_of(merchant_id: str) -> str:
    """The partition that lists a merchant's skus."""
    return f"MERCHANT#{merchant_id}"


def available_of(row: Any) -> int:
    """How many units of a stock row are free; none where there is no row."""
    return int(row.available) if row is not None else 0


def stock_of(row: Any) -> Stock:
    return Stock(row.sku, row.location, int(row.available), int(row.held))


def holds_of(row: Any) -> Holds:
    return Holds(row.pk.removeprefix("HOLDS#"), row.states, row.lines, int(row.version))


def hold(purchase_id: str, orders: Mapping[str, Mapping[str, int]]) -> list[Write]:
    """Contribute holds for a new purchase: `orders` is order id -> sku -> units.

    One write a stock row, one for the list of holds, one for the fact. Refuses
    `inventory.stock_short` naming every sku that is short.
    """
    lines = tuple(
        HeldLine(sku, MAIN, 0, quantity, order_id)
        for order_id, units in orders.items()
        for sku, quantity in units.items()
    )
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
    held = StockHeld(**_head(), purchase_id=purchase_id, lines=lines)
    return [transact.create(row), *_take(lines, into_hold=True), outbox.write(held)]


def consume(holds: Holds, orders: Collection[str] | None = None) -> list[Write]:
    """Contribute that held units were paid for and leave the stock: all orders', or some orders'."""
    moved = holds.orders_in(HoldState.HELD, orders)
    lines = holds.lines_of(moved)
    writes = [
        transact.update(
            _row(place), [StockItem.held.set(StockItem.held - units)], StockItem.held >= units
        )
        for place, units in summed(lines).items()
    ]
    consumed = HoldConsumed(**_head(), purchase_id=holds.purchase_id, lines=lines)
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
            _row(place),
            [
                StockItem.available.set(StockItem.available + units),
                StockItem.held.set(StockItem.held - units),
            ],
            StockItem.held >= units,
        )
        for place, units in summed(lines).items()
    ]
    released = HoldReleased(
        **_head(), purchase_id=holds.purchase_id, state=state.value, lines=lines
    )
    return [_restate(holds, moved, state), *writes, outbox.write(released)]


def hold_again(holds: Holds) -> list[Write]:
    """Contribute taking the stock of an expired purchase again, for money that came late.

    The units are paid for already, so the new hold is consumed in the same breath and ends
    `consumed`. Orders that were released singly stay so. Refuses `inventory.stock_short`.
    """
    moved = holds.orders_in(HoldState.EXPIRED)
    lines = holds.lines_of(moved)
    consumed = HoldConsumed(**_head(), purchase_id=holds.purchase_id, lines=lines)
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
            _row((sku, MAIN, 0)),
            [StockItem.available.set(StockItem.available + quantity)],
            StockItem.pk.exists(),
        )
        for sku, quantity in units.items()
    ]
    back = StockGivenBack(**_head(), purchase_id=purchase_id, cause=cause, units=dict(units))
    return [*writes, outbox.write(back)]


def put(merchant_id: str, sku: str, on_hand: int, actor: str) -> list[Write]:
    """Contribute that so many units are on hand; what is held stays held.

    Refuses `inventory.below_held`, and `request.not_found` for another merchant's stock.
    """
    zero = StockItem.held | 0
    row = _row((sku, MAIN, 0))
    actions = [
        StockItem.available.set(on_hand - zero),
        StockItem.held.set(zero),
        StockItem.announced.set(StockItem.announced | OUT_OF_STOCK),
        StockItem.turn.set(StockItem.turn | 0),
        *_identify(merchant_id, sku),
    ]
    fits = (StockItem.held <= on_hand) & (StockItem.merchant_id == merchant_id)

    def refuse(old: Any) -> Refusal:
        if old is not None and old.merchant_id != merchant_id:
            return NotFound()
        return BelowHeld(f"{int(old.held)} units are held for purchases" if old else "")

    counted = StockPut(**_head(), merchant_id=merchant_id, sku=sku, location=MAIN, on_hand=on_hand)
    return [
        transact.update(row, actions, StockItem.pk.does_not_exist() | fits, refuse=refuse),
        _entry(merchant_id, sku),
        _log(sku, on_hand, actor),
        outbox.write(counted),
    ]


def opening(merchant_id: str, sku: str, on_hand: int) -> list[Write]:
    """Contribute the first count of a new variant; fails where there is a count already."""
    place = stock_key(sku)
    row = StockItem(
        place.pk,
        place.sk,
        sku=sku,
        merchant_id=merchant_id,
        location=MAIN,
        shard=0,
        available=on_hand,
        held=0,
    )
    counted = StockPut(**_head(), merchant_id=merchant_id, sku=sku, location=MAIN, on_hand=on_hand)
    return [
        transact.create(row),
        _entry(merchant_id, sku),
        _log(sku, on_hand, "import"),
        outbox.write(counted),
    ]


def announce(row: StockItem, told: str) -> Write:
    """Contribute what the bus is told in the row's next turn, unless the row is otherwise by then."""
    as_read = StockItem.turn == row.turn
    still = StockItem.available > 0 if told == IN_STOCK else StockItem.available <= 0
    return transact.update(
        StockItem(row.pk, row.sk),
        [StockItem.announced.set(told), StockItem.turn.set(row.turn + 1)],
        as_read & still,
    )


def _take(lines: Sequence[HeldLine], *, into_hold: bool) -> list[Write]:
    writes = []
    for (sku, location, shard), units in summed(lines).items():
        actions = [StockItem.available.set(StockItem.available - units)]
        if into_hold:
            actions.append(StockItem.held.set(StockItem.held + units))

        def refuse(old: Any, sku: str = sku) -> Refusal:
            return StockShort([(sku, available_of(old))])

        writes.append(
            transact.update(
                _row((sku, location, shard)),
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


def _row(place: tuple[str, str, int]) -> StockItem:
    key = stock_key(*place)
    return StockItem(key.pk, key.sk)


def _identify(merchant_id: str, sku: str) -> list[Any]:
    return [
        StockItem.kind.set(StockItem),
        StockItem.sku.set(sku),
        StockItem.merchant_id.set(merchant_id),
        StockItem.location.set(MAIN),
        StockItem.shard.set(0),
    ]


def _entry(merchant_id: str, sku: str) -> Write:
    return transact.put(EntryItem(entries_of(merchant_id), f"SKU#{sku}", sku=sku))


def _log(sku: str, on_hand: int, actor: str) -> Write:
    return transact.create(
        LogItem(
            f"STOCK#{sku}",
            f"LOG#{ids.ulid()}",
            at=clock.iso(clock.now()),
            actor=actor,
            location=MAIN,
            on_hand=on_hand,
        )
    )


def _head() -> dict[str, str]:
    return {"id": ids.ulid(), "occurred_at": clock.iso(clock.now())}
