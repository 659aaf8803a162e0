"""What promotions know at the moment a cart is priced, and what a purchase then uses of them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from chalicelib.contexts.catalog.model import SkuCopy
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.engine import quote
from chalicelib.contexts.promotions.model.offers import Lane, Offer
from chalicelib.contexts.promotions.model.quotes import Basket, Moment, Quote, Shopper
from chalicelib.contexts.promotions.model.shelf import Line, Shelf
from chalicelib.contexts.promotions.model.uses import Count, Counts, Use, Uses
from chalicelib.kernel.clock import epoch
from chalicelib.kernel.shards import choose, home_shard

NOT_COUNTED = Count()
HAD_KEPT_S = 90 * 86_400
"""How long after its end it is remembered who had how much of an offer."""


class Deal:
    """The offers that may concern a cart, now; `counts` is what is known of their limits.

    What was not counted counts as unused: the conditions of a checkout decide.
    """

    def __init__(
        self,
        standings: Iterable[Standing],
        now: datetime,
        *,
        counts: Counts | None = None,
    ) -> None:
        self.now = now
        self.standings = {one.offer.id: one for one in standings if one.may_run(now)}
        self.counts = counts or {}
        self._shelf: Shelf | None = None

    @property
    def offers(self) -> list[Offer]:
        """All that may concern the cart."""
        return [one.offer for one in self.standings.values()]

    @property
    def is_empty(self) -> bool:
        """Whether nothing can change any price."""
        return not self.standings

    @property
    def is_counted(self) -> bool:
        """Whether it was looked up how limits stand."""
        return bool(self.counts)

    @property
    def names_categories(self) -> bool:
        """Whether it matters in which categories things are."""
        return any(offer.categories for offer in self.offers)

    @property
    def has_free_shipping(self) -> bool:
        """Whether delivery may cost less than it says."""
        return any(offer.lane is Lane.SHIPPING for offer in self.offers)

    @property
    def shelf(self) -> Shelf:
        """The offers where a basket finds them."""
        if self._shelf is None:
            self._shelf = Shelf(self.offers)
        return self._shelf

    def with_counts(self, counts: Counts) -> "Deal":
        """The same deal, knowing more of its limits."""
        return Deal(self.standings.values(), self.now, counts={**self.counts, **counts})

    def gift_of(self, offer_id: str) -> SkuCopy | None:
        """The variant that an offer gives."""
        standing = self.standings.get(offer_id)
        return standing.gift if standing else None

    def without(self, offer_ids: Collection[str]) -> "Deal":
        """The same deal without some offers."""
        left = [one for one in self.standings.values() if one.offer.id not in offer_ids]
        counts = {key: count for key, count in self.counts.items() if key not in offer_ids}
        return Deal(left, self.now, counts=counts)

    def limited(self, lines: Iterable[Line]) -> list[Standing]:
        """The offers with a limit that are about any of these lines."""
        reached = self.shelf.reached(list(lines))
        return [self.standings[one.card.id] for one in reached if one.card.is_limited]

    def quote(self, basket: Basket) -> Quote:
        """Price a basket."""
        used = {
            offer_id: (self.standings[offer_id].offer.quota or 0) - sum(count.left)
            for offer_id, count in self.counts.items()
            if self.standings[offer_id].offer.quota is not None
        }
        had = {offer_id: count.had for offer_id, count in self.counts.items()}
        return quote(basket, self.shelf, Moment(self.now, used), Shopper(uses=had))

    def uses(self, used: Mapping[str, int], purchase_id: str, who: str) -> Uses:
        """What a purchase at this deal uses of limited offers; `used` is what its quote says."""
        return Uses(
            purchase_id,
            who,
            tuple(self._use(offer_id, units, purchase_id) for offer_id, units in used.items()),
        )

    def _use(self, offer_id: str, units: int, purchase_id: str) -> Use:
        standing = self.standings[offer_id]
        offer = standing.offer
        parts: list[tuple[int, int]] = []
        if offer.quota is not None:
            left = self.counts.get(offer_id, NOT_COUNTED).left
            home = home_shard(purchase_id, standing.shards)
            parts = (choose(units, left, home) if left else None) or [(home, units)]
        return Use(
            offer_id,
            offer.merchant_id,
            units,
            tuple(parts),
            offer.per_member,
            epoch(offer.ends_at) + HAD_KEPT_S,
        )
