"""What stands on the shelves, product by product: for feeds and sitemaps, from the listing's rows."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from chalicelib.contexts.catalog.model.listing import ALL, Card, Order, list_pk
from chalicelib.contexts.catalog.store import listing as store

ROWS = 500


class Placed(Struct, frozen=True):
    """A listed product and since when it is there (RFC 3339)."""

    card: Card
    since: str


def newest(limit: int) -> list[Placed]:
    """The newest products: one round trip."""
    place = list_pk(ALL, Order.NEWEST)
    rows, _ = store.cards(place, limit=limit, forward=False, is_whole=False)
    return [_placed(row) for row in rows]


def oldest_first() -> Iterator[Placed]:
    """Every listed product, read page by page of the one partition that holds them all."""
    after = ""
    while True:
        rows, after = store.cards(
            list_pk(ALL, Order.NEWEST), limit=ROWS, after=after, is_whole=False
        )
        yield from map(_placed, rows)
        if not after:
            return


def _placed(row: store.FoundRow) -> Placed:
    """A row's sort key is the time the product was made, and its code."""
    return Placed(msgspec.json.decode(row.card, type=Card), row.sk.rpartition("#")[0])
