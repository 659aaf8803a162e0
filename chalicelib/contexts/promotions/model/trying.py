"""What an offer would do before it is published: on a sample cart, and on orders of the past.

Nothing here is stored. Quotas that others have used are not looked at.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.engine import quote
from chalicelib.contexts.promotions.model.lines import Line
from chalicelib.contexts.promotions.model.offers import Offer
from chalicelib.contexts.promotions.model.quotes import Basket, Moment, Quote, Shopper
from chalicelib.contexts.promotions.model.reasons import Reason, Verdict, explain
from chalicelib.contexts.promotions.model.shelf import Shelf
from chalicelib.kernel.money import Money

SAMPLE_UNITS = 2
SAMPLE_UNITS_MAX = 20
CLASHES_MAX = 20


class Article(Struct, frozen=True):
    """Something to put into a sample cart. `categories` are its own and those above it."""

    sku: str
    title: str
    product_id: str
    merchant_id: str
    categories: tuple[str, ...]
    price: Money

    def line(self, quantity: int) -> Line:
        """So many of it, as a line."""
        return Line(
            self.sku, self.product_id, self.merchant_id, self.categories, quantity, self.price
        )


class Trial(Struct, frozen=True):
    """A basket priced without an offer and with it; `verdict` is what became of the offer."""

    before: Quote
    after: Quote
    verdict: Verdict

    @property
    def saved(self) -> Money:
        """How much less is paid with the offer; negative where others go away because of it."""
        return self.before.payable - self.after.payable


class Clash(Struct, frozen=True):
    """Another offer of the same lane, about the same goods, at the same time.

    `winner` is the id of the one that runs on the sample cart where they compete; "" where none
    does, or both run.
    """

    other: Standing
    do_combine: bool
    winner: str = ""


class Past(Struct, frozen=True):
    """An order of the past, at the prices that it was placed with; `who` bought it."""

    order_id: str
    at: str
    who: str
    lines: tuple[Line, ...]
    shipping: int = 0


class Touched(Struct, frozen=True):
    """An order that the offer would have changed: what it came to, and how much less it would."""

    order_id: str
    at: str
    payable: Money
    off: Money


class Simulation(Struct, frozen=True):
    """What an offer would have done to past orders; `used` is what it would have used of its quota."""

    looked_at: int
    off: Money
    touched: tuple[Touched, ...] = field(default_factory=tuple)
    used: int = 0

    @property
    def average(self) -> Money:
        """What it takes off an order that it touches, rounded down."""
        return replace(self.off, amount=self.off.amount // max(1, len(self.touched)))


def sampled(draft: Offer, articles: Sequence[Article], now: datetime, shipping: int) -> Basket:
    """Fill a basket with as few of each article as the offer needs to run, or two of each."""
    baskets = (
        _basket(draft, articles, units, shipping) for units in range(1, SAMPLE_UNITS_MAX + 1)
    )
    moment, shelf = _when(draft, now), Shelf([draft])
    for basket in baskets:
        verdicts = explain(basket, shelf, moment, whom(draft))
        if any(one.reason is Reason.APPLIED for one in verdicts):
            return basket
    return _basket(draft, articles, SAMPLE_UNITS, shipping)


def tried(draft: Offer, others: Iterable[Offer], basket: Basket, now: datetime) -> Trial:
    """Price a basket without the offer and with it, at the time at which it begins to run, for one whom
    it is for.
    """
    beside = [one for one in others if one.id != draft.id]
    moment, shelf = _when(draft, now), Shelf([*beside, draft])
    shopper = whom(draft)
    verdicts = explain(basket, shelf, moment, shopper)
    return Trial(
        before=quote(basket, Shelf(beside), moment, shopper),
        after=quote(basket, shelf, moment, shopper),
        verdict=next(one for one in verdicts if one.offer == draft.id),
    )


def clashes(
    draft: Offer,
    others: Iterable[Standing],
    kin: Mapping[str, tuple[str, ...]],
    basket: Basket,
    now: datetime,
) -> list[Clash]:
    """Find the offers that an offer has to do with, and say which of the two runs on a basket.

    `kin` is what a name lies in: a variant's product, and the categories of either; what is not in it
    lies in nothing that is known.
    """
    found = [
        one
        for one in others
        if one.offer.id != draft.id
        and one.offer.lane is draft.lane
        and one.offer.starts_at < draft.ends_at
        and draft.starts_at < one.offer.ends_at
        and one.offer.ends_at > now
        and _meet(draft, one.offer, kin)
    ]
    return [_clash(draft, one, basket, now) for one in found[:CLASHES_MAX]]


def simulated(draft: Offer, others: Sequence[Offer], past: Iterable[Past]) -> Simulation:
    """Run an offer over past orders in the order of their time, beside the others, as if it had
    been there. Its limits count what these orders would have used; whose tier an order was of it does
    not know, so everybody counts as one whom the offer is for.
    """
    beside = [one for one in others if one.id != draft.id]
    without, along = Shelf(beside), Shelf([*beside, draft])
    used, had = 0, dict[str, int]()
    touched = []
    orders = sorted(past, key=lambda one: (one.at, one.order_id))
    for one in orders:
        basket = Basket(draft.currency, one.lines, {_seller(one): one.shipping})
        shopper = replace(whom(draft), uses={draft.id: had.get(one.who, 0)})
        before = quote(basket, without, Moment(draft.starts_at), shopper)
        after = quote(basket, along, Moment(draft.starts_at, {draft.id: used}), shopper)
        units = after.used.get(draft.id, 0)
        used += units
        had[one.who] = had.get(one.who, 0) + units
        off = before.payable - after.payable
        if off.amount or any(gift.offer == draft.id for gift in after.gifts):
            touched.append(Touched(one.order_id, one.at, before.payable, off))
    total = sum(one.off.amount for one in touched)
    return Simulation(len(orders), Money(total, draft.currency), tuple(touched), used)


def whom(draft: Offer) -> Shopper:
    """Somebody whom an offer is for."""
    audience = draft.audience
    tier, channel = (min(one, default="") for one in (audience.tiers, audience.channels))
    return Shopper(tier=tier, channel=channel, is_first_order=audience.first_order_only)


def _seller(past: Past) -> str:
    return past.lines[0].merchant_id if past.lines else ""


def _basket(draft: Offer, articles: Sequence[Article], units: int, shipping: int) -> Basket:
    lines = tuple(one.line(units) for one in articles)
    sellers = dict.fromkeys(line.merchant_id for line in lines)
    return Basket(draft.currency, lines, dict.fromkeys(sellers, shipping))


def _when(draft: Offer, now: datetime) -> Moment:
    """Now if the offer runs now, else when it begins."""
    return Moment(now if draft.starts_at <= now < draft.ends_at else draft.starts_at)


def _meet(one: Offer, other: Offer, kin: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether two offers are about any of the same goods, as far as their names tell."""
    if "" not in {one.merchant_id, other.merchant_id} and one.merchant_id != other.merchant_id:
        return False
    mine, theirs = _names(one), _names(other)
    if mine is None or theirs is None:
        return True
    if (one.merchants and other.categories) or (other.merchants and one.categories):
        return True
    return not (mine.isdisjoint(_around(theirs, kin)) and theirs.isdisjoint(_around(mine, kin)))


def _names(offer: Offer) -> set[str] | None:
    """What an offer names; None is everything."""
    parts = [part for part in offer.bundle if part.sku or part.product_id]
    is_open = len(parts) < len(offer.bundle) or not offer.bundle
    if is_open and not offer.products and not offer.categories and not offer.merchants:
        return None
    return {
        *offer.products,
        *offer.categories,
        *offer.merchants,
        *(part.sku or part.product_id for part in parts),
    }


def _around(names: set[str], kin: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Names, and what lies around them: a variant's product, a product's categories."""
    return names.union(*(kin.get(name, ()) for name in names))


def _clash(draft: Offer, other: Standing, basket: Basket, now: datetime) -> Clash:
    if draft.lane in draft.combines_with and draft.lane in other.offer.combines_with:
        return Clash(other, do_combine=True)
    starts = max(draft.starts_at, other.offer.starts_at, now)
    verdicts = explain(basket, Shelf([draft, other.offer]), Moment(starts), whom(draft))
    ran = [one.offer for one in verdicts if one.reason is Reason.APPLIED]
    return Clash(other, do_combine=False, winner=ran[0] if len(ran) == 1 else "")
