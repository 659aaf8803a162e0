"""Rows of the inventory table and where they lie."""

from collections.abc import Sequence
from typing import Any

from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws.reads import Key
from chalicelib.aws.tables import DocumentAttribute, Item
from chalicelib.contexts.inventory.model import (
    MAIN,
    HeldLine,
    Holds,
    HoldState,
    Stock,
)
from chalicelib.kernel import clock, ids

IN_STOCK, OUT_OF_STOCK = "in", "out"


class InventoryItem(Item):
    class Meta:
        room = "inventory"

    kind = DiscriminatorAttribute()


class StockItem(InventoryItem, discriminator="STOCK"):
    """One stock record: a location's units, or one shard of them.

    Shard 0 speaks for its location: `shards` is how many there are, `announced` what the bus was
    last told of their sum, in its `turn`: `in` or `out`.
    """

    sku = UnicodeAttribute()
    merchant_id = UnicodeAttribute()
    location = UnicodeAttribute()
    shard = NumberAttribute()
    available = NumberAttribute()
    held = NumberAttribute()
    shards = NumberAttribute(default=1)
    announced = UnicodeAttribute(default=OUT_OF_STOCK)
    turn = NumberAttribute(default=0)


class EntryItem(InventoryItem, discriminator="ENTRY"):
    """A sku in the list of its merchant. Apart from the stock row, so that a hold writes no list."""

    sku = UnicodeAttribute()


class LogItem(InventoryItem, discriminator="LOG"):
    """A count that somebody put, or over how many rows somebody spread it."""

    at = UnicodeAttribute()
    actor = UnicodeAttribute()
    location = UnicodeAttribute()
    on_hand = NumberAttribute(null=True)
    shards = NumberAttribute(null=True)


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


def shard_keys(sku: str, shards: int, *, first: int = 0) -> list[Key]:
    """Where the shards of a sku lie, from `first` on."""
    return [stock_key(sku, MAIN, shard) for shard in range(first, shards)]


def available_of(row: Any) -> int:
    """How many units of one stock row are free; none where there is no row."""
    return int(row.available) if row is not None else 0


def shards_of(row: Any) -> int:
    """Over how many rows the stock lies for which this row of shard 0 speaks."""
    return int(row.shards) if row is not None else 1


def stock_of(rows: Sequence[Any]) -> Stock:
    """Sum the shards of one sku, shard 0 first."""
    return Stock(
        rows[0].sku,
        rows[0].location,
        sum(int(row.available) for row in rows),
        sum(int(row.held) for row in rows),
    )


def holds_of(row: Any) -> Holds:
    return Holds(row.pk.removeprefix("HOLDS#"), row.states, row.lines, int(row.version))


def stock_row(place: tuple[str, str, int]) -> StockItem:
    """A stock row's keys alone, to be updated."""
    key = stock_key(*place)
    return StockItem(key.pk, key.sk)


def head() -> dict[str, str]:
    """The id and time of a fact that is true with this write."""
    return {"id": ids.ulid(), "occurred_at": clock.iso(clock.now())}
