"""Offers, put where a basket finds them: nobody looks through offers that cannot concern it."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from chalicelib.contexts.promotions.model.offers import TURNS, Lane, Offer, Threshold
from chalicelib.kernel.money import Money

LANES = list(Lane)
NO_THRESHOLD = Threshold()
NONE: list["Card"] = []


class Line(Struct, frozen=True):
    """One variant in a basket. `categories` are its own and those above it; all prices of a basket
    are of one currency.
    """

    sku: str
    product_id: str
    merchant_id: str
    categories: tuple[str, ...]
    quantity: int
    unit_price: Money


class Card(Struct, frozen=True):
    """An offer, with what every quote would ask of it worked out once: the number of its lane,
    whether it combines and is limited, its turn among those that combine, and its threshold.
    """

    offer: Offer
    id: str
    merchant_id: str
    lane_number: int
    combines: bool
    is_limited: bool
    turn: tuple[int, str]
    amount_min: int
    units_min: int


class Reached(Struct, frozen=True):
    """An offer and the places of the lines that it is about, in the order of the lines."""

    card: Card
    offer: Offer
    places: list[int]


class Shelf:
    """Offers by what they name: a product, a category, a merchant's whole range, everything.

    Made once for many quotes. Offers of one id are the same offer.
    """

    def __init__(self, offers: Iterable[Offer]) -> None:
        self._by_product: dict[str, list[Card]] = {}
        self._by_category: dict[str, list[Card]] = {}
        self._by_merchant: dict[str, list[Card]] = {}
        self._everywhere: list[Card] = []
        self._offers = {offer.id: offer for offer in offers}
        for offer in self._offers.values():
            self._put(carded(offer))

    def _put(self, card: Card) -> None:
        offer = card.offer
        for product in offer.products:
            self._by_product.setdefault(product, []).append(card)
        for category in offer.categories:
            self._by_category.setdefault(category, []).append(card)
        if offer.products or offer.categories:
            return
        if offer.merchant_id:
            self._by_merchant.setdefault(offer.merchant_id, []).append(card)
        else:
            self._everywhere.append(card)

    def reached(self, lines: Sequence[Line]) -> list[Reached]:
        """Find the offers that are about any of these lines, and which of them, in no order."""
        found: dict[str, Reached] = {}
        of_merchants: dict[str, list[int]] = {}
        by_product, by_category = self._by_product, self._by_category
        for place, line in enumerate(lines):
            merchant_id = line.merchant_id
            if merchant_id in of_merchants:
                of_merchants[merchant_id].append(place)
            else:
                of_merchants[merchant_id] = [place]
            cards = by_product.get(line.product_id, NONE)
            for category in line.categories:
                if category in by_category:
                    cards = cards + by_category[category]
            if cards:
                _reach(found, cards, merchant_id, place)
        reached = list(found.values())
        for merchant_id, places in of_merchants.items():
            cards = self._by_merchant.get(merchant_id, NONE)
            reached += [Reached(card, card.offer, places) for card in cards]
        everything = list(range(len(lines)))
        if lines:
            reached += [Reached(card, card.offer, everything) for card in self._everywhere]
        return reached

    def concerning(self, merchant_ids: Iterable[str]) -> list[Offer]:
        """List the offers of these merchants and of the platform, for who asks why one did not
        apply: this looks through all of them.
        """
        wanted = {*merchant_ids, ""}
        return [offer for offer in self._offers.values() if offer.merchant_id in wanted]


def carded(offer: Offer) -> Card:
    """Make an offer's card."""
    threshold = offer.threshold or NO_THRESHOLD
    return Card(
        offer=offer,
        id=offer.id,
        merchant_id=offer.merchant_id,
        lane_number=LANES.index(offer.lane),
        combines=offer.lane in offer.combines_with,
        is_limited=offer.quota is not None or offer.per_member is not None,
        turn=(TURNS[offer.kind], offer.id),
        amount_min=threshold.amount,
        units_min=threshold.quantity,
    )


def _reach(found: dict[str, Reached], cards: Iterable[Card], merchant_id: str, place: int) -> None:
    for card in cards:
        if card.merchant_id and card.merchant_id != merchant_id:
            continue
        reached = found.get(card.id)
        if reached is None:
            found[card.id] = Reached(card, card.offer, [place])
        elif reached.places[-1] != place:
            reached.places.append(place)
