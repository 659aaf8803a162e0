"""Offers, put where a basket finds them: nobody looks through offers that cannot concern it."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from chalicelib.contexts.promotions.model.offers import Offer


class Line(Struct, frozen=True):
    """One variant in a basket. `categories` are its own and those above it."""

    sku: str
    product_id: str
    merchant_id: str
    categories: tuple[str, ...]
    quantity: int
    unit_price: int


class Reached(Struct, frozen=True):
    """An offer and the places of the lines that it is about, in the order of the lines."""

    offer: Offer
    places: list[int]


class Shelf:
    """Offers by what they name: a product, a category, a merchant's whole range, everything.

    Made once for many quotes. Offers of one id are the same offer.
    """

    def __init__(self, offers: Iterable[Offer]) -> None:
        self._by_product: dict[str, list[Offer]] = {}
        self._by_category: dict[str, list[Offer]] = {}
        self._by_merchant: dict[str, list[Offer]] = {}
        self._everywhere: list[Offer] = []
        self._offers = {offer.id: offer for offer in offers}
        for offer in self._offers.values():
            self._put(offer)

    def _put(self, offer: Offer) -> None:
        for product in offer.products:
            self._by_product.setdefault(product, []).append(offer)
        for category in offer.categories:
            self._by_category.setdefault(category, []).append(offer)
        if offer.products or offer.categories:
            return
        if offer.merchant_id:
            self._by_merchant.setdefault(offer.merchant_id, []).append(offer)
        else:
            self._everywhere.append(offer)

    def reached(self, lines: Sequence[Line]) -> list[Reached]:
        """Find the offers that are about any of these lines, and which of them, in no order."""
        found: dict[str, Reached] = {}
        of_merchants: dict[str, list[int]] = {}
        for place, line in enumerate(lines):
            of_merchants.setdefault(line.merchant_id, []).append(place)
            self._reach(found, self._by_product.get(line.product_id, ()), line, place)
            for category in line.categories:
                self._reach(found, self._by_category.get(category, ()), line, place)
        whole = [
            Reached(offer, places)
            for merchant_id, places in of_merchants.items()
            for offer in self._by_merchant.get(merchant_id, ())
        ]
        everything = list(range(len(lines)))
        whole += [Reached(offer, everything) for offer in self._everywhere if lines]
        return [*found.values(), *whole]

    def concerning(self, merchant_ids: Iterable[str]) -> list[Offer]:
        """List the offers of these merchants and of the platform, for who asks why one did not
        apply: this looks through all of them.
        """
        wanted = {*merchant_ids, ""}
        return [offer for offer in self._offers.values() if offer.merchant_id in wanted]

    @staticmethod
    def _reach(found: dict[str, Reached], offers: Iterable[Offer], line: Line, place: int) -> None:
        for offer in offers:
            if offer.merchant_id and offer.merchant_id != line.merchant_id:
                continue
            reached = found.get(offer.id)
            if reached is None:
                found[offer.id] = Reached(offer, [place])
            elif reached.places[-1] != place:
                reached.places.append(place)
