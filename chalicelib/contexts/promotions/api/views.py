"""What offers take off, as JSON."""

from collections.abc import Iterable

import msgspec

from chalicelib.contexts.promotions.model.quotes import Adjustment
from chalicelib.kernel.money import Money


class AdjustmentView(msgspec.Struct):
    """What an offer took off: a negative amount, and who pays for it: `merchant`, `platform` or
    `shared`.
    """

    offer: str
    label: str
    amount: Money
    funder: str


def adjustment_views(adjustments: Iterable[Adjustment], locale: str) -> list[AdjustmentView]:
    """Show adjustments in a language."""
    return [
        AdjustmentView(one.offer, one.titles[locale], one.amount, one.funder) for one in adjustments
    ]
