"""Random baskets, offers, shoppers and moments: small numbers, so that things meet and compete."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from msgspec import Struct

from chalicelib.contexts.promotions.model.engine import quote
from chalicelib.contexts.promotions.model.offers import (
    KINDS,
    Audience,
    Kind,
    Lane,
    Offer,
    OnReturn,
    Part,
    Threshold,
    require_sound,
)
from chalicelib.contexts.promotions.model.quotes import ANYBODY, Basket, Moment, Quote, Shopper
from chalicelib.contexts.promotions.model.shelf import Line, Shelf
from chalicelib.contexts.promotions.model.taxes import (
    Taxed,
    TaxRule,
    TaxTable,
    require_sound_taxes,
)
from chalicelib.kernel.money import Money

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MERCHANTS = ("mer_a", "mer_b", "mer_c")
CATEGORIES = {"tea": ("tea", "food"), "rice": ("rice", "food"), "lamp": ("lamp", "home")}
AUTOMATIC = tuple(lane for lane in Lane if KINDS[lane] and lane is not Lane.COUPONS)


class Market(Struct, frozen=True):
    """All that a quote is made from."""

    basket: Basket
    offers: tuple[Offer, ...]
    moment: Moment
    shopper: Shopper = ANYBODY
    rules: tuple[TaxRule, ...] = ()
    place: tuple[str, str] = ("GB", "")

    def quote(self) -> Quote:
        taxes = TaxTable(self.rules).at(*self.place)
        return quote(self.basket, Shelf(self.offers), self.moment, self.shopper, taxes)


def a_line(**overrides: Any) -> Line:
    values = {
        "sku": "a.TEA",
        "product_id": "prd_tea",
        "merchant_id": "mer_a",
        "categories": ("tea", "food"),
        "quantity": 1,
        "unit_price": 1_000,
    }
    values |= overrides
    return Line(**(values | {"unit_price": Money(values["unit_price"], "GBP")}))


def an_offer(**overrides: Any) -> Offer:
    values = {
        "id": "off_1",
        "titles": {"en": "Offer", "zh-CN": "优惠"},
        "lane": Lane.MERCHANT,
        "kind": Kind.AMOUNT_OFF,
        "currency": "GBP",
        "starts_at": NOW - DAY,
        "ends_at": NOW + DAY,
        "merchant_id": "mer_a",
        "amount": 200,
    }
    return Offer(**(values | overrides))


def a_tax_rule(**overrides: Any) -> TaxRule:
    return TaxRule(**({"country": "GB", "rate_bps": 2_000, "is_included": True} | overrides))


def a_market(
    *offers: Offer, lines: tuple[Line, ...] = (), shopper: Shopper = ANYBODY, **shipping: int
) -> Market:
    basket = Basket("GBP", lines or (a_line(),), shipping)
    return Market(basket, offers, Moment(NOW), shopper)


def random_market(seed: int, lines: int, offers: int, *, plain: bool = False) -> Market:
    """A market of so many lines and offers. A plain one keeps to what the promise about added lines
    asks for: no limits, nothing narrow but single offers of merchants, no coupons, no points.
    """
    random = Random(seed)
    basket = Basket(
        "GBP",
        tuple(_random_line(random, number) for number in range(lines)),
        {merchant: random.choice((0, 399, 450)) for merchant in MERCHANTS},
    )
    made = tuple(_random_offer(random, f"off_{n}", AUTOMATIC, plain) for n in range(offers))
    if plain:
        return Market(basket, made, Moment(NOW))
    names = [offer.id for offer in made]
    used = {name: random.randint(0, 5) for name in names if random.random() < 0.3}
    coupons = (Lane.COUPONS, Lane.COUPONS, Lane.SHIPPING)
    shopper = Shopper(
        tier=random.choice(("", "gold")),
        channel=random.choice(("web", "app")),
        is_first_order=random.random() < 0.5,
        uses={name: random.randint(0, 3) for name in names if random.random() < 0.3},
        coupons=tuple(
            _random_offer(random, f"cpn_{n}", coupons, plain) for n in range(random.randint(0, 3))
        ),
        points=random.choice((0, 0, 150, 100_000)),
        points_bps_max=random.choice((3_000, 10_000)),
    )
    moment = Moment(NOW, used)
    place = ("GB", random.choice(("", "WLS")))
    return Market(basket, made, moment, shopper, _random_taxes(random), place)


def _random_line(random: Random, number: int) -> Line:
    kind = random.choice(sorted(CATEGORIES))
    merchant_id = random.choice(MERCHANTS)
    return Line(
        sku=f"{merchant_id}.{random.randint(0, 2)}{number}",
        product_id=f"prd_{kind}_{merchant_id}",
        merchant_id=merchant_id,
        categories=CATEGORIES[kind],
        quantity=random.choice((1, 1, 2, 3, 7)),
        unit_price=Money(random.choice((0, 1, 99, 333, 1_000, 1_250, 10_007)), "GBP"),
    )


def _random_offer(random: Random, name: str, lanes: tuple[Lane, ...], plain: bool) -> Offer:
    lane = random.choice(lanes)
    kind = random.choice(sorted(KINDS[lane]))
    merchant_id = _random_merchant(random, lane, plain)
    combines = random.random() < 0.4
    is_wide = plain and (combines or lane is not Lane.MERCHANT) and lane is not Lane.PRODUCT
    threshold = _random_threshold(random, lane)
    may_reclaim = bool(merchant_id and threshold) and not plain
    bundle = _random_bundle(random, is_wide) if kind is Kind.BUNDLE else ()
    is_part = kind is Kind.PERCENT_OFF or (kind is Kind.BUNDLE and random.random() < 0.4)
    names_parts = bool(bundle) and all(part.sku or part.product_id for part in bundle)
    offer = an_offer(
        id=name,
        lane=lane,
        kind=kind,
        merchant_id=merchant_id,
        amount=random.choice((1, 100, 333, 5_000)) if kind in PRICED and not is_part else 0,
        percent_bps=random.choice((1, 333, 5_000, 10_000)) if is_part else 0,
        cap=random.choice((None, 50, 700)) if is_part else None,
        bundle=bundle,
        buy=random.randint(1, 3),
        get=random.randint(1, 2),
        sku="a.GIFT",
        threshold=threshold,
        on_return=random.choice(sorted(OnReturn)) if may_reclaim else OnReturn.KEEP,
        combines_with=frozenset({lane} if combines else ()),
        merchant_bps=random.choice((0, 3_333, 10_000)) if merchant_id else 0,
        **({} if is_wide or names_parts else _random_reach(random, merchant_id)),
        **({} if plain else _random_limits(random)),
    )
    return require_sound(offer, currency=offer.currency)


PRICED = {Kind.AMOUNT_OFF, Kind.FIXED_PRICE, Kind.BUNDLE}


def _random_bundle(random: Random, is_wide: bool) -> tuple[Part, ...]:
    if is_wide:
        return (Part(quantity=random.randint(1, 3)),)
    names = [{"product_id": f"prd_{kind}_{one}"} for kind in CATEGORIES for one in MERCHANTS]
    names += [{"sku": f"{one}.{digit}{at}"} for one in MERCHANTS for digit in "012" for at in "01"]
    chosen = random.sample([*names, *[{}] * 6], random.randint(1, 3))
    once = {str(name): name for name in chosen}
    return tuple(Part(**name, quantity=random.choice((1, 1, 2, 3))) for name in once.values())


def _random_merchant(random: Random, lane: Lane, plain: bool) -> str:
    if lane is Lane.MERCHANT:
        return random.choice(MERCHANTS)
    if lane is Lane.PLATFORM or (plain and lane is not Lane.PRODUCT):
        return ""
    return random.choice(("", *MERCHANTS))


def _random_threshold(random: Random, lane: Lane) -> Threshold | None:
    if random.random() < 0.4:
        return None
    if lane is Lane.PRODUCT or random.random() < 0.4:
        return Threshold(quantity=random.choice((1, 2, 3, 5)))
    return Threshold(amount=random.choice((1, 1_000, 3_000, 12_000)))


def _random_reach(random: Random, merchant_id: str) -> dict[str, Any]:
    kinds = sorted(CATEGORIES)
    products = {f"prd_{random.choice(kinds)}_{random.choice(MERCHANTS)}" for _ in range(3)}
    return {
        "products": frozenset(products if random.random() < 0.3 else ()),
        "categories": frozenset({random.choice(("tea", "food", "home"))})
        if random.random() < 0.3
        else frozenset(),
        "merchants": frozenset({random.choice(MERCHANTS)})
        if not merchant_id and random.random() < 0.3
        else frozenset(),
    }


def _random_taxes(random: Random) -> tuple[TaxRule, ...]:
    """Rules of which some are for the place and some for another."""
    scopes = [
        (country, region, category, on)
        for country, region in (("GB", ""), ("GB", "WLS"), ("DE", ""))
        for category, on in (
            ("", Taxed.GOODS),
            ("food", Taxed.GOODS),
            ("tea", Taxed.GOODS),
            ("", Taxed.DELIVERY),
        )
    ]
    rules = [
        a_tax_rule(
            country=country,
            region=region,
            category=category,
            on=on,
            rate_bps=random.choice((0, 250, 2_000, 10_000)),
            is_included=random.random() < 0.5,
        )
        for country, region, category, on in random.sample(scopes, random.choice((0, 2, 5, 9)))
    ]
    return tuple(require_sound_taxes(rules))


def _random_limits(random: Random) -> dict[str, Any]:
    rare = {
        "quota": random.choice((1, 5, 12)),
        "per_member": random.choice((1, 3, 8)),
        "currency": random.choice(("GBP", "EUR")),
        "audience": random.choice(
            (
                Audience(tiers=frozenset({"gold"})),
                Audience(channels=frozenset({"app"})),
                Audience(first_order_only=True),
            )
        ),
    }
    starts_at = random.choice((NOW - DAY, NOW - DAY, NOW - DAY, NOW, NOW + DAY))
    ends_at = random.choice((starts_at + DAY, starts_at + 2 * DAY))
    window = {"starts_at": starts_at, "ends_at": ends_at}
    return window | {name: value for name, value in rare.items() if random.random() < 0.15}
