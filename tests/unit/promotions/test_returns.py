"""What goes back to a shopper, by examples and in any order of returns."""

from fractions import Fraction
from math import floor
from random import Random

import pytest
from msgspec.structs import replace

from chalicelib.contexts.orders.model.refunds import plan
from chalicelib.contexts.orders.model.refusals import NothingToRefund
from chalicelib.contexts.promotions.model.offers import Kind, Lane, Offer, OnReturn, Threshold
from chalicelib.contexts.promotions.model.quotes import Quote
from chalicelib.contexts.promotions.model.returns import (
    Return,
    SoldLine,
    Terms,
    plan_return,
    terms_of,
)
from tests.makers.orders import a_line as an_order_line
from tests.makers.orders import an_order
from tests.makers.price_promises import markets, promise, shuffles
from tests.makers.prices import MERCHANTS, Market, a_line, a_market, an_offer


def a_saving(**overrides) -> Offer:
    values = {"amount": 600, "threshold": Threshold(amount=3_000), "on_return": OnReturn.RECLAIM}
    return an_offer(**(values | overrides))


class Bought:
    """A merchant's order, of which goods go back."""

    def __init__(self, market: Market, merchant_id: str = "mer_a") -> None:
        quote = market.quote()
        offers = (*market.offers, *market.shopper.coupons)
        self.terms = terms_of(merchant_id, market.basket, quote, offers)
        self.lines = sold(market, quote, merchant_id)
        self.paid = sum(line.total for line in self.lines)

    @property
    def refunded(self) -> int:
        return sum(line.refunded_amount for line in self.lines)

    def give(self, **back: int) -> Return:
        """Return units by the name of their sku."""
        made = plan_return(self.lines, self.terms, {f"a.{name}": n for name, n in back.items()})
        self.write(made, {f"a.{name}": n for name, n in back.items()})
        return made

    def write(self, made: Return, back: dict[str, int]) -> None:
        self.lines = [
            replace(
                line,
                refunded=line.refunded + back.get(line.sku, 0),
                refunded_amount=line.refunded_amount + made.amounts.get(line.sku, 0),
            )
            for line in self.lines
        ]


def sold(market: Market, quote: Quote, merchant_id: str) -> list[SoldLine]:
    return [
        SoldLine(quoted.sku, quoted.quantity, quoted.total.amount)
        for line, quoted in zip(market.basket.lines, quote.lines, strict=True)
        if line.merchant_id == merchant_id
    ]


def three_lines(*offers: Offer, **shipping: int) -> Bought:
    lines = (a_line(), a_line(sku="a.RICE"), a_line(sku="a.CUP", quantity=2))
    return Bought(a_market(*offers, lines=lines, **shipping))


def test_what_keeps_pays_back_what_units_cost() -> None:
    order = three_lines(a_saving(on_return=OnReturn.KEEP))
    assert order.give(TEA=1) == Return({"a.TEA": 850}, 0, ())


def test_a_threshold_that_still_holds_reclaims_nothing() -> None:
    order = three_lines(a_saving())
    assert order.give(CUP=1) == Return({"a.CUP": 850}, 0, ())


def test_a_broken_threshold_holds_back_what_is_not_deserved() -> None:
    order = three_lines(a_saving())
    assert order.give(CUP=2) == Return({"a.CUP": 1_400}, 300, ("off_1",))
    # half of what was held back comes along, and each takes its part of the thousand
    assert order.give(TEA=1) == Return({"a.TEA": 739, "a.CUP": 261}, 150, ("off_1",))


def test_nothing_is_asked_for_that_was_paid_back_before() -> None:
    order = three_lines(a_saving(amount=3_600))
    assert order.give(CUP=1).amounts == {"a.CUP": 100}
    assert order.give(CUP=1) == Return({}, 100, ("off_1",))
    assert order.give(TEA=1) == Return({}, 200, ("off_1",))
    assert order.give(RICE=1) == Return({"a.TEA": 100, "a.RICE": 100, "a.CUP": 100}, 0, ())
    assert order.refunded == order.paid == 400


def test_units_count_where_the_threshold_is_of_units() -> None:
    order = three_lines(a_saving(threshold=Threshold(quantity=3)))
    assert order.give(TEA=1).broken == ()
    assert order.give(RICE=1).broken == ("off_1",)


