"""Rows of the promotions table, and the writes that it contributes to others' transactions."""

from chalicelib.contexts.promotions.store.limits import give_back, take, take_again
from chalicelib.contexts.promotions.store.offers import (
    board,
    change,
    post,
    quota_rows,
    standing,
    standings,
)
from chalicelib.contexts.promotions.store.rows import (
    BoardItem,
    HadItem,
    OfferItem,
    PromotionsItem,
    QuotaItem,
    UsesItem,
    board_key,
    board_of,
    had_key,
    had_of,
    quota_key,
    uses_key,
    uses_of,
)

__all__ = [
    "BoardItem",
    "HadItem",
    "OfferItem",
    "PromotionsItem",
    "QuotaItem",
    "UsesItem",
    "board",
    "board_key",
    "board_of",
    "change",
    "give_back",
    "had_key",
    "had_of",
    "post",
    "quota_key",
    "quota_rows",
    "standing",
    "standings",
    "take",
    "take_again",
    "uses_key",
    "uses_of",
]
