"""What holds for every basket and any offers."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.contexts.orders.model.refunds import plan, plan_rest
from chalicelib.contexts.orders.model.refusals import NothingToRefund
from chalicelib.contexts.promotions.model.offers import Lane
from chalicelib.contexts.promotions.model.quotes import POINTS, Quote
from chalicelib.contexts.promotions.model.reasons import Reason, explain
from chalicelib.contexts.promotions.model.shelf import Shelf
from chalicelib.kernel.money import total
from tests.makers.orders import a_line as an_order_line
from tests.makers.orders import an_order
from tests.makers.prices import Market, random_market
from tests.makers.scale import pick
from tests.makers.slow_prices import Slow

CASES = settings(max_examples=pick(1_000, 20_000))
seeds, counts = st.integers(0, 2**32), st.integers(0, 12)
markets = st.builds(random_market, seeds, st.integers(0, 8), counts)
plain_markets = st.builds(
    lambda seed, lines, offers: random_market(seed, lines, offers, plain=True),
    seeds,
    st.integers(2, 8),
    counts,
)


def goods_of(quote: Quote) -> int:
    return quote.goods.amount - quote.discount.amount


@CASES
@given(markets)
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
    assert quote.payable == whole + quote.shipping
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


@CASES
@given(markets, st.randoms(use_true_random=False))
def test_no_order_of_offers_or_lines_shows_in_a_price(market: Market, random: Random) -> None:
    offers, coupons = list(market.offers), list(market.shopper.coupons)
    lines = list(market.basket.lines)
    for deck in (offers, coupons, lines):
        random.shuffle(deck)
    shuffled = Market(
        replace(market.basket, lines=tuple(lines)),
        tuple(offers),
        market.moment,
        replace(market.shopper, coupons=tuple(coupons)),
    )
    one, other = market.quote(), shuffled.quote()
    assert {line.sku: line for line in one.lines} == {line.sku: line for line in other.lines}
    assert replace(one, lines=()) == replace(other, lines=())


@CASES
@given(plain_markets)
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


@CASES
@given(markets)
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


@CASES
@given(markets, st.randoms(use_true_random=False))
def test_any_refunds_one_after_the_other_sum_to_what_was_paid(
    market: Market, random: Random
) -> None:
    lines = [
        an_order_line(line.sku, line.quantity, unit_price=line.unit_price, total=line.total)
        for line in market.quote().lines
        if line.total
    ]
    if not lines:
        return
    order = an_order(*(replace(line, commission=line.total) for line in lines), shipping=0)
    refunded = []
    for _ in range(3):
        line = random.choice(order.lines)
        if line.refunded == line.quantity:
            continue
        try:
            made = plan(order, {line.sku: 1}, with_shipping=False)
        except NothingToRefund:
            assert line.total.amount < line.quantity
            continue
        refunded.append(made.amount)
        order = made.order
    rest = plan_rest(order)
    refunded += [rest.amount] if rest else []
    assert total(refunded, "GBP") == order.totals.payable


@CASES
@given(markets)
def test_the_slow_reference_comes_to_the_same(market: Market) -> None:
    quote = market.quote()
    slow = Slow(market.basket, list(market.offers), market.moment, market.shopper)
    taken = {
        line.sku: [(one.offer, -one.amount.amount, one.by_merchant) for one in line.adjustments]
        for line in quote.lines
    }
    assert taken == slow.parts
    assert {line.sku: line.total.amount for line in quote.lines} == slow.prices
    assert [gift.offer for gift in quote.gifts] == slow.gifts
    free = {
        one.merchant_id: one.adjustments[0].offer for one in quote.deliveries if one.adjustments
    }
    assert free == slow.free


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