def test_in_the_product_lane_each_line_stands_by_itself() -> None:
    half = a_saving(
        lane=Lane.PRODUCT,
        kind=Kind.PERCENT_OFF,
        amount=0,
        percent_bps=1_000,
        threshold=Threshold(quantity=2),
    )
    order = three_lines(half)
    assert order.terms == (Terms("off_1", 0, 2, {"a.CUP": 1_800}, {"a.CUP": 200}),)
    assert order.give(TEA=1) == Return({"a.TEA": 1_000}, 0, ())
    assert order.give(CUP=1) == Return({"a.CUP": 800}, 100, ("off_1",))


def test_thresholds_count_what_articles_showed() -> None:
    flash = an_offer(id="off_2", lane=Lane.PRODUCT, kind=Kind.FIXED_PRICE, amount=800)
    (terms,) = three_lines(a_saving(), flash).terms
    assert terms.shown == {"a.TEA": 800, "a.RICE": 800, "a.CUP": 1_600}


def test_free_delivery_is_held_back_while_anything_is_kept() -> None:
    free = a_saving(lane=Lane.SHIPPING, kind=Kind.FREE_SHIPPING, amount=0)
    order = three_lines(free, mer_a=399)
    assert order.give(CUP=2) == Return({"a.CUP": 1_601}, 399, ("off_1",))
    assert order.give(TEA=1, RICE=1).amounts == {"a.TEA": 1_000, "a.RICE": 1_000, "a.CUP": 399}


def test_other_merchants_offers_are_not_frozen_with_an_order() -> None:
    market = a_market(a_saving(), lines=(a_line(quantity=4),))
    assert Bought(market, "mer_b").terms == ()


def test_more_than_is_there_cannot_go_back() -> None:
    with pytest.raises(AssertionError, match="no more goes back than was sold"):
        three_lines().give(TEA=2)


def undeserved(order: Bought, market: Market) -> Fraction:
    """What reclaiming offers took off what is kept and would not have: from the offers themselves."""
    kept = {line.sku: line.quantity - line.refunded for line in order.lines}
    whole = Fraction(0)
    for terms in order.terms:
        units = sum(kept[sku] for sku in terms.shown)
        shown = sum(
            floor(Fraction(price * kept[sku], quantity_of(order, sku)))
            for sku, price in terms.shown.items()
        )
        offer = next(
            one for one in (*market.offers, *market.shopper.coupons) if one.id == terms.offer
        )
        if units < offer.threshold.quantity or shown < offer.threshold.amount:
            whole += terms.off_delivery
            whole += sum(
                floor(Fraction(off * kept[sku], quantity_of(order, sku)))
                for sku, off in terms.off.items()
            )
    return whole


def quantity_of(order: Bought, sku: str) -> int:
    return next(line.quantity for line in order.lines if line.sku == sku)


@promise(markets, shuffles)
def test_any_returns_pay_at_most_what_was_paid_and_all_of_them_exactly_that(
    market: Market, random: Random
) -> None:
    for merchant_id in MERCHANTS:
        order = Bought(market, merchant_id)
        units = [line.sku for line in order.lines for _ in range(line.quantity)]
        random.shuffle(units)
        most = 0
        while units:
            take = random.randint(1, len(units))
            back = {sku: units[:take].count(sku) for sku in units[:take]}
            units = units[take:]
            made = plan_return(order.lines, order.terms, back)
            assert min(made.amounts.values(), default=1) > 0
            order.write(made, back)
            assert all(line.refunded_amount <= line.total for line in order.lines)
            gone = sum(
                line.total
                if line.refunded == line.quantity
                else line.refunded * floor(Fraction(line.total, line.quantity))
                for line in order.lines
            )
            due = gone - undeserved(order, market) if units else gone
            most = max(most, due)
            assert order.refunded == most <= order.paid
            assert made.held == gone - most >= 0
        assert order.refunded == order.paid


@promise(markets, shuffles)
def test_what_keeps_pays_back_what_orders_reckon(market: Market, random: Random) -> None:
    lines = [line for line in market.quote().lines if line.total]
    if not lines:
        return
    order = an_order(
        *(
            an_order_line(line.sku, line.quantity, unit_price=line.unit_price, total=line.total)
            for line in lines
        ),
        shipping=0,
    )
    mine = [SoldLine(line.sku, line.quantity, line.total.amount) for line in lines]
    back = {line.sku: random.randint(0, line.quantity) for line in lines}
    made = plan_return(mine, (), back)
    try:
        planned = plan(order, back, with_shipping=False)
    except NothingToRefund:
        assert made.amounts == {}
        return
    assert made.amounts == {
        line.sku: line.amount.amount for line in planned.lines if line.amount.amount
    }
