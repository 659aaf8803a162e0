"""A quote against encoding the same quote as JSON: 40 lines of 8 merchants and 50 offers that live.

Then 950 more offers are alive: half by other merchants, half by the cart's own for other products.
`python -m bench prices`.
"""

import gc
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from typing import Any

import msgspec

from bench.report import heading, line
from chalicelib.contexts.promotions.model.engine import quote
from chalicelib.contexts.promotions.model.offers import (
    KINDS,
    Kind,
    Lane,
    Offer,
    Part,
    Threshold,
    lane_of,
    require_sound,
)
from chalicelib.contexts.promotions.model.quotes import Basket, Moment
from chalicelib.contexts.promotions.model.reasons import explain
from chalicelib.contexts.promotions.model.shelf import Line, Shelf
from chalicelib.contexts.promotions.model.taxes import TaxRule, TaxTable
from chalicelib.kernel.money import Money

JSON_TIMES = 12.0
MANY_TIMES = 2.0
LINES, MERCHANTS, OFFERS, MANY = 40, 8, 50, 1_000
PAIRS, ROUNDS, CALLS = 60, 5, 10
SEED = 20_260_301
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOMENT = Moment(NOW)
DAY = timedelta(days=1)
TAXES = TaxTable(
    TaxRule(country="GB", category=category, rate_bps=rate_bps, is_included=True)
    for category, rate_bps in (("", 2_000), ("cat_3", 500), ("cat_4", 0))
).at("GB")
PRICED = {Kind.AMOUNT_OFF, Kind.FIXED_PRICE, Kind.BUNDLE}


def main() -> bool:
    """Print the table; tells whether both limits were kept."""
    heading(f"Prices: a quote of {LINES} lines, CPU against encoding that quote as JSON")
    random = Random(SEED)
    basket = _basket(random)
    offers = [_offer(random, number, _near(random, basket)) for number in range(OFFERS)]
    far = [_offer(random, number, _far(random, number)) for number in range(OFFERS, MANY)]
    few, many = Shelf(offers), Shelf([*offers, *far])
    made = quote(basket, few, MOMENT)
    assert quote(basket, many, MOMENT) == made, "offers for others change nothing"
    adjustments = sum(len(one.adjustments) for one in made.lines)
    line("adjustments in the quote", adjustments, "")
    line("offers that took something off", len(_acting(basket, few)), "")
    encode = msgspec.json.Encoder().encode
    times = _ratio(lambda: quote(basket, few, MOMENT), lambda: encode(made), others=10)
    kept = line(f"{OFFERS} offers: times the encoding", times, "x", limit=JSON_TIMES)
    taxed = quote(basket, few, MOMENT, taxes=TAXES)
    times = _ratio(
        lambda: quote(basket, few, MOMENT, taxes=TAXES), lambda: encode(taxed), others=10
    )
    line(f"{OFFERS} offers and 3 rates of tax: times the encoding", times, "x")
    more = _ratio(lambda: quote(basket, many, MOMENT), lambda: quote(basket, few, MOMENT))
    kept &= line(f"{MANY:,} offers: times {OFFERS} offers", more, "x", limit=MANY_TIMES)
    line("the quote", _seconds(lambda: quote(basket, few, MOMENT)) * 1e6, "µs CPU")
    line("encoding it", _seconds(lambda: encode(made)) * 1e6, "µs CPU")
    why = _seconds(lambda: explain(basket, many, MOMENT))
    line(f"{MANY:,} offers: with every reason", why * 1e6, "µs CPU")
    return kept


def _basket(random: Random) -> Basket:
    lines = tuple(
        Line(
            sku=f"m{number % MERCHANTS}.SKU-{number:03}",
            product_id=f"prd_{number:08}",
            merchant_id=f"mer_{number % MERCHANTS:026}",
            categories=(f"cat_{number % 10}", "cat_all"),
            quantity=random.randint(1, 4),
            unit_price=Money(random.randint(99, 20_000), "GBP"),
        )
        for number in range(LINES)
    )
    return Basket("GBP", lines, {one.merchant_id: 399 for one in lines})


def _near(random: Random, basket: Basket) -> dict[str, Any]:
    """What an offer of the cart's merchants, or one in six of the platform, is about."""
    chosen = random.choice(basket.lines)
    merchant_id = "" if random.random() < 1 / 6 else chosen.merchant_id
    return {"merchant_id": merchant_id} | random.choice(
        (
            {},
            {"products": frozenset({chosen.product_id, "prd_elsewhere"})},
            {"products": frozenset(one.product_id for one in random.sample(basket.lines, 8))},
            {"categories": frozenset({chosen.categories[0]})},
        )
    )


def _far(random: Random, number: int) -> dict[str, Any]:
    """What an offer of others is about, or one of the cart's merchants for other products."""
    if number % 2:
        return {"merchant_id": f"mer_{random.randint(100, 300):026}"}
    products = frozenset(f"prd_9{random.randint(0, 10**6):07}" for _ in range(5))
    return {"merchant_id": f"mer_{number % MERCHANTS:026}", "products": products}


def _offer(random: Random, number: int, about: dict[str, Any]) -> Offer:
    kinds = sorted(set(Kind) - {Kind.GIFT})
    if not about["merchant_id"]:
        kinds = sorted(KINDS[Lane.PRODUCT] | KINDS[Lane.PLATFORM] | KINDS[Lane.SHIPPING])
    kind = random.choice(kinds)
    whole = Threshold(amount=random.choice((1_000, 20_000)))
    threshold = None if kind is Kind.FIXED_PRICE or random.random() < 0.5 else whole
    lane = lane_of(kind, threshold, about["merchant_id"])
    made = Offer(
        id=f"off_{number:026}",
        titles={"en": f"Spring offer {number}", "zh-CN": f"春季优惠 {number}"},
        lane=lane,
        kind=kind,
        currency="GBP",
        starts_at=NOW - DAY,
        ends_at=NOW + DAY,
        amount=random.randint(50, 900) if kind in PRICED else 0,
        percent_bps=random.randint(100, 3_000) if kind is Kind.PERCENT_OFF else 0,
        buy=2,
        get=1,
        bundle=(Part(quantity=2),) if kind is Kind.BUNDLE else (),
        threshold=threshold,
        combines_with=frozenset({lane} if random.random() < 0.3 else ()),
        merchant_bps=10_000 if about["merchant_id"] else 0,
        **about,
    )
    return require_sound(made, currency="GBP")


def _acting(basket: Basket, shelf: Shelf) -> set[str]:
    made = quote(basket, shelf, MOMENT)
    return {each.offer for one in (*made.lines, *made.deliveries) for each in one.adjustments}


def _ratio(one: Callable[[], object], other: Callable[[], object], *, others: int = 1) -> float:
    """The median ratio of pairs, one run right after the other. A round calls the other so many
    times as often, that both last as long: a short one would more easily slip between two noises.
    """
    return median(_seconds(one) / _seconds(other, CALLS * others) for _ in range(PAIRS))


def _seconds(do: Callable[[], object], calls: int = CALLS) -> float:
    """CPU of one call, the quickest of some rounds of calls."""
    gc.disable()
    try:
        return min(_round(do, calls) for _ in range(ROUNDS)) / calls
    finally:
        gc.enable()


def _round(do: Callable[[], object], calls: int) -> float:
    started = time.process_time()
    for _ in range(calls):
        do()
    return time.process_time() - started
