"""The working sheet of a quote: prices as they fall, lane after lane. docs/promotions.md has the rules.

Lines are worked on in the order of their skus and offers in that of their ids, so neither the order
of a basket nor that of the offers is ever seen in a price.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from chalicelib.contexts.promotions.model.cards import LANES, Card, Reached
from chalicelib.contexts.promotions.model.offers import BPS_ALL, Audience, Lane, Offer
from chalicelib.contexts.promotions.model.quotes import POINTS, Adjustment, Basket, Moment, Shopper
from chalicelib.contexts.promotions.model.reckoning import merchants_parts
from chalicelib.contexts.promotions.model.shelf import Shelf
from chalicelib.kernel.money import Money, shared

POINTS_TITLES = {"en": "Points", "zh-CN": "积分"}
PRODUCT, MERCHANT, PLATFORM, COUPONS, SHIPPING, _ = range(len(LANES))


Step = tuple[Card, Sequence[int], Sequence[int]]
"""An offer, the places of its lines and what it takes off them."""


class Plan(Struct, frozen=True):
    """What offers that run together take off, in turn. Of equal plans the first by `name` is taken:
    the first id of those that take something off, for who takes nothing decides nothing.
    """

    off: int
    name: str
    steps: list[Step]


class Sheet:
    """A basket being priced. `shown` are the prices after the product lane: what articles show."""

    def __init__(self, basket: Basket) -> None:
        self.currency = basket.currency
        skus = [line.sku for line in basket.lines]
        self.order = sorted(range(len(skus)), key=skus.__getitem__)
        self.lines = [basket.lines[at] for at in self.order]
        self.quantities = [line.quantity for line in self.lines]
        self.prices = [line.unit_price.amount * line.quantity for line in self.lines]
        self.shown = self.prices
        self.goods = sum(self.prices)
        self.adjustments: list[list[Adjustment]] = [[] for _ in self.lines]
        self.deliveries: dict[str, Adjustment] = {}
        self.gifts: list[Offer] = []
        self.used: dict[str, int] = {}

    def sum_of(self, reached: Reached, prices: Sequence[int]) -> int:
        return sum([prices[place] for place in reached.places])

    def units_of(self, reached: Reached) -> int:
        return sum([self.quantities[place] for place in reached.places])

    def is_met(self, reached: Reached) -> bool:
        """Whether the threshold is reached, counted at the shown prices."""
        card = reached.card
        if card.amount_min:
            shown = self.shown
            return sum([shown[place] for place in reached.places]) >= card.amount_min
        return not card.units_min or self.units_of(reached) >= card.units_min

    def take(self, card: Card, places: Sequence[int], amounts: Sequence[int]) -> None:
        """Write what an offer takes off the lines at these places onto the sheet."""
        name, titles, currency = card.id, card.titles, self.currency
        paid = merchants_parts(card.offer, amounts)
        for place, amount, by_merchant in zip(places, amounts, paid, strict=True):
            if amount:
                self.prices[place] -= amount
                off = Money(-amount, currency)
                made = Adjustment(name, titles, off, by_merchant, amount - by_merchant)
                self.adjustments[place].append(made)
        if card.is_limited:
            self.use(card, [at for at, amount in zip(places, amounts, strict=True) if amount])

    def take_each(self, cards: Iterable[Card | None], offs: Sequence[int]) -> None:
        """Write what the one offer of each line takes off that line alone onto the sheet."""
        prices, adjustments, currency = self.prices, self.adjustments, self.currency
        for place, card in enumerate(cards):
            if not card:
                continue
            off = paid = offs[place]
            if not card.is_merchants:
                paid = (off * card.offer.merchant_bps + BPS_ALL // 2) // BPS_ALL
            prices[place] -= off
            made = Adjustment(card.id, card.titles, Money(-off, currency), paid, off - paid)
            adjustments[place].append(made)
            if card.is_limited:
                self.use(card, (place,))

    def use(self, card: Card, places: Sequence[int]) -> None:
        """Count what a limited offer is used for: units in the product lane, else the purchase."""
        if card.is_limited and places:
            units = sum([self.quantities[place] for place in places])
            used = units if card.lane_number == PRODUCT else 1
            self.used[card.id] = self.used.get(card.id, 0) + used

    def spend(self, points: int, bps_max: int) -> None:
        """Pay with points, up to a share of what the goods cost by now."""
        price = sum(self.prices)
        amount = min(points, price * bps_max // BPS_ALL)
        if amount < 1:
            return
        for place, part in enumerate(shared(amount, self.prices)):
            if part:
                self.prices[place] -= part
                money = Money(-part, self.currency)
                made = Adjustment(POINTS, POINTS_TITLES, money, 0, part)
                self.adjustments[place].append(made)


def work(basket: Basket, shelf: Shelf, shopper: Shopper, moment: Moment) -> Sheet:
    """Work a basket through all lanes."""
    sheet = Sheet(basket)
    lanes = _open(sheet, shelf, shopper, moment)
    _price_articles(sheet, lanes[PRODUCT])
    sheet.shown = list(sheet.prices)
    met = [reached for reached in lanes[MERCHANT] if sheet.is_met(reached)]
    of_merchants: dict[str, list[Reached]] = {}
    for reached in met:
        if not reached.card.is_gift:
            of_merchants.setdefault(reached.offer.merchant_id, []).append(reached)
    for rivals in of_merchants.values():
        _compete(sheet, rivals)
    for lane in (PLATFORM, COUPONS):
        _compete(sheet, [reached for reached in lanes[lane] if sheet.is_met(reached)])
    _give(sheet, met)
    _deliver(sheet, basket, lanes[SHIPPING])
    sheet.spend(shopper.points, shopper.points_bps_max)
    return sheet


def is_for(audience: Audience, shopper: Shopper) -> bool:
    """Whether an offer for this audience is for this shopper."""
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


def _open(sheet: Sheet, shelf: Shelf, shopper: Shopper, moment: Moment) -> list[list[Reached]]:
    """Find the offers that may run here and now, by the number of their lane."""
    found = shelf.reached(sheet.lines)
    if shopper.coupons:
        found += Shelf(shopper.coupons).reached(sheet.lines)
    lanes: list[list[Reached]] = [[] for _ in LANES]
    now, currency = moment.now, sheet.currency
    for reached in found:
        card, offer = reached.card, reached.offer
        if (
            offer.starts_at <= now < offer.ends_at
            and offer.currency == currency
            and (card.audience is None or is_for(card.audience, shopper))
            and not (card.is_limited and _is_used_up(sheet, reached, shopper, moment))
        ):
            lanes[card.lane_number].append(reached)
    return lanes


def _is_used_up(sheet: Sheet, reached: Reached, shopper: Shopper, moment: Moment) -> bool:
    offer, units = reached.offer, wanted(sheet, reached)
    return not (
        is_within(offer.quota, moment.used.get(offer.id, 0), units)
        and is_within(offer.per_member, shopper.uses.get(offer.id, 0), units)
    )


def _price_articles(sheet: Sheet, found: Iterable[Reached]) -> None:
    """Run the product lane: each line by itself takes the best there is for it."""
    offs = [0] * len(sheet.lines)
    best: list[Card | None] = [None] * len(sheet.lines)
    together = _contend(sheet, found, offs, best)
    for place, cards in together.items():
        plan = _on_line(sheet, place, cards)
        card = best[place]
        if (-plan.off, plan.name) < ((-offs[place], card.id) if card else (0, "")):
            best[place] = None
            for step in plan.steps:
                sheet.take(*step)
    sheet.take_each(best, offs)


def _contend(
    sheet: Sheet, found: Iterable[Reached], offs: list[int], best: list[Card | None]
) -> dict[int, list[Card]]:
    """Find the best offer that runs alone on each line, and the several that combine on it."""
    together: dict[int, list[Card]] = {}
    for reached in found:
        card, places = reached.card, reached.places
        if card.units_min:
            places = [place for place in places if sheet.quantities[place] >= card.units_min]
        if not card.combines:
            _outdo(sheet, card, places, offs, best)
            continue
        for place in places:
            together.setdefault(place, []).append(card)
    for place in [place for place, cards in together.items() if len(cards) == 1]:
        _outdo(sheet, together.pop(place)[0], (place,), offs, best)
    return together


def _outdo(
    sheet: Sheet, card: Card, places: Sequence[int], offs: list[int], best: list[Card | None]
) -> None:
    """Put an offer wherever it takes more off than the best so far, or as much with a lower id."""
    found = card.off_lines(card.offer, sheet.prices, sheet.quantities, places)
    for place, off in zip(places, found, strict=True):
        most = offs[place]
        if off < most:
            continue
        rival = best[place]
        if off > most or (rival is not None and card.id < rival.id):
            offs[place] = off
            best[place] = card


def _on_line(sheet: Sheet, place: int, cards: Iterable[Card]) -> Plan:
    """Run offers that combine on one line, one after the other."""
    price, units = sheet.prices[place], (sheet.quantities[place],)
    left = price
    steps: list[Step] = []
    for card in sorted(cards, key=_turn):
        (off,) = card.off_lines(card.offer, (left,), units, (0,))
        left -= off
        if off:
            steps.append((card, (place,), (off,)))
    return Plan(price - left, _name(steps), steps)


def _compete(sheet: Sheet, rivals: list[Reached]) -> None:
    """Let the one that takes most off run, or all that combine together if they take more."""
    together = [reached for reached in rivals if reached.card.combines]
    plan = _in_turn(sheet, together) if len(together) > 1 else None
    best = (-plan.off, plan.name) if plan else (0, "")
    winner: tuple[Reached, list[int]] | None = None
    for reached in rivals:
        if plan and reached.card.combines:
            continue
        prices = [sheet.prices[place] for place in reached.places]
        off = reached.card.off_sum(reached.offer, prices, sheet.lines, reached.places)
        if off and (-off, reached.card.id) < best:
            best = (-off, reached.card.id)
            winner = (reached, prices)
    if winner:
        reached, prices = winner
        parts = shared(-best[0], prices) if len(prices) > 1 else (-best[0],)
        sheet.take(reached.card, reached.places, parts)
        return
    for step in plan.steps if plan else ():
        sheet.take(*step)


def _in_turn(sheet: Sheet, together: Iterable[Reached]) -> Plan:
    """Run offers one after the other, each on what the ones before have left."""
    left: dict[int, int] = {}
    steps: list[Step] = []
    whole = 0
    for reached in sorted(together, key=lambda one: one.card.turn):
        places = reached.places
        prices = [left.get(place, sheet.prices[place]) for place in places]
        off = reached.card.off_sum(reached.offer, prices, sheet.lines, places)
        if not off:
            continue
        amounts = shared(off, prices)
        for place, price, amount in zip(places, prices, amounts, strict=True):
            left[place] = price - amount
        steps.append((reached.card, places, amounts))
        whole += off
    return Plan(whole, _name(steps), steps)


def _give(sheet: Sheet, met: Iterable[Reached]) -> None:
    for reached in sorted([one for one in met if one.card.is_gift], key=_id):
        sheet.gifts.append(reached.offer)
        sheet.use(reached.card, reached.places)


def _deliver(sheet: Sheet, basket: Basket, found: Iterable[Reached]) -> None:
    """Let each merchant's delivery go free by the first offer that reaches any of its lines."""
    costly = {merchant_id for merchant_id, price in basket.shipping.items() if price}
    for reached in sorted(found, key=_id):
        if not costly:
            return
        offer = reached.offer
        owner = offer.merchant_id
        if (owner and owner not in costly) or not sheet.is_met(reached):
            continue
        reaches = {owner} if owner else {sheet.lines[at].merchant_id for at in reached.places}
        free = costly & reaches
        costly -= free
        for merchant_id in sorted(free):
            price = basket.shipping[merchant_id]
            (by_merchant,) = merchants_parts(offer, [price])
            off = Money(-price, sheet.currency)
            made = Adjustment(offer.id, offer.titles, off, by_merchant, price - by_merchant)
            sheet.deliveries[merchant_id] = made
        if free:
            sheet.use(reached.card, reached.places)


def _name(steps: Iterable[Step]) -> str:
    return min([card.id for card, _, _ in steps], default="")


def _id(reached: Reached) -> str:
    return reached.card.id


def _turn(card: Card) -> tuple[int, str]:
    return card.turn
