"""The working sheet of a quote: prices as they fall, lane after lane. docs/promotions.md has the rules.

Lines are worked on in the order of their skus and offers in that of their ids, so neither the order
of a basket nor that of the offers is ever seen in a price.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from chalicelib.contexts.promotions.model.offers import BPS_ALL, TURNS, Kind, Lane, Offer
from chalicelib.contexts.promotions.model.quotes import POINTS, Basket, Moment, Shopper
from chalicelib.contexts.promotions.model.reckoning import merchants_parts, off_line, off_sum
from chalicelib.contexts.promotions.model.shelf import Reached, Shelf
from chalicelib.kernel.money import shared

POINTS_TITLES = {"en": "Points", "zh-CN": "积分"}
SUM_LANES = (Lane.MERCHANT, Lane.PLATFORM, Lane.COUPONS)


class Part(Struct, frozen=True):
    """What one offer takes off one line or delivery, and what of it the merchant pays."""

    offer: str
    titles: dict[str, str]
    amount: int
    by_merchant: int


Steps = list[tuple[Offer, list[tuple[int, int]]]]
"""Offers in turn, each with the places of its lines and what it takes off them."""


class Plan(Struct, frozen=True):
    """What offers that run together take off. Of equal plans the first by `name` is taken."""

    name: str
    off: int
    steps: Steps


class Sheet:
    """A basket being priced. `shown` are the prices after the product lane: what articles show."""

    def __init__(self, basket: Basket) -> None:
        self.currency = basket.currency
        self.order = sorted(range(len(basket.lines)), key=lambda at: basket.lines[at].sku)
        self.lines = [basket.lines[at] for at in self.order]
        self.quantities = [line.quantity for line in self.lines]
        self.prices = [line.unit_price * line.quantity for line in self.lines]
        self.shown = self.prices
        self.parts: list[list[Part]] = [[] for _ in self.lines]
        self.deliveries: dict[str, Part] = {}
        self.gifts: list[Offer] = []
        self.used: dict[str, int] = {}

    def sum_of(self, reached: Reached, prices: Sequence[int]) -> int:
        return sum([prices[place] for place in reached.places])

    def units_of(self, reached: Reached) -> int:
        return sum([self.quantities[place] for place in reached.places])

    def is_met(self, reached: Reached) -> bool:
        """Whether the threshold is reached, counted at the shown prices."""
        threshold = reached.offer.threshold
        if threshold is None:
            return True
        if threshold.quantity:
            return self.units_of(reached) >= threshold.quantity
        return self.sum_of(reached, self.shown) >= threshold.amount

    def take(self, plan: Plan) -> None:
        """Write a plan onto the sheet."""
        for offer, parts in plan.steps:
            paid = merchants_parts(offer, [amount for _, amount in parts])
            for (place, amount), by_merchant in zip(parts, paid, strict=True):
                self._write(place, Part(offer.id, offer.titles, amount, by_merchant))
            self.use(offer, [place for place, amount in parts if amount])

    def use(self, offer: Offer, places: Sequence[int]) -> None:
        """Count what a limited offer is used for: units in the product lane, else the purchase."""
        if offer.is_limited and places:
            units = sum([self.quantities[place] for place in places])
            used = units if offer.lane is Lane.PRODUCT else 1
            self.used[offer.id] = self.used.get(offer.id, 0) + used

    def spend(self, points: int, bps_max: int) -> None:
        """Pay with points, up to a share of what the goods cost by now."""
        price = sum(self.prices)
        amount = min(points, price * bps_max // BPS_ALL)
        if amount < 1:
            return
        for place, part in enumerate(shared(amount, self.prices)):
            self._write(place, Part(POINTS, POINTS_TITLES, part, 0))

    def _write(self, place: int, part: Part) -> None:
        if part.amount:
            self.prices[place] -= part.amount
            self.parts[place].append(part)


def work(basket: Basket, shelf: Shelf, shopper: Shopper, moment: Moment) -> Sheet:
    """Work a basket through all lanes."""
    sheet = Sheet(basket)
    lanes = _open(sheet, shelf, shopper, moment)
    _price_articles(sheet, lanes[Lane.PRODUCT])
    sheet.shown = list(sheet.prices)
    for lane in SUM_LANES:
        met = [reached for reached in lanes[lane] if sheet.is_met(reached)]
        for rivals in _rivals(lane, met):
            sheet.take(min(_plans(sheet, rivals), key=_most_off))
        _give(sheet, met)
    _deliver(sheet, basket, lanes[Lane.SHIPPING])
    sheet.spend(shopper.points, shopper.points_bps_max)
    return sheet


def is_for(offer: Offer, shopper: Shopper) -> bool:
    """Whether an offer is for this shopper."""
    audience = offer.audience
    return (
        (not audience.tiers or shopper.tier in audience.tiers)
        and (not audience.channels or shopper.channel in audience.channels)
        and (shopper.is_first_order or not audience.first_order_only)
    )


def wanted(sheet: Sheet, reached: Reached) -> int:
    """What an offer would use of its limits if it ran wherever it reaches."""
    return sheet.units_of(reached) if reached.offer.lane is Lane.PRODUCT else 1


def is_within(limit: int | None, used: int, units: int) -> bool:
    """Whether so many more fit under a limit."""
    return limit is None or used + units <= limit


def _open(
    sheet: Sheet, shelf: Shelf, shopper: Shopper, moment: Moment
) -> dict[Lane, list[Reached]]:
    """Find the offers that may run here and now, by lane."""
    found = shelf.reached(sheet.lines)
    if shopper.coupons:
        found += Shelf(shopper.coupons).reached(sheet.lines)
    lanes: dict[Lane, list[Reached]] = {lane: [] for lane in Lane}
    for reached in found:
        if _is_open(sheet, reached, shopper, moment):
            lanes[reached.offer.lane].append(reached)
    return lanes


def _is_open(sheet: Sheet, reached: Reached, shopper: Shopper, moment: Moment) -> bool:
    offer = reached.offer
    is_running = offer.starts_at <= moment.now < offer.ends_at
    if not is_running or offer.currency != sheet.currency or not is_for(offer, shopper):
        return False
    if not offer.is_limited:
        return True
    units = wanted(sheet, reached)
    return is_within(offer.quota, moment.used.get(offer.id, 0), units) and is_within(
        offer.per_member, shopper.uses.get(offer.id, 0), units
    )


def _price_articles(sheet: Sheet, found: Iterable[Reached]) -> None:
    """Run the product lane: each line by itself takes the best there is for it."""
    alone: dict[int, Plan] = {}
    together: dict[int, list[Offer]] = {}
    for reached in found:
        offer = reached.offer
        least = offer.threshold.quantity if offer.threshold else 0
        for place in reached.places:
            quantity = sheet.quantities[place]
            if quantity < least:
                continue
            if offer.combines:
                together.setdefault(place, []).append(offer)
                continue
            off = off_line(offer, sheet.prices[place], quantity)
            best = alone.get(place)
            if best is None or (-off, offer.id) < (-best.off, best.name):
                alone[place] = Plan(offer.id, off, [(offer, [(place, off)])])
    for place, offers in together.items():
        plan = _on_line(sheet, place, offers)
        alone[place] = min(alone.get(place, plan), plan, key=_most_off)
    for place in sorted(alone):
        sheet.take(alone[place])


def _on_line(sheet: Sheet, place: int, offers: Iterable[Offer]) -> Plan:
    """Run offers that combine on one line, one after the other."""
    price = left = sheet.prices[place]
    steps: Steps = []
    for offer in sorted(offers, key=_turn):
        off = off_line(offer, left, sheet.quantities[place])
        left -= off
        if off:
            steps.append((offer, [(place, off)]))
    return Plan(_name(steps), price - left, steps)


def _rivals(lane: Lane, met: Iterable[Reached]) -> list[list[Reached]]:
    """Group the offers of a lane by those that compete: those of one merchant in its own lane, all
    of them in the others. Gifts compete with nobody.
    """
    groups: dict[str, list[Reached]] = {}
    for reached in met:
        if reached.offer.kind is not Kind.GIFT:
            name = reached.offer.merchant_id if lane is Lane.MERCHANT else ""
            groups.setdefault(name, []).append(reached)
    return [groups[name] for name in sorted(groups)]


def _plans(sheet: Sheet, rivals: Iterable[Reached]) -> list[Plan]:
    """List what can be done with rivals: each alone, and all that combine together."""
    together, plans = [], []
    for reached in rivals:
        if reached.offer.combines:
            together.append(reached)
        else:
            plans.append(_in_turn(sheet, [reached]))
    if together:
        plans.append(_in_turn(sheet, together))
    return plans


def _in_turn(sheet: Sheet, together: Iterable[Reached]) -> Plan:
    """Run offers one after the other, each on what the ones before have left."""
    left: dict[int, int] = {}
    steps: Steps = []
    whole = 0
    for reached in sorted(together, key=lambda one: _turn(one.offer)):
        places = reached.places
        prices = [left.get(place, sheet.prices[place]) for place in places]
        off = off_sum(reached.offer, prices, [sheet.quantities[place] for place in places])
        if not off:
            continue
        parts = list(zip(places, shared(off, prices), strict=True))
        for (place, amount), price in zip(parts, prices, strict=True):
            left[place] = price - amount
        steps.append((reached.offer, parts))
        whole += off
    return Plan(_name(steps), whole, steps)


def _give(sheet: Sheet, met: Iterable[Reached]) -> None:
    for reached in sorted(met, key=lambda one: one.offer.id):
        if reached.offer.kind is Kind.GIFT:
            sheet.gifts.append(reached.offer)
            sheet.use(reached.offer, reached.places)


def _deliver(sheet: Sheet, basket: Basket, found: Iterable[Reached]) -> None:
    """Let each merchant's delivery go free by the first offer that reaches any of its lines."""
    for reached in sorted(found, key=lambda one: one.offer.id):
        if not sheet.is_met(reached):
            continue
        offer = reached.offer
        free = {sheet.lines[place].merchant_id for place in reached.places}
        for merchant_id in sorted(free - sheet.deliveries.keys()):
            price = basket.shipping.get(merchant_id, 0)
            if price:
                (by_merchant,) = merchants_parts(offer, [price])
                sheet.deliveries[merchant_id] = Part(offer.id, offer.titles, price, by_merchant)
        if offer.id in {part.offer for part in sheet.deliveries.values()}:
            sheet.use(offer, reached.places)


def _name(steps: Steps) -> str:
    """The first id of those that take something off: who takes nothing decides nothing."""
    return min([offer.id for offer, _ in steps], default="")


def _turn(offer: Offer) -> tuple[int, str]:
    return TURNS[offer.kind], offer.id


def _most_off(plan: Plan) -> tuple[int, str]:
    return -plan.off, plan.name
