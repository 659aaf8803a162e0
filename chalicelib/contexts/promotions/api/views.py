"""What offers take off, as JSON."""

from collections.abc import Iterable

import msgspec

from chalicelib.contexts.promotions.api.bodies import (
    ThresholdView,
    Value,
    threshold_view,
    value_view,
)
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.offers import Kind, Lane
from chalicelib.contexts.promotions.model.quotes import Adjustment
from chalicelib.kernel import clock
from chalicelib.kernel.money import Money


class AdjustmentView(msgspec.Struct):
    """What an offer took off: a negative amount, and who pays for it: `merchant`, `platform` or
    `shared`.
    """

    offer: str
    label: str
    amount: Money
    funder: str


class ShownOffer(msgspec.Struct):
    """An offer for anybody that runs, as shoppers read it. Of one that is `limited` nothing may be left.
    A `merchant_id` of "" is the platform.
    """

    id: str
    merchant_id: str
    title: str
    kind: Kind
    value: Value
    threshold: ThresholdView | None
    lane: Lane
    ends_at: str
    limited: bool


def shown_offer(standing: Standing, locale: str) -> ShownOffer:
    """Show an offer to shoppers."""
    offer = standing.offer
    return ShownOffer(
        id=offer.id,
        merchant_id=offer.merchant_id,
        title=offer.titles[locale],
        kind=offer.kind,
        value=value_view(offer),
        threshold=threshold_view(offer.threshold, offer.currency),
        lane=offer.lane,
        ends_at=clock.iso(offer.ends_at),
        limited=offer.quota is not None,
    )


def adjustment_views(adjustments: Iterable[Adjustment], locale: str) -> list[AdjustmentView]:
    """Show adjustments in a language."""
    return [
        AdjustmentView(one.offer, one.titles[locale], one.amount, one.funder) for one in adjustments
    ]
