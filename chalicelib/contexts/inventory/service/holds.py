"""Holding units that may lie over shards: start at home, look at all before saying no."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from chalicelib.aws import reads, retries
from chalicelib.aws.transact import Write
from chalicelib.contexts.inventory import store
from chalicelib.contexts.inventory.model import (
    Holds,
    HoldState,
    Places,
    StockShort,
    total_units,
)
from chalicelib.contexts.inventory.service import shelves
from chalicelib.kernel.errors import Busy
from chalicelib.kernel.shards import choose, home_shard

T = TypeVar("T")


def hold(
    purchase_id: str,
    orders: Mapping[str, Mapping[str, int]],
    commit: Callable[[list[Write]], T],
) -> T:
    """Set units aside for a new purchase: `orders` is order id -> sku -> units.

    `commit(writes)` commits the holds' writes together with the caller's own and is called again,
    with other writes, when a shard had too few but all together may have enough. Refuses
    `inventory.stock_short` naming every sku that is short: no read before, where no sku is spread.
    """
    wanted = total_units(orders)
    return _persist(
        purchase_id, wanted, lambda places: commit(store.hold(purchase_id, orders, places))
    )


def hold_again(holds: Holds, commit: Callable[[list[Write]], T]) -> T:
    """Take the stock of an expired purchase again, for money that came late; see `hold`."""
    wanted = total_units(holds.units_of(holds.orders_in(HoldState.EXPIRED)))
    return _persist(
        holds.purchase_id, wanted, lambda places: commit(store.hold_again(holds, places))
    )


def _persist(purchase_id: str, wanted: Mapping[str, int], attempt: Callable[[Places], T]) -> T:
    places: Places = {
        sku: [(home_shard(purchase_id, shelves.remembered(sku)), units)]
        for sku, units in wanted.items()
    }
    for number in range(retries.ROUNDS_MAX):
        try:
            return attempt(places)
        except StockShort as short:
            if not short.spread:
                raise
            places = _replaced(purchase_id, wanted)
        if number:
            retries.pause(number)
    raise Busy


def _replaced(purchase_id: str, wanted: Mapping[str, int]) -> Places:
    """Choose shards by what they hold now. Refuses `inventory.stock_short` for the sum."""
    firsts = dict(zip(wanted, reads.batch(shelves.level_keys(wanted)), strict=True))
    places: dict[str, list[tuple[int, int]]] = {}
    short = []
    for sku, rows in shelves.all_shards(firsts).items():
        free = [store.available_of(row) for row in rows]
        parts = choose(wanted[sku], free, home_shard(purchase_id, len(free)))
        if parts is None:
            short.append((sku, sum(free)))
        else:
            places[sku] = parts
    if short:
        raise StockShort(short)
    return places
