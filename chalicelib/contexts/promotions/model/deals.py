"""What promotions know at the moment a cart is priced, and what a purchase then uses of them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.contexts.catalog.model import SkuCopy
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.campaigns import CouponState
from chalicelib.contexts.promotions.model.cards import carded
from chalicelib.contexts.promotions.model.engine import quote
from chalicelib.contexts.promotions.model.offers import Channel, Lane, Offer
from chalicelib.contexts.promotions.model.quotes import (
    POINTS,
    Basket,
    Moment,
    Quote,
    Shopper,
    is_made,
)
from chalicelib.contexts.promotions.model.reasons import Verdict, explain
from chalicelib.contexts.promotions.model.refusals import CouponExpired, CouponUsed, NoCoupon
from chalicelib.contexts.promotions.model.shelf import Line, Shelf
from chalicelib.contexts.promotions.model.taxes import TaxTable
from chalicelib.contexts.promotions.model.uses import Count, Counts, Use, Uses, points_of
from chalicelib.kernel.clock import epoch
from chalicelib.kernel.shards import choose, home_shard

NOT_COUNTED = Count()
HAD_KEPT_S = 90 * 86_400
"""How long after its end it is remembered who had how much of an offer."""


Place = tuple[str, str]
"""Where goods go to: country (ISO 3166) and region."""


class CartCoupon(Struct, frozen=True):
    """A coupon on a cart. `holder` is the member whose it is, `ANYBODY` for a code that is good once, ""
    for one that all share;
    `offer` is None where there is no such coupon any more.
    """

    code: str
    holder: str = ""
    campaign_id: str = ""
    offer: Offer | None = None
    state: CouponState = CouponState.HELD
    shards: int = 1

    def is_good(self, now: datetime) -> bool:
        """Whether it may be used now."""
        offer = self.offer
        is_held = self.state is CouponState.HELD
        return offer is not None and is_held and offer.starts_at <= now < offer.ends_at

    def standing(self, now: datetime) -> CouponState:
        """How it stands now; one that is gone counts as expired."""
        if self.state is CouponState.USED:
            return self.state
        return CouponState.HELD if self.is_good(now) else CouponState.EXPIRED

    def require_good(self, now: datetime) -> None:
        """Refuse `promotions.no_such_coupon`, `promotions.coupon_used`, `promotions.coupon_expired`."""
        if self.offer is None:
            raise NoCoupon
        if self.state is CouponState.USED:
            raise CouponUsed
        if not self.is_good(now):
            raise CouponExpired


class Patron(Struct, frozen=True):
    """What is known of whoever looks at a cart, and in which channel it was begun; `points_wished` are those that the member would
    pay with, of the `balance`, in the cart's currency. `free_deliveries` is what the tier brings, of
    which the member `had` so many this month.
    """

    member_id: str = ""
    tier: str = ""
    is_first_order: bool = False
    balance: int = 0
    points_wished: int = 0
    points_bps_max: int = 0
    free_deliveries: Standing | None = None
    had: int = 0
    channel: str = Channel.WEB

    @property
    def spends(self) -> int:
        """How many points may pay at most, as far as there are any."""
        return max(0, min(self.points_wished, self.balance)) if self.points_bps_max else 0


STRANGER = Patron()


class Limited(Struct, frozen=True):
    """An offer with a limit, and over how many rows its quota lies."""

    offer: Offer
    shards: int


class Deal:
    """The offers that may concern a cart, now, and the coupons on it; `counts` is what is known of
    their limits.

    What was not counted counts as unused: the conditions of a checkout decide.
    """

    def __init__(
        self,
        standings: Iterable[Standing],
        now: datetime,
        *,
        coupons: Iterable[CartCoupon] = (),
        counts: Counts | None = None,
        patron: Patron = STRANGER,
        taxes: TaxTable | None = None,
    ) -> None:
        self.now = now
        self.taxes = taxes
        self.patron = patron
        self.standings = {one.offer.id: one for one in standings if one.may_run(now)}
        if patron.free_deliveries is not None:
            self.standings[patron.free_deliveries.offer.id] = patron.free_deliveries
        self.coupons = tuple(coupons)
        self.good = {
            one.offer.id: one for one in self.coupons if one.offer is not None and one.is_good(now)
        }
        self.counts = counts or {}
        self._shelf: Shelf | None = None

    @property
    def offers(self) -> list[Offer]:
        """All that may concern the cart, but for coupons."""
        return [one.offer for one in self.standings.values()]

    @property
    def coupon_offers(self) -> tuple[Offer, ...]:
        """What the good coupons on the cart do."""
        return tuple(one.offer for one in self.good.values() if one.offer is not None)

    @property
    def is_empty(self) -> bool:
        """Whether nothing can change any price."""
        return not (self.standings or self.good or self.patron.spends or self.taxes)

    @property
    def is_counted(self) -> bool:
        """Whether it was looked up how limits stand."""
        return bool(self.counts)

    @property
    def names_categories(self) -> bool:
        """Whether it matters in which categories things are."""
        named = any(offer.categories for offer in (*self.offers, *self.coupon_offers))
        return named or self.taxes is not None

    @property
    def depends_on_place(self) -> bool:
        """Whether it matters where to and how a cart is delivered."""
        return self.has_free_shipping or self.taxes is not None

    @property
    def has_free_shipping(self) -> bool:
        """Whether delivery may cost less than it says."""
        return any(offer.lane is Lane.SHIPPING for offer in (*self.offers, *self.coupon_offers))

    @property
    def shelf(self) -> Shelf:
        """The offers where a basket finds them."""
        if self._shelf is None:
            self._shelf = Shelf(self.offers)
        return self._shelf

    def with_counts(self, counts: Counts) -> "Deal":
        """The same deal, knowing more of its limits."""
        return self._with(self.standings.values(), {**self.counts, **counts})

    def in_currency(self, currency: str, points_in: str) -> "Deal":
        """The same deal for a cart in a currency: points are worth something in theirs alone."""
        if currency == points_in or not self.patron.points_wished:
            return self
        made = self._with(self.standings.values(), self.counts)
        made.patron = replace(self.patron, points_wished=0)
        return made

    def gift_of(self, offer_id: str) -> SkuCopy | None:
        """The variant that an offer gives."""
        standing = self.standings.get(offer_id)
        return standing.gift if standing else None

    def running(
        self, lines: Sequence[Line] | None = None, *, for_anybody: bool = True
    ) -> list[Standing]:
        """The offers that run now, in the order in which they take turns: those about any of these lines,
        or all of them; those for anybody, or those for some. What is known to be used up is left out.
        """
        if lines is None:
            cards = [carded(one) for one in self.offers]
        else:
            cards = [one.card for one in self.shelf.reached(lines)]
        cards.sort(key=lambda card: (card.lane_number, card.turn))
        return [
            self.standings[card.id]
            for card in cards
            if card.offer.starts_at <= self.now
            and (card.audience is None) is for_anybody
            and self.left_of(card.id) != 0
        ]

    def left_of(self, offer_id: str) -> int | None:
        """What is known to be left of an offer's quota; None where nobody counted or it has none."""
        count = self.counts.get(offer_id)
        has_quota = self.standings[offer_id].offer.quota is not None
        return sum(count.left) if count is not None and has_quota else None

    def without(self, offer_ids: Collection[str]) -> "Deal":
        """The same deal without some offers."""
        left = [one for one in self.standings.values() if one.offer.id not in offer_ids]
        counts = {key: count for key, count in self.counts.items() if key not in offer_ids}
        return self._with(left, counts)

    def limited(self, lines: Iterable[Line]) -> list[Limited]:
        """The offers with a limit that are about any of these lines, and codes with one; but for a
        tier's free deliveries, of which the patron knows.
        """
        reached = [one.card for one in self.shelf.reached(list(lines)) if one.card.is_limited]
        found = [self.standings[card.id] for card in reached if is_made(card.id)]
        limited = [Limited(one.offer, one.shards) for one in found]
        return limited + [
            Limited(one.offer, one.shards)
            for one in self.good.values()
            if one.offer is not None and not one.holder
        ]

    def quote(self, basket: Basket, place: Place | None = None) -> Quote:
        """Price a basket, taxed as it is where it goes to; nothing is taxed while that is not known."""
        taxes = self.taxes.at(*place) if self.taxes and place else None
        return quote(basket, self.shelf, *self._asked(), taxes)

    def explain(self, basket: Basket) -> list[Verdict]:
        """Say of every offer and coupon why it applies to a basket, or what is missing."""
        return explain(basket, self.shelf, *self._asked())

    def _asked(self) -> tuple[Moment, Shopper]:
        """When it is asked and by whom, as far as that is known."""
        used = {
            offer_id: (self._limit(offer_id).offer.quota or 0) - sum(count.left)
            for offer_id, count in self.counts.items()
            if self._limit(offer_id).offer.quota is not None
        }
        had = {offer_id: count.had for offer_id, count in self.counts.items()}
        patron = self.patron
        if patron.free_deliveries is not None:
            had[patron.free_deliveries.offer.id] = patron.had
        shopper = Shopper(
            tier=patron.tier,
            channel=patron.channel,
            is_first_order=patron.is_first_order,
            uses=had,
            coupons=self.coupon_offers,
            points=patron.spends,
            points_bps_max=patron.points_bps_max,
        )
        return Moment(self.now, used), shopper

    def spent(self, quoted: Quote) -> list[CartCoupon]:
        """The held coupons that take part in a quote; the others stay held."""
        adjustments = [each for line in quoted.lines for each in line.adjustments]
        adjustments += [each for delivery in quoted.deliveries for each in delivery.adjustments]
        taken = {each.offer for each in adjustments}
        return [one for key, one in self.good.items() if one.holder and key in taken]

    def points(self, basket: Basket | None, quoted: Quote | None) -> dict[str, int]:
        """The points that a quote spends, by the merchant whose goods they pay for."""
        spent: dict[str, int] = {}
        if basket is None or quoted is None or not self.patron.spends:
            return spent
        for line, at in zip(basket.lines, quoted.lines, strict=True):
            part = -sum(one.amount.amount for one in at.adjustments if one.offer == POINTS)
            if part:
                spent[line.merchant_id] = spent.get(line.merchant_id, 0) + part
        return spent

    def uses(self, basket: Basket | None, quoted: Quote | None, purchase_id: str, who: str) -> Uses:
        """What a purchase at this quote uses of limited offers, held coupons and points."""
        if quoted is None:
            return Uses(purchase_id, who, ())
        items = [self._use(key, units, purchase_id) for key, units in quoted.used.items()]
        for coupon in self.spent(quoted):
            assert coupon.offer is not None, "a good coupon does something"
            offer = coupon.offer
            items.append(
                Use(
                    offer.id,
                    offer.merchant_id,
                    1,
                    code=coupon.code,
                    holder=coupon.holder,
                    campaign_id=coupon.campaign_id,
                )
            )
        holder = self.patron.member_id
        items += [
            Use(points_of(merchant_id), merchant_id, units, holder=holder)
            for merchant_id, units in self.points(basket, quoted).items()
        ]
        return Uses(purchase_id, who, tuple(items))

    def _with(self, standings: Iterable[Standing], counts: Counts) -> "Deal":
        return Deal(
            standings,
            self.now,
            coupons=self.coupons,
            counts=counts,
            patron=self.patron,
            taxes=self.taxes,
        )

    def _limit(self, offer_id: str) -> Limited:
        coupon = self.good.get(offer_id)
        if coupon is not None and coupon.offer is not None:
            return Limited(coupon.offer, coupon.shards)
        standing = self.standings[offer_id]
        return Limited(standing.offer, standing.shards)

    def _use(self, offer_id: str, units: int, purchase_id: str) -> Use:
        limit = self._limit(offer_id)
        offer = limit.offer
        parts: list[tuple[int, int]] = []
        if offer.quota is not None:
            left = self.counts.get(offer_id, NOT_COUNTED).left
            home = home_shard(purchase_id, limit.shards)
            parts = (choose(units, left, home) if left else None) or [(home, units)]
        return Use(
            offer_id,
            offer.merchant_id,
            units,
            tuple(parts),
            offer.per_member,
            epoch(offer.ends_at) + HAD_KEPT_S,
        )
