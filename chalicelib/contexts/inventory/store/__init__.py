"""Rows of the inventory table, and the writes that rooms above contribute with them.

A condition of DynamoDB compares and cannot add, so a row keeps what is left (`available`) and what
is set aside (`held`); what is on hand is their sum and never stored.
"""

from chalicelib.contexts.inventory.store.counts import (
    announce,
    opening,
    put,
    put_over_shards,
    spread,
)
from chalicelib.contexts.inventory.store.holds import (
    consume,
    give_back,
    hold,
    hold_again,
    release,
)
from chalicelib.contexts.inventory.store.rows import (
    IN_STOCK,
    OUT_OF_STOCK,
    DoneItem,
    EntryItem,
    HoldsItem,
    InventoryItem,
    LogItem,
    StockItem,
    available_of,
    entries_of,
    holds_key,
    holds_of,
    shard_keys,
    shards_of,
    stock_key,
    stock_of,
)

__all__ = [
    "IN_STOCK",
    "OUT_OF_STOCK",
    "DoneItem",
    "EntryItem",
    "HoldsItem",
    "InventoryItem",
    "LogItem",
    "StockItem",
    "announce",
    "available_of",
    "consume",
    "entries_of",
    "give_back",
    "hold",
    "hold_again",
    "holds_key",
    "holds_of",
    "opening",
    "put",
    "put_over_shards",
    "release",
    "shard_keys",
    "shards_of",
    "spread",
    "stock_key",
    "stock_of",
]
