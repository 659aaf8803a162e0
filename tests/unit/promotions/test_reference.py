"""What the slow reference and the refunds of orders make of the same carts."""

from random import Random

from msgspec.structs import replace

from chalicelib.contexts.orders.model.refunds import plan, plan_rest
from chalicelib.contexts.orders.model.refusals import NothingToRefund
from chalicelib.contexts.promotions.model.taxes import NO_TAX, Tax, tax_refunded
from chalicelib.kernel.money import total
from tests.makers.orders import a_line as an_order_line
from tests.makers.orders import an_order
from tests.makers.price_promises import markets, promise, shuffles
from tests.makers.prices import Market
from tests.makers.slow_prices import Slow, rule_for, slow_taxes, tax_together


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


@promise(markets, shuffles)
def test_the_tax_of_any_refunds_sums_to_the_tax(market: Market, random: Random) -> None:
    for line in market.quote().lines:
        whole, passed, back = line.total.amount, 0, 0
        while passed < whole:
            now = random.randint(1, whole - passed)
            part = tax_refunded(line.tax.amount, whole, passed, now)
            assert 0 <= part <= line.tax.amount
            passed, back = passed + now, back + part
        assert back == line.tax.amount


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
    shipped = {one.merchant_id: one.total.amount for one in quote.deliveries}
    rules, place = list(market.rules), market.place
    taxes = dict.fromkeys(slow.lines, told(NO_TAX))
    taxes |= slow_taxes(slow.lines, slow.prices, rules, place)
    assert {line.sku: told(line.tax) for line in quote.lines} == taxes
    rule = rule_for((), "delivery", rules, place)
    for one in quote.deliveries if rule else ():
        name = one.merchant_id
        assert {name: told(one.tax)} == tax_together({name: shipped[name]}, rule)


def told(tax: Tax) -> tuple[int, int, bool]:
    return tax.amount, tax.rate_bps, tax.is_included
