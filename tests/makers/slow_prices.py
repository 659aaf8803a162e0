"""The rules of docs/promotions.md, stated one after the other in exact fractions and without haste.

It shares nothing with the engine but the shapes that go in; what it gives back is plain numbers.
"""

import math
from fractions import Fraction

from chalicelib.contexts.promotions.model.offers import Offer
from chalicelib.contexts.promotions.model.quotes import Basket, Moment, Shopper


def part_for(offer: Offer, line):
    """The part of a bundle that a line belongs to, if there is one."""
    by_sku = [part for part in offer.bundle if part.sku == line.sku]
    by_product = [part for part in offer.bundle if part.product_id == line.product_id]
    others = [part for part in offer.bundle if not part.sku and not part.product_id]
    return next(iter(by_sku + by_product + others), None)


def is_about(offer: Offer, line) -> bool:
    if offer.merchant_id and offer.merchant_id != line.merchant_id:
        return False
    if offer.kind == "bundle":
        part = part_for(offer, line)
        if part is None or part.sku or part.product_id:
            return part is not None
    if not offer.products and not offer.categories and not offer.merchants:
        return True
    if line.merchant_id in offer.merchants:
        return True
    return line.product_id in offer.products or any(c in offer.categories for c in line.categories)


def runs(offer: Offer, basket: Basket, moment: Moment, shopper: Shopper) -> bool:
    lines = [line for line in basket.lines if is_about(offer, line)]
    if not lines or moment.now < offer.starts_at or moment.now >= offer.ends_at:
        return False
    who = offer.audience
    if offer.currency != basket.currency:
        return False
    if who.tiers and shopper.tier not in who.tiers:
        return False
    if who.channels and shopper.channel not in who.channels:
        return False
    if who.first_order_only and not shopper.is_first_order:
        return False
    use = sum(line.quantity for line in lines) if offer.lane == "product" else 1
    if offer.quota is not None and offer.quota - moment.used.get(offer.id, 0) < use:
        return False
    return offer.per_member is None or offer.per_member - shopper.uses.get(offer.id, 0) >= use


def half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


def discount(offer: Offer, prices: dict, lines: dict) -> int:
    """`prices` by sku of the lines that it is about."""
    whole = sum(prices.values())
    if offer.kind == "fixed_price":
        ((sku, price),) = prices.items()
        return max(0, price - lines[sku].quantity * offer.amount)
    if offer.kind == "amount_off":
        return min(whole, offer.amount)
    if offer.kind == "percent_off":
        off = half_up(Fraction(whole * offer.percent_bps, 10_000))
        return off if offer.cap is None else min(off, offer.cap)
    if offer.kind == "bundle":
        return off_bundles(offer, prices, lines)
    units = units_of(prices, lines)
    group = offer.buy + offer.get
    full = [units[at : at + group] for at in range(0, len(units), group)]
    return sum(sum(one[offer.buy :]) for one in full if len(one) == group)


def units_of(prices: dict, lines: dict) -> list:
    """Every unit's worth, the dearest first."""
    units = []
    for sku, price in prices.items():
        units += [math.floor(Fraction(price, lines[sku].quantity))] * lines[sku].quantity
    return sorted(units, reverse=True)


def off_bundles(offer: Offer, prices: dict, lines: dict) -> int:
    """Pack one set after the other, each of the dearest units that are left."""
    heaps = []
    for part in offer.bundle:
        mine = {sku: price for sku, price in prices.items() if part_for(offer, lines[sku]) == part}
        heaps.append((part.quantity, units_of(mine, lines)))
    sets = []
    while all(len(heap) >= quantity for quantity, heap in heaps):
        sets.append(sum(sum(heap[:quantity]) for quantity, heap in heaps))
        heaps = [(quantity, heap[quantity:]) for quantity, heap in heaps]
    if offer.percent_bps:
        off = half_up(Fraction(sum(sets) * offer.percent_bps, 10_000))
        return off if offer.cap is None else min(off, offer.cap)
    return sum(max(0, worth - offer.amount) for worth in sets)


def split(amount: int, prices: dict) -> dict:
    whole = sum(prices.values())
    if whole == 0:
        return dict.fromkeys(prices, 0)
    exact = {sku: Fraction(amount * price, whole) for sku, price in prices.items()}
    parts = {sku: math.floor(share) for sku, share in exact.items()}
    left = amount - sum(parts.values())
    for sku in sorted(prices, key=lambda sku: (parts[sku] - exact[sku], sku))[:left]:
        parts[sku] += 1
    return parts


def pays(offer: Offer, parts: dict) -> dict:
    """What the merchant pays of each part."""
    result, before, so_far = {}, 0, 0
    for sku in sorted(parts):
        so_far += parts[sku]
        by_now = half_up(Fraction(so_far * offer.merchant_bps, 10_000))
        result[sku], before = by_now - before, by_now
    return result


TURNS = ["fixed_price", "bundle", "amount_off", "buy_x_get_y", "percent_off"]


def in_turn(offers: list, prices: dict, lines: dict) -> tuple[int, list]:
    """Run offers one after the other on prices by sku: what they take off and their parts."""
    prices, taken, off = dict(prices), [], 0
    for offer in sorted(offers, key=lambda one: (TURNS.index(one.kind), one.id)):
        mine = {sku: price for sku, price in prices.items() if is_about(offer, lines[sku])}
        parts = split(discount(offer, mine, lines), mine)
        for sku, part in parts.items():
            prices[sku] -= part
        off += sum(parts.values())
        taken.append((offer, parts))
    return off, taken


