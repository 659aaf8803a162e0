"""Use cases of inventory: counts, holds over shards, and what listeners are told."""

from chalicelib.contexts.inventory.service.counts import (
    get_stock,
    list_stock,
    open_stock,
    put_stock,
    spread,
)
from chalicelib.contexts.inventory.service.holds import hold, hold_again
from chalicelib.contexts.inventory.service.shelves import level_keys, levels
from chalicelib.contexts.inventory.service.telling import announce

__all__ = [
    "announce",
    "get_stock",
    "hold",
    "hold_again",
    "level_keys",
    "levels",
    "list_stock",
    "open_stock",
    "put_stock",
    "spread",
]
