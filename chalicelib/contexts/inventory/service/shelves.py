"""How much is free, wherever it lies.

Stock lies in one row until it is spread over shards; row 0 says over how many. Whoever reads rows
learns that, and the function remembers it for a minute, so that buyers start at different shards.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.aws import reads
from chalicelib.aws.settings import Settings, settings
from chalicelib.contexts.inventory import store
from chalicelib.contexts.inventory.model import MAIN, Stock
from chalicelib.kernel import clock

REMEMBERED_S = 60
REMEMBERED_MAX = 1_000

_spread: dict[str, tuple[Settings, datetime, int]] = {}


def level_keys(skus: Iterable[str]) -> list[reads.Key]:
    """Where the stock of some skus lies, for reading it together with other rows."""
    return [store.stock_key(sku) for sku in skus]


def levels(skus: Iterable[str], rows: Iterable[Any]) -> dict[str, int]:
    """How many units of each sku are free, from the rows read at `level_keys`.

    One more round trip where some of them are spread over shards.
    """
    firsts = dict(zip(skus, rows, strict=True))
    return {sku: sum(map(store.available_of, of_sku)) for sku, of_sku in all_shards(firsts).items()}


def all_shards(firsts: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Complete the rows of shard 0 by the others': sku -> rows, shard 0 first."""
    found = {sku: [row] for sku, row in firsts.items()}
    spread = {sku: store.shards_of(row) for sku, row in firsts.items() if store.shards_of(row) > 1}
    for sku, shards in spread.items():
        remember(sku, shards)
    keys = {sku: store.shard_keys(sku, shards, first=1) for sku, shards in spread.items()}
    others = iter(reads.batch([key for some in keys.values() for key in some]))
    for sku, some in keys.items():
        found[sku] += [next(others) for _ in some]
    return found


def stock_rows(sku: str) -> list[Any]:
    """Read every row of a sku; empty where it was never counted. One or two round trips."""
    place = store.stock_key(sku)
    row = reads.get(store.StockItem, place.pk, place.sk)
    return [] if row is None else all_shards({sku: row})[sku]


def stock_in(sku: str, rows: Sequence[Any]) -> Stock:
    return store.stock_of(rows) if rows else Stock.none(sku, MAIN)


def remember(sku: str, shards: int) -> None:
    """Keep in mind over how many shards a sku is spread."""
    if len(_spread) >= REMEMBERED_MAX:
        _spread.clear()
    _spread[sku] = (settings(), clock.now(), shards)


def remembered(sku: str) -> int:
    """Over how many shards a sku is spread, as far as this function knows."""
    known = _spread.get(sku)
    if known is None or known[0] is not settings():
        return 1
    return known[2] if clock.now() < clock.later(known[1], REMEMBERED_S) else 1
