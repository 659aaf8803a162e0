"""Use cases of inventory: counts that merchants put and read, and what listeners are told."""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.aws import outbox, reads, transact
from chalicelib.aws.transact import Write
from chalicelib.aws.worker import done
from chalicelib.contexts.inventory import model, store
from chalicelib.contexts.inventory.facts import StockCameBack, StockRanOut
from chalicelib.contexts.inventory.model import MAIN, Stock
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Busy
from chalicelib.kernel.facts import Fact
from chalicelib.kernel.paging import PAGE_SIZE, Page

CONSUMER = "inventory_levels"
ATTEMPTS_MAX = 8
OPENINGS_MAX = 20


def get_stock(actor: Actor, sku: str, location: str = MAIN) -> Stock:
    """Read the stock of one of the merchant's own skus; zero where none was ever put.

    That the sku is a variant of this merchant is the caller's to know (the catalogue's); a row of
    another merchant shows as none.
    """
    merchant_id = actor.for_merchant()
    place = store.stock_key(sku, model.checked_location(location))
    row = reads.get(store.StockItem, place.pk, place.sk)
    if row is None or row.merchant_id != merchant_id:
        return Stock.none(sku, location)
    return store.stock_of(row)


def put_stock(actor: Actor, sku: str, on_hand: int, location: str = MAIN) -> Stock:
    """Say how many units are on hand; in force at once. What is held stays held.

    Refuses `inventory.below_held`, `inventory.unknown_location`, and `request.not_found` for
    another merchant's stock.
    """
    merchant_id = actor.for_merchant()
    model.checked_location(location)
    count = model.checked_on_hand(on_hand)
    transact.commit(store.put(merchant_id, sku, count, f"{actor.kind}:{actor.id}"))
    return get_stock(actor, sku, location)


def list_stock(actor: Actor, *, limit: int = PAGE_SIZE, cursor: str = "") -> Page[Stock]:
    """List the merchant's stock by sku. Two round trips."""
    merchant_id = actor.for_merchant()
    entries = reads.page(
        store.EntryItem,
        store.entries_of(merchant_id),
        scope=f"stock {merchant_id}",
        limit=limit,
        cursor=cursor,
        begins_with="SKU#",
    )
    rows = reads.batch([store.stock_key(entry.sku) for entry in entries.items])
    return Page([store.stock_of(row) for row in rows if row is not None], entries.next_cursor)


def level_keys(skus: Iterable[str]) -> list[reads.Key]:
    """Where the stock of some skus lies, for reading it together with other rows."""
    return [store.stock_key(sku) for sku in skus]


def levels(skus: Iterable[str], rows: Iterable[Any]) -> dict[str, int]:
    """How many units of each sku are free, from the rows read at `level_keys`."""
    return {sku: store.available_of(row) for sku, row in zip(skus, rows, strict=True)}


def open_stock(merchant_id: str, units: Mapping[str, int]) -> None:
    """Give new variants (sku -> units) their first count; a sku that has one keeps it.

    Twenty variants a transaction; half of them done is taken up again by a repetition.
    """
    counts = [(sku, model.checked_on_hand(quantity)) for sku, quantity in units.items()]
    for start in range(0, len(counts), OPENINGS_MAX):
        _open_some(merchant_id, dict(counts[start : start + OPENINGS_MAX]))


def announce(fact: Fact, skus: Iterable[str]) -> None:
    """Tell the bus which of a fact's skus ran out or came back, each change once."""
    wanted = list(dict.fromkeys(skus))
    for attempt in range(ATTEMPTS_MAX):
        writes = _changes(reads.batch([store.stock_key(sku) for sku in wanted]))
        if not writes:
            return
        try:
            transact.commit([done(store.DoneItem, CONSUMER, fact), *writes])
        except transact.ConditionFailed as failed:
            if failed.position == 0:
                raise
            transact.pause(attempt)
        else:
            return
    raise Busy


def _open_some(merchant_id: str, counts: Mapping[str, int]) -> None:
    for attempt in range(ATTEMPTS_MAX):
        rows = reads.batch([store.stock_key(sku) for sku in counts])
        new = [sku for sku, row in zip(counts, rows, strict=True) if row is None]
        if not new:
            return
        try:
            transact.commit(
                [w for sku in new for w in store.opening(merchant_id, sku, counts[sku])]
            )
        except transact.ConditionFailed:
            transact.pause(attempt)
        else:
            return
    raise Busy


def _changes(rows: Iterable[store.StockItem | None]) -> list[Write]:
    writes: list[Write] = []
    for row in rows:
        if row is None:
            continue
        told = store.IN_STOCK if store.available_of(row) > 0 else store.OUT_OF_STOCK
        if told == row.announced:
            continue
        kind = StockCameBack if told == store.IN_STOCK else StockRanOut
        fact = kind(
            id=ids.ulid(),
            occurred_at=clock.iso(clock.now()),
            merchant_id=row.merchant_id,
            sku=row.sku,
            turn=int(row.turn) + 1,
        )
        writes += [store.announce(row, told), outbox.write(fact)]
    return writes
