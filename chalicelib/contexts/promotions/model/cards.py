"""An offer's card: what every quote would ask of the offer, worked out once."""

from msgspec import Struct

from chalicelib.contexts.promotions.model.offers import (
    BPS_ALL,
    EVERYBODY,
    TURNS,
    Audience,
    Kind,
    Lane,
    Offer,
    Threshold,
)
from chalicelib.contexts.promotions.model.reckoning import OFF_LINES, OFF_SUM, OffLines, OffSum

LANES = list(Lane)
NO_THRESHOLD = Threshold()


class Card(Struct, frozen=True):
    """An offer with the number of its lane, how it reckons, whether it combines and is limited, its
    turn among those that combine, and its threshold. No audience is everybody.
    """

    offer: Offer
    id: str
    titles: dict[str, str]
    merchant_id: str
    lane_number: int
    off_lines: OffLines
    off_sum: OffSum
    audience: Audience | None
    is_gift: bool
    is_merchants: bool
    combines: bool
    is_limited: bool
    turn: tuple[int, str]
    amount_min: int
    units_min: int


class Reached(Struct, frozen=True, gc=False):
    """An offer and the places of the lines that it is about, in the order of the lines."""

    card: Card
    offer: Offer
    places: list[int]


def carded(offer: Offer) -> Card:
    """Make an offer's card."""
    threshold = offer.threshold or NO_THRESHOLD
    return Card(
        offer=offer,
        id=offer.id,
        titles=offer.titles,
        merchant_id=offer.merchant_id,
        lane_number=LANES.index(offer.lane),
        off_lines=OFF_LINES[offer.kind],
        off_sum=OFF_SUM[offer.kind],
        audience=None if offer.audience == EVERYBODY else offer.audience,
        is_gift=offer.kind is Kind.GIFT,
        is_merchants=offer.merchant_bps == BPS_ALL,
        combines=offer.lane in offer.combines_with,
        is_limited=offer.quota is not None or offer.per_member is not None,
        turn=(TURNS[offer.kind], offer.id),
        amount_min=threshold.amount,
        units_min=threshold.quantity,
    )
