"""What the slow reference and the refunds of orders make of the same carts."""

from random import Random

from msgspec.structs import replace

from chalicelib.contexts.orders.model.refunds import plan, plan_rest
from chalicelib.contexts.orders.model.refusals import NothingToRefund
from chalicelib.kernel.money import total
from tests.makers.orders import a_line as an_order_line
from tests.makers.orders import an_order
from tests.makers.price_promises import markets, promise, shuffles
from tests.makers.prices import Market
from tests.makers.slow_prices import Slow


@promise(markets, shuffles)
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


@promise(markets)
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
