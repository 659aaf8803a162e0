"""The rules of docs/promotions.md, each by an example that can be reckoned by hand."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from chalicelib.contexts.promotions.model.offers import (
    Audience,
    Kind,
    Lane,
    Offer,
    Part,
    Threshold,
)
from chalicelib.contexts.promotions.model.quotes import Moment, Quote, Shopper
from chalicelib.contexts.promotions.model.shelf import Line
from tests.makers.prices import NOW, Market, a_line, a_market, an_offer

TEA, RICE = a_line(), a_line(sku="a.RICE", product_id="prd_rice", categories=("rice", "food"))
OTHERS = a_line(sku="b.LAMP", product_id="prd_lamp", merchant_id="mer_b", categories=("lamp",))
ALLY = frozenset({Lane.MERCHANT})


def totals(quote: Quote) -> list[int]:
    return [line.total.amount for line in quote.lines]


def names(quote: Quote) -> list[list[str]]:
    return [[one.offer for one in line.adjustments] for line in quote.lines]


def a_fixed_price(**overrides) -> Offer:
    values = {"lane": Lane.PRODUCT, "kind": Kind.FIXED_PRICE, "amount": 750}
    return an_offer(**(values | overrides))


def a_percentage(percent: float, **overrides) -> Offer:
    values = {"kind": Kind.PERCENT_OFF, "amount": 0, "percent_bps": int(percent * 100)}
    return an_offer(**(values | overrides))


def test_an_amount_is_shared_by_largest_remainder() -> None:
    lines = tuple(a_line(sku=f"a.{name}", unit_price=1_000) for name in "CBA")
    assert totals(a_market(an_offer(amount=100), lines=lines).quote()) == [967, 967, 966]


def test_nothing_costs_less_than_nothing() -> None:
    quote = a_market(an_offer(amount=5_000)).quote()
    assert (totals(quote), quote.payable.amount, quote.discount.amount) == ([0], 0, 1_000)


def test_a_merchants_offer_leaves_others_lines_alone() -> None:
    quote = a_market(an_offer(products=frozenset({"prd_lamp"})), lines=(TEA, OTHERS)).quote()
    assert totals(quote) == [1_000, 1_000]


def test_a_category_above_reaches_and_naming_twice_counts_once() -> None:
    offer = an_offer(
        amount=300, products=frozenset({"prd_tea"}), categories=frozenset({"tea", "food"})
    )
    assert totals(a_market(offer, lines=(TEA, RICE)).quote()) == [850, 850]


def test_the_tier_that_takes_most_off_is_taken() -> None:
    tiers = [
        an_offer(id=f"off_{least}", amount=off, threshold=Threshold(amount=least))
        for least, off in ((500, 20), (2_000, 150), (2_001, 900))
    ]
    assert totals(a_market(*tiers, lines=(TEA, RICE)).quote()) == [925, 925]


def test_of_equals_the_first_id_is_taken() -> None:
    assert names(a_market(an_offer(id="off_b"), an_offer(id="off_a")).quote()) == [["off_a"]]


def test_combining_needs_both_to_allow_it() -> None:
    one, other = an_offer(id="off_a", combines_with=ALLY), an_offer(id="off_b")
    assert names(a_market(one, other).quote()) == [["off_a"]]
    other = an_offer(id="off_b", combines_with=ALLY)
    assert names(a_market(one, other).quote()) == [["off_a", "off_b"]]


def test_one_alone_goes_before_two_that_take_less_together() -> None:
    small = [an_offer(id=f"off_{name}", amount=200, combines_with=ALLY) for name in "ab"]
    assert names(a_market(*small, an_offer(id="off_c", amount=401)).quote()) == [["off_c"]]
    assert names(a_market(*small, an_offer(id="off_c", amount=399)).quote()) == [["off_a", "off_b"]]


def test_amounts_go_before_percentages() -> None:
    half = a_percentage(50, id="off_a", combines_with=ALLY)
    quote = a_market(half, an_offer(id="off_b", amount=100, combines_with=ALLY)).quote()
    assert (names(quote), totals(quote)) == ([["off_b", "off_a"]], [450])


def test_lanes_stack_in_their_order() -> None:
    coupon = an_offer(id="cpn_1", lane=Lane.COUPONS, amount=50)
    quote = a_market(
        an_offer(id="off_c", lane=Lane.PLATFORM, merchant_id="", merchant_bps=0, amount=100),
        a_fixed_price(id="off_a"),
        a_percentage(10, id="off_b", threshold=Threshold(amount=700)),
        shopper=Shopper(coupons=(coupon,), points=1_000, points_bps_max=5_000),
    ).quote()
    assert names(quote) == [["off_a", "off_b", "off_c", "cpn_1", "points"]]
    # 1000 -> 750 -> 675 -> 575 -> 525, and points pay half, cents cut off
    assert totals(quote) == [263]


def test_what_a_later_lane_takes_never_breaks_a_threshold() -> None:
    saving = an_offer(id="off_a", amount=300, threshold=Threshold(amount=1_000))
    platform = {"lane": Lane.PLATFORM, "merchant_id": "", "merchant_bps": 0}
    late = an_offer(id="off_b", amount=100, threshold=Threshold(amount=1_000), **platform)
    assert totals(a_market(saving, late).quote()) == [600]
    assert totals(a_market(saving, late, a_fixed_price(id="off_c", amount=999)).quote()) == [999]


@pytest.mark.parametrize(("quantity", "total"), [(1, 1_000), (2, 1_800), (5, 3_500)])
def test_a_ladder_of_quantities_counts_each_line(quantity: int, total: int) -> None:
    ladder = [
        a_percentage(off, id=f"off_{off}", lane=Lane.PRODUCT, threshold=Threshold(quantity=least))
        for least, off in ((2, 10), (5, 30))
    ]
    lines = (a_line(quantity=quantity), RICE)
    assert totals(a_market(*ladder, lines=lines).quote()) == [total, 1_000]


@pytest.mark.parametrize(
    ("units", "off"), [((1_000,) * 3, 1_000), ((1_000,) * 3 + (1,), 1_000), ((1_000, 10), 0)]
)
def test_of_every_full_group_the_cheapest_are_free(units: tuple[int, ...], off: int) -> None:
    lines = tuple(a_line(sku=f"a.{n}", unit_price=price) for n, price in enumerate(units))
    offer = an_offer(kind=Kind.BUY_X_GET_Y, amount=0, buy=2, get=1)
    assert a_market(offer, lines=lines).quote().discount.amount == off


def a_bundle(*parts: Part, **overrides) -> Offer:
    return an_offer(**({"kind": Kind.BUNDLE, "amount": 1_500, "bundle": parts} | overrides))


SET = (Part(sku="a.TEA"), Part(product_id="prd_rice", quantity=2))


@pytest.mark.parametrize(
    ("teas", "rices", "off"),
    [(1, 1, 0), (1, 2, 1_500), (1, 5, 1_500), (2, 4, 3_000), (3, 4, 3_000)],
)
def test_a_bundle_is_counted_in_full_sets(teas: int, rices: int, off: int) -> None:
    lines = (a_line(quantity=teas), replace(RICE, quantity=rices), OTHERS)
    quote = a_market(a_bundle(*SET), lines=lines).quote()
    assert quote.discount.amount == off
    assert quote.lines[2].total.amount == 1_000


def test_a_set_takes_the_dearest_and_one_that_gains_nothing_is_left() -> None:
    prices = (1_000, 900, 800, 200, 100, 50)
    lines = tuple(
        a_line(sku=f"a.{n}", product_id=f"prd_{n}", unit_price=price)
        for n, price in enumerate(prices)
    )
    quote = a_market(a_bundle(Part(quantity=2), amount=950), lines=lines).quote()
    assert quote.discount.amount == 1_000 + 900 - 950 + 800 + 200 - 950


def test_part_of_a_set_may_come_off_and_is_shared_by_what_lines_cost() -> None:
    half = a_bundle(*SET, amount=0, percent_bps=5_000, cap=1_001)
    assert totals(a_market(half, lines=(TEA, replace(RICE, quantity=2))).quote()) == [666, 1_333]


def test_a_variants_part_goes_before_its_products_and_that_before_others() -> None:
    parts = (Part(), Part(product_id="prd_tea"), Part(sku="a.TEA"))
    mix = (TEA, a_line(sku="a.TEB"), RICE)
    assert a_market(a_bundle(*parts), lines=mix).quote().discount.amount == 1_500
    assert (
        a_market(a_bundle(*parts), lines=(replace(TEA, quantity=3),)).quote().discount.amount == 0
    )


def test_so_many_for_the_price_of_fewer_and_so_many_for_a_price() -> None:
    lines = (replace(TEA, quantity=2), RICE)
    three_for_two = an_offer(kind=Kind.BUY_X_GET_Y, amount=0, buy=2, get=1)
    assert a_market(three_for_two, lines=lines).quote().payable.amount == 2_000
    three_for_a_price = a_bundle(Part(quantity=3), amount=2_400, categories=frozenset({"food"}))
    assert a_market(three_for_a_price, lines=lines).quote().payable.amount == 2_400


def test_a_percentage_rounds_halves_up_and_stops_at_its_cap() -> None:
    lines = (a_line(unit_price=350),)
    assert totals(a_market(a_percentage(0.5), lines=lines).quote()) == [348]
    assert totals(a_market(a_percentage(100, cap=70), lines=lines).quote()) == [280]


def test_an_end_is_the_first_moment_without_the_offer() -> None:
    market = a_market(an_offer(ends_at=NOW))
    assert totals(market.quote()) == [1_000]
    before = Moment(NOW - timedelta(microseconds=1))
    assert totals(Market(market.basket, market.offers, before).quote()) == [800]


def test_a_quota_counts_units_in_the_product_lane_and_purchases_elsewhere() -> None:
    lines = (a_line(quantity=3), RICE)
    flash = a_fixed_price(id="off_a", amount=500, quota=5)
    whole = an_offer(id="off_b", quota=2)
    market = a_market(flash, whole, lines=lines)
    quote = Market(market.basket, market.offers, Moment(NOW, {"off_a": 1, "off_b": 1})).quote()
    assert quote.used == {"off_a": 4, "off_b": 1}
    quote = Market(market.basket, market.offers, Moment(NOW, {"off_a": 2, "off_b": 2})).quote()
    assert (quote.used, totals(quote)) == ({}, [3_000, 1_000])


def test_a_member_has_so_many_and_a_first_order_is_the_first() -> None:
    greeting = an_offer(audience=Audience(first_order_only=True), per_member=1)
    assert totals(a_market(greeting).quote()) == [1_000]
    assert totals(a_market(greeting, shopper=Shopper(is_first_order=True)).quote()) == [800]
    again = Shopper(is_first_order=True, uses={"off_1": 1})
    assert totals(a_market(greeting, shopper=again).quote()) == [1_000]


def test_an_offer_in_another_currency_does_not_run() -> None:
    assert totals(a_market(an_offer(currency="EUR")).quote()) == [1_000]


def test_gifts_come_along_beside_a_discount() -> None:
    gift = an_offer(id="off_2", kind=Kind.GIFT, amount=0, sku="a.CUP")
    quote = a_market(an_offer(), gift).quote()
    assert ([one.sku for one in quote.gifts], totals(quote)) == (["a.CUP"], [800])


def test_delivery_goes_free_for_the_merchants_that_are_reached() -> None:
    free = an_offer(lane=Lane.SHIPPING, kind=Kind.FREE_SHIPPING, amount=0)
    quote = a_market(free, lines=(TEA, OTHERS), mer_a=399, mer_b=450).quote()
    assert [(one.merchant_id, one.total.amount) for one in quote.deliveries] == [
        ("mer_a", 0),
        ("mer_b", 450),
    ]
    assert (quote.shipping.amount, quote.payable.amount, quote.discount.amount) == (450, 2_450, 0)


@pytest.mark.parametrize(
    ("merchant_bps", "paid", "funder"),
    [(10_000, (101, 0), "merchant"), (0, (0, 101), "platform"), (5_000, (51, 50), "shared")],
)
def test_each_adjustment_says_who_pays(merchant_bps: int, paid, funder: str) -> None:
    (line,) = a_market(an_offer(amount=101, merchant_bps=merchant_bps)).quote().lines
    (one,) = line.adjustments
    assert ((one.by_merchant, one.by_platform), one.funder) == (paid, funder)


def test_shares_of_the_merchant_sum_over_lines() -> None:
    lines: tuple[Line, ...] = tuple(a_line(sku=f"a.{n}") for n in range(4))
    quote = a_market(an_offer(amount=4, merchant_bps=5_000), lines=lines).quote()
    assert [line.adjustments[0].by_merchant for line in quote.lines] == [1, 0, 1, 0]
