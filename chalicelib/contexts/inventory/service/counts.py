"""Counts: merchants put and read them, an import opens them, the operator spreads them."""

from collections.abc import Mapping

from chalicelib.aws import reads, retries, transact
from chalicelib.contexts.inventory import model, store
from chalicelib.contexts.inventory.model import MAIN, Stock, StockSpread
from chalicelib.contexts.inventory.service import shelves
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Busy, NotFound
from chalicelib.kernel.paging import PAGE_SIZE, Page

OPENINGS_MAX = 20


def get_stock(actor: Actor, sku: str, location: str = MAIN) -> Stock:
    """Read the stock of one of the merchant's own skus; zero where none was ever put.

    That the sku is a variant of this merchant is the caller's to know (the catalogue's); a row of
    another merchant shows as none.
    """
    merchant_id = actor.for_merchant()
    model.checked_location(location)
    rows = shelves.stock_rows(sku)
    is_own = bool(rows) and rows[0].merchant_id == merchant_id
    return shelves.stock_in(sku, rows if is_own else [])


def put_stock(actor: Actor, sku: str, on_hand: int, location: str = MAIN) -> Stock:
    """Say how many units are on hand; in force at once. What is held stays held.

    Refuses `inventory.below_held`, `inventory.unknown_location`, and `request.not_found` for
    another merchant's stock.
    """
    merchant_id = actor.for_merchant()
    model.checked_location(location)
    count, who = model.checked_on_hand(on_hand), f"{actor.kind}:{actor.id}"
    try:
        transact.commit(store.put(merchant_id, sku, count, who))
    except StockSpread:
        _put_over_shards(sku, count, who)
    return get_stock(actor, sku, location)


def list_stock(actor: Actor, *, limit: int = PAGE_SIZE, cursor: str = "") -> Page[Stock]:
    """List the merchant's stock by sku. Two round trips, three where some of it is spread."""
    merchant_id = actor.for_merchant()
    entries = reads.page(
        store.EntryItem,
        store.entries_of(merchant_id),
        scope=f"stock {merchant_id}",
        limit=limit,
        cursor=cursor,
        begins_with="SKU#",
    )
    skus = [entry.sku for entry in entries.items]
    firsts = dict(zip(skus, reads.batch(shelves.level_keys(skus)), strict=True))
    counted = {sku: row for sku, row in firsts.items() if row is not None}
    stock = [shelves.stock_in(sku, rows) for sku, rows in shelves.all_shards(counted).items()]
    return Page(stock, entries.next_cursor)


def open_stock(merchant_id: str, units: Mapping[str, int]) -> None:
    """Give new variants (sku -> units) their first count; a sku that has one keeps it.

    Twenty variants a transaction; half of them done is taken up again by a repetition.
    """
    counts = [(sku, model.checked_on_hand(quantity)) for sku, quantity in units.items()]
    for start in range(0, len(counts), OPENINGS_MAX):
        _open_some(merchant_id, dict(counts[start : start + OPENINGS_MAX]))


def spread(actor: Actor, sku: str, shards: int) -> Stock:
    """Spread a sku that many want at once over several rows, so that it is not one hot row.

    For the platform and the operator. Nothing is counted anew: free units are moved. Refuses
    `request.not_found` for a sku without stock, `request.malformed` for fewer rows than it has.
    """
    actor.as_platform()
    for attempt in range(retries.ROUNDS_MAX):
        rows = shelves.stock_rows(sku)
        if not rows:
            raise NotFound
        if model.checked_shards(shards, len(rows)) == len(rows):
            return shelves.stock_in(sku, rows)
        try:
            transact.commit(store.spread(rows, shards, f"{actor.kind}:{actor.id}"))
        except transact.ConditionFailed:
            retries.pause(attempt)
    raise Busy


def _put_over_shards(sku: str, on_hand: int, who: str) -> None:
    for attempt in range(retries.ROUNDS_MAX):
        try:
            transact.commit(store.put_over_shards(shelves.stock_rows(sku), on_hand, who))
        except transact.ConditionFailed:
            retries.pause(attempt)
        else:
            return
    raise Busy


def _open_some(merchant_id: str, counts: Mapping[str, int]) -> None:
    for attempt in range(retries.ROUNDS_MAX):
        rows = reads.batch(shelves.level_keys(counts))
        new = [sku for sku, row in zip(counts, rows, strict=True) if row is None]
        if not new:
            return
        try:
            transact.commit(
                [w for sku in new for w in store.opening(merchant_id, sku, counts[sku])]
            )
        except transact.ConditionFailed:
            retries.pause(attempt)
        else:
            return
    raise Busy
