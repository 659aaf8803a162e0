"""Offers, put where a basket finds them: nobody looks through offers that cannot concern it."""

from collections.abc import Iterable, Sequence

from chalicelib.contexts.promotions.model.cards import Card, Reached, carded
from chalicelib.contexts.promotions.model.lines import Line
from chalicelib.contexts.promotions.model.offers import Offer

__all__ = ["Line", "Shelf"]

PLATFORM = ""
NONE: list[Card] = []


class Shelf:
    """Offers by what they name: a variant, a product, a category, some merchants' or one's whole range,
    all. Under each name they lie by merchant, and the platform's beside each of these.

    Made once for many quotes. Offers of one id are the same offer.
    """

    def __init__(self, offers: Iterable[Offer]) -> None:
        self._by_sku: dict[str, dict[str, list[Card]]] = {}
        self._by_product: dict[str, dict[str, list[Card]]] = {}
        self._by_category: dict[str, dict[str, list[Card]]] = {}
        self._by_seller: dict[str, list[Card]] = {}
        self._by_merchant: dict[str, list[Card]] = {}
        self._offers = {offer.id: offer for offer in offers}
        # The platform's come last, when all merchants that they lie beside are there.
        for offer in sorted(self._offers.values(), key=_is_platforms):
            self._put(carded(offer))

    def _put(self, card: Card) -> None:
        offer = card.offer
        products, skus, is_wide = _names(offer)
        if is_wide:
            self._by_merchant.setdefault(card.merchant_id, []).append(card)
            return
        for sku in skus:
            _lay(self._by_sku.setdefault(sku, {}), card)
        for product in products:
            _lay(self._by_product.setdefault(product, {}), card)
        for category in offer.categories:
            _lay(self._by_category.setdefault(category, {}), card)
        for seller in offer.merchants:
            self._by_seller.setdefault(seller, []).append(card)

    def reached(self, lines: Sequence[Line]) -> list[Reached]:
        """Find the offers that are about any of these lines, and which of them, in no order."""
        found: dict[str, Reached] = {}
        of_merchants: dict[str, list[int]] = {}
        by_sku, by_product, by_category = self._by_sku, self._by_product, self._by_category
        for place, line in enumerate(lines):
            merchant_id = line.merchant_id
            if merchant_id in of_merchants:
                of_merchants[merchant_id].append(place)
            else:
                of_merchants[merchant_id] = [place]
            cards = NONE
            if line.product_id in by_product:
                named = by_product[line.product_id]
                cards = named.get(merchant_id) or named.get(PLATFORM, NONE)
            if by_sku and line.sku in by_sku:
                named = by_sku[line.sku]
                cards = cards + (named.get(merchant_id) or named.get(PLATFORM, NONE))
            for category in line.categories:
                if category in by_category:
                    named = by_category[category]
                    cards = cards + (named.get(merchant_id) or named.get(PLATFORM, NONE))
            for card in cards:
                name = card.id
                if name not in found:
                    found[name] = Reached(card, card.offer, [place])
                elif found[name].places[-1] != place:
                    found[name].places.append(place)
        self._add_of_sellers(found, of_merchants)
        return [*found.values(), *self._of_ranges(of_merchants, len(lines))]

    def _add_of_sellers(
        self, found: dict[str, Reached], of_merchants: dict[str, list[int]]
    ) -> None:
        """Add the lines of merchants that an offer names to what it names besides."""
        for merchant_id, places in of_merchants.items():
            for card in self._by_seller.get(merchant_id, NONE):
                known = found[card.id].places if card.id in found else []
                found[card.id] = Reached(card, card.offer, sorted({*known, *places}))

    def _of_ranges(self, of_merchants: dict[str, list[int]], lines: int) -> list[Reached]:
        """Find what is about whole ranges: of these merchants at these places, and of everybody."""
        ranges = self._by_merchant
        reached = [
            Reached(card, card.offer, places)
            for merchant_id, places in of_merchants.items()
            for card in ranges.get(merchant_id, NONE)
        ]
        everywhere = ranges.get(PLATFORM, NONE) if lines else NONE
        everything = list(range(lines))
        return reached + [Reached(card, card.offer, everything) for card in everywhere]

    def concerning(self, merchant_ids: Iterable[str]) -> list[Offer]:
        """List the offers of these merchants and of the platform, for who asks why one did not
        apply: this looks through all of them.
        """
        wanted = {*merchant_ids, PLATFORM}
        return [offer for offer in self._offers.values() if offer.merchant_id in wanted]


def _names(offer: Offer) -> tuple[set[str], set[str], bool]:
    """The products and variants that an offer names, and whether it is about a whole range."""
    parts = offer.bundle
    products = {*offer.products, *(part.product_id for part in parts if part.product_id)}
    skus = {part.sku for part in parts if part.sku}
    takes_all = not parts or any(not part.sku and not part.product_id for part in parts)
    names = offer.products or offer.categories or offer.merchants
    return products, skus, takes_all and not names


def _is_platforms(offer: Offer) -> bool:
    return offer.merchant_id == PLATFORM


def _lay(named: dict[str, list[Card]], card: Card) -> None:
    """Lay a card under a name: for its merchant, or for everybody if it is the platform's."""
    named.setdefault(card.merchant_id, []).append(card)
    if card.merchant_id == PLATFORM:
        for merchant_id, cards in named.items():
            if merchant_id != PLATFORM:
                cards.append(card)
