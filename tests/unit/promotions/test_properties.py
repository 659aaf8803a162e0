"""What holds for every basket and any offers."""

from random import Random

import pytest
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.contexts.promotions.model.offers import Lane
from chalicelib.contexts.promotions.model.quotes import POINTS, Quote
from chalicelib.contexts.promotions.model.reasons import Reason, explain
from chalicelib.contexts.promotions.model.shelf import Shelf
from chalicelib.kernel.money import total
from tests.makers.price_promises import counts, markets, promise, seeds, shuffles
from tests.makers.prices import Market, random_market

plain_markets = st.builds(
    lambda seed, lines, offers: random_market(seed, lines, offers, plain=True),
    seeds,
    st.integers(2, 8),
    counts,
)


def goods_of(quote: Quote) -> int:
    return quote.goods.amount - quote.discount.amount


@promise(markets)
def test_everything_sums_to_the_cent_and_nothing_is_below_zero(market: Market) -> None:
    quote = market.quote()
    funding = {offer.id: offer.merchant_bps for offer in market.offers + market.shopper.coupons}
    for line in quote.lines:
        off = total((one.amount for one in line.adjustments), "GBP")
        assert line.total == line.unit_price * line.quantity + off
        assert line.total.amount >= 0
    for one in quote.deliveries:
        assert one.total == one.price + total((each.amount for each in one.adjustments), "GBP")
        assert one.total.amount >= 0
    whole = total((line.total for line in quote.lines), "GBP")
    assert quote.goods - quote.discount == whole
    assert quote.shipping == total((one.total for one in quote.deliveries), "GBP")
    taxes = [line.tax for line in (*quote.lines, *quote.deliveries)]
    assert quote.tax.amount == sum(one.amount for one in taxes if not one.is_included)
    assert quote.tax_included.amount == sum(one.amount for one in taxes if one.is_included)
    assert min((one.amount for one in taxes), default=0) >= 0
    assert all(
        2 * one.tax.amount <= one.total.amount + 1 for one in quote.lines if one.tax.is_included
    )
    assert quote.payable == whole + quote.shipping + quote.tax
    paid: dict[str, tuple[int, int]] = {}
    for line in (*quote.lines, *quote.deliveries):
        for one in line.adjustments:
            assert min(one.by_merchant, one.by_platform) >= 0
            assert one.by_merchant + one.by_platform == -one.amount.amount > 0
            before = paid.get(one.offer, (0, 0))
            paid[one.offer] = before[0] + one.by_merchant, before[1] + one.by_platform
    for offer, (by_merchant, by_platform) in paid.items():
        due = (by_merchant + by_platform) * (0 if offer == POINTS else funding[offer]) / 10_000
        lines = len(quote.lines) + len(quote.deliveries)
        assert abs(by_merchant - due) <= 0.5 * lines


@promise(markets, shuffles)
def test_no_order_of_offers_or_lines_shows_in_a_price(market: Market, random: Random) -> None:
    offers, coupons = list(market.offers), list(market.shopper.coupons)
    lines, rules = list(market.basket.lines), list(market.rules)
    for deck in (offers, coupons, lines, rules):
        random.shuffle(deck)
    shuffled = Market(
        replace(market.basket, lines=tuple(lines)),
        tuple(offers),
        market.moment,
        replace(market.shopper, coupons=tuple(coupons)),
        tuple(rules),
        market.place,
    )
    one, other = market.quote(), shuffled.quote()
    assert {line.sku: line for line in one.lines} == {line.sku: line for line in other.lines}
    assert replace(one, lines=()) == replace(other, lines=())


@promise(plain_markets)
def test_an_added_line_costs_the_others_at_most_nothing(market: Market) -> None:
    *kept, added = market.basket.lines
    before = replace(market, basket=replace(market.basket, lines=tuple(kept))).quote()
    after = market.quote()
    articles = tuple(offer for offer in market.offers if offer.lane is Lane.PRODUCT)
    alone = replace(market, basket=replace(market.basket, lines=(added,)), offers=articles).quote()
    assert goods_of(after) <= goods_of(before) + goods_of(alone)
    shown_before = replace(
        market, basket=replace(market.basket, lines=tuple(kept)), offers=articles
    ).quote()
    shown_after = replace(market, offers=articles).quote()
    assert shown_after.lines[:-1] == shown_before.lines


@promise(markets)
def test_an_offer_that_went_or_did_not_apply_leaves_no_trace(market: Market) -> None:
    full = market.quote()
    verdicts = explain(market.basket, Shelf(market.offers), market.moment, market.shopper)
    applied = {one.offer for one in verdicts if one.reason is Reason.APPLIED}
    acting = tuple(offer for offer in market.offers if offer.id in applied)
    assert replace(market, offers=acting).quote() == full
    for offer in market.offers[:1]:
        without = replace(market, offers=market.offers[1:])
        bare = without.quote()
        assert offer.id not in str(bare)
        assert replace(without, offers=(*without.offers, offer)).quote() == full
        assert without.quote() == bare


@pytest.fixture(scope="module")
def many() -> list[Market]:
    return [random_market(seed, seed % 9, seed % 13) for seed in range(300)]


def test_random_markets_reach_every_lane_and_every_reason(many: list[Market]) -> None:
    reasons, lanes = set(), set()
    for market in many:
        lane_of = {offer.id: offer.lane for offer in market.offers + market.shopper.coupons}
        for one in explain(market.basket, Shelf(market.offers), market.moment, market.shopper):
            reasons.add(one.reason)
            if one.reason is Reason.APPLIED:
                lanes.add(lane_of[one.offer])
    assert reasons == set(Reason)
    assert lanes == set(Lane) - {Lane.POINTS}