def best(offers: list, prices: dict, lines: dict) -> list:
    """Of each offer alone and all that combine together, the one that takes most off."""
    sets = [[one] for one in offers if one.lane not in one.combines_with]
    combining = [one for one in offers if one.lane in one.combines_with]
    sets += [combining] if combining else []
    ranked = sorted((in_turn(one, prices, lines) for one in sets), key=by_most_off)
    return ranked[0][1] if ranked else []


def by_most_off(tried: tuple[int, list]) -> tuple[int, list[str]]:
    off, taken = tried
    return -off, sorted(offer.id for offer, parts in taken if sum(parts.values()))[:1]


def is_met(offer: Offer, shown: dict, lines: dict) -> bool:
    mine = [sku for sku in shown if is_about(offer, lines[sku])]
    if offer.threshold is None:
        return True
    if offer.threshold.quantity:
        return sum(lines[sku].quantity for sku in mine) >= offer.threshold.quantity
    return sum(shown[sku] for sku in mine) >= offer.threshold.amount


def rule_for(categories: tuple, on: str, rules: list, place: tuple[str, str]):
    """The rule of the nearest category, of several the one of the region itself."""
    country, region = place
    for category in (*categories, ""):
        for where in (region, ""):
            for rule in rules:
                scope = (rule.country, rule.region, rule.category, rule.on)
                if scope == (country, where, category, on):
                    return rule
    return None


def tax_together(totals: dict, rule) -> dict:
    """What totals of one merchant owe at one rate, shared among them."""
    rate = Fraction(rule.rate_bps, 10_000)
    whole = sum(totals.values())
    due = half_up(whole - whole / (1 + rate) if rule.is_included else whole * rate)
    return {
        name: (part, rule.rate_bps, rule.is_included) for name, part in split(due, totals).items()
    }


def slow_taxes(lines: dict, prices: dict, rules: list, place: tuple[str, str]) -> dict:
    """(amount, rate, whether it is contained) by sku of the lines that a rule is for."""
    found = {sku: rule_for(line.categories, "goods", rules, place) for sku, line in lines.items()}
    groups: dict = {}
    for sku, rule in found.items():
        if rule:
            key = (lines[sku].merchant_id, rule.rate_bps, rule.is_included)
            groups.setdefault(key, {})[sku] = prices[sku]
    taxes: dict = {}
    for totals in groups.values():
        taxes |= tax_together(totals, found[min(totals)])
    return taxes


class Slow:
    """`parts` by sku: (offer, amount, by merchant) in order; `free` by merchant: offer."""

    def __init__(self, basket: Basket, offers: list, moment: Moment, shopper: Shopper) -> None:
        self.lines = {line.sku: line for line in basket.lines}
        self.prices = {
            sku: line.unit_price.amount * line.quantity for sku, line in self.lines.items()
        }
        self.parts = {sku: [] for sku in self.lines}
        self.free, self.gifts = {}, []
        coupons = [one for one in shopper.coupons if runs(one, basket, moment, shopper)]
        running = [one for one in offers if runs(one, basket, moment, shopper)] + coupons
        self.articles([one for one in running if one.lane == "product"])
        shown = dict(self.prices)
        met = [one for one in running if is_met(one, shown, self.lines)]
        by_merchant = {}
        for one in met:
            if one.lane == "merchant" and one.kind != "gift":
                by_merchant.setdefault(one.merchant_id, []).append(one)
        for rivals in by_merchant.values():
            self.take(best(rivals, self.prices, self.lines))
        for lane in ("platform", "coupons"):
            rivals = [one for one in met if one.lane == lane]
            self.take(best(rivals, self.prices, self.lines))
        self.gifts = sorted(one.id for one in met if one.kind == "gift")
        self.deliver(basket, [one for one in met if one.lane == "shipping"])
        most = math.floor(Fraction(sum(self.prices.values()) * shopper.points_bps_max, 10_000))
        for sku, part in split(min(shopper.points, most), self.prices).items():
            self.write(sku, "points", part, 0)

    def articles(self, offers: list) -> None:
        for sku, line in self.lines.items():
            rivals = [
                one
                for one in offers
                if is_about(one, line)
                and (one.threshold is None or line.quantity >= one.threshold.quantity)
            ]
            self.take(best(rivals, {sku: self.prices[sku]}, self.lines))

    def deliver(self, basket: Basket, offers: list) -> None:
        for merchant_id, price in basket.shipping.items():
            mine = [line for line in self.lines.values() if line.merchant_id == merchant_id]
            able = sorted(o.id for o in offers if any(is_about(o, line) for line in mine))
            if able and price:
                self.free[merchant_id] = able[0]

    def take(self, taken: list) -> None:
        for offer, parts in taken:
            paid = pays(offer, parts)
            for sku, part in parts.items():
                self.write(sku, offer.id, part, paid[sku])

    def write(self, sku: str, offer: str, part: int, by_merchant: int) -> None:
        if part:
            self.prices[sku] -= part
            self.parts[sku].append((offer, part, by_merchant))
