"""The quote: a pure function of a basket, the offers, who buys and when."""

from chalicelib.contexts.promotions.model.quotes import (
    ANYBODY,
    Basket,
    Gift,
    Moment,
    Quote,
    QuotedDelivery,
    QuotedLine,
    Shopper,
)
from chalicelib.contexts.promotions.model.sheet import Sheet, work
from chalicelib.contexts.promotions.model.shelf import Shelf
from chalicelib.contexts.promotions.model.taxes import NO_TAX, Taxes, tax_alone, taxed
from chalicelib.kernel.money import Money


def quote(
    basket: Basket,
    shelf: Shelf,
    moment: Moment,
    shopper: Shopper = ANYBODY,
    taxes: Taxes | None = None,
) -> Quote:
    """Price a basket. The same input gives the same quote, whatever the order of lines and offers.

    `taxes` are those of the place that the goods go to (`TaxTable.at`); without them there are none.
    Lines come out in the basket's order. No total is below zero, and every adjustment's parts by
    merchant and platform sum to it. Offers of another currency than the basket's are not looked at.

    Adding a line never raises another line's price *unexpectedly*. Exactly: what the product lane
    leaves of a line depends on that line alone; and as long as no limit is passed, every merchant
    offer that combines covers all of its merchant's lines, and platform offers and coupons cover the
    whole cart, all goods together cost at most what they cost before plus the shown price of what
    was added. Excluded is what merchants ask for by their rules: a fixed amount is shared with the
    line that came, a larger offer whose threshold is now reached takes the place of another, on
    other lines; a quota that has not enough left for the larger basket lets its offer go; and
    narrow offers of a later lane find less to take off where an earlier one has taken more.
    """
    return _written(basket, work(basket, shelf, shopper, moment), taxes)


def _written(basket: Basket, sheet: Sheet, rules: Taxes | None) -> Quote:
    currency = basket.currency
    lines: list[QuotedLine | None] = [None] * len(basket.lines)
    taxes = taxed(sheet.lines, sheet.prices, rules) if rules else [NO_TAX] * len(sheet.lines)
    rows = zip(sheet.order, sheet.lines, sheet.prices, sheet.adjustments, taxes, strict=True)
    for at, line, price, made, tax in rows:
        adjustments = tuple(made) if made else ()
        total = Money(price, currency)
        lines[at] = QuotedLine(line.sku, line.quantity, line.unit_price, total, adjustments, tax)
    deliveries = _deliveries(basket, sheet, rules)
    if rules:
        taxes += [one.tax for one in deliveries]
    added = sum([tax.amount for tax in taxes if not tax.is_included]) if rules else 0
    contained = sum([tax.amount for tax in taxes]) - added if rules else 0
    goods = sheet.goods
    left = sum(sheet.prices)
    shipping = sum([one.total.amount for one in deliveries])
    assert min(sheet.prices, default=0) >= 0, "no line costs less than nothing"
    return Quote(
        lines=tuple([line for line in lines if line is not None]),
        deliveries=deliveries,
        gifts=tuple(
            Gift(offer.id, offer.titles, offer.merchant_id, offer.sku) for offer in sheet.gifts
        ),
        used=sheet.used,
        goods=Money(goods, currency),
        discount=Money(goods - left, currency),
        shipping=Money(shipping, currency),
        payable=Money(left + shipping + added, currency),
        tax=Money(added, currency),
        tax_included=Money(contained, currency),
    )


def _deliveries(basket: Basket, sheet: Sheet, rules: Taxes | None) -> tuple[QuotedDelivery, ...]:
    rule = rules.delivery if rules else None
    result = []
    for merchant_id, minor in basket.shipping.items():
        price = Money(minor, basket.currency)
        off = sheet.deliveries.get(merchant_id)
        total = Money(minor + off.amount.amount, basket.currency) if off else price
        tax = NO_TAX
        if rule:
            tax = tax_alone(total.amount, rule.rate_bps, is_included=rule.is_included)
        result.append(QuotedDelivery(merchant_id, price, total, (off,) if off else (), tax))
    return tuple(result)
