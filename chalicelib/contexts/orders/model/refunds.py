"""What a refund comes to: computed from frozen amounts, to the cent, never more than was paid."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.contexts.orders.model.refusals import NothingToRefund
from chalicelib.contexts.orders.model.values import Order, OrderLine
from chalicelib.contexts.payments.model import RefundLine
from chalicelib.contexts.promotions.model.returns import SoldLine, plan_return
from chalicelib.kernel.money import Money


class RefundPlan(Struct, frozen=True):
    """A refund that can be made now; `order` is how the order stands afterwards.

    `funding` and `shipping_funding` are what the platform paid towards it and gets back.
    """

    order: Order
    lines: tuple[RefundLine, ...]
    shipping: Money
    amount: Money
    commission: Money
    funding: Money
    shipping_funding: Money
    tax: Money
    """What tax had added, of the lines and of shipping; it is part of the amount."""

    @property
    def moves_money(self) -> bool:
        """Whether anybody gets anything back: not where all of it was given for nothing."""
        return bool(self.amount or self.funding or self.shipping_funding)


def plan(order: Order, wanted: Mapping[str, int], *, with_shipping: bool) -> RefundPlan:
    """Plan a refund of units by full SKU and, if asked, of what is left of shipping.

    A unit is worth the line's total divided by its quantity, cents cut off; the last unit takes
    the remainder. What the platform paid towards it and commission follow in proportion, the last
    unit taking the remainder too. Where what is kept is below what an offer of the order's terms
    asked for, what it gave is held back until all has gone back. Refuses `orders.nothing_to_refund`
    for more units than are left and for what comes to nothing.
    """
    if not order.is_paid_for:
        raise NothingToRefund("Nothing was paid for this order")
    shipping_left = order.totals.shipping.amount - order.shipping_refunded
    if with_shipping and not shipping_left and order.totals.shipping:
        raise NothingToRefund("Shipping was refunded before")
    amounts = _by_terms(order, wanted) if order.terms else None
    planned = _planned(order, wanted, with_shipping=with_shipping, amounts=amounts)
    if not planned.moves_money and amounts is not None:
        raise NothingToRefund("An offer's conditions hold all of it back")
    if not planned.moves_money:
        raise NothingToRefund("This comes to nothing")
    return planned


def plan_rest(order: Order) -> RefundPlan:
    """Plan to give back everything that is left, which may be nothing."""
    rest = {line.sku: line.quantity - line.refunded for line in order.lines}
    return _planned(order, rest, with_shipping=True)


def _by_terms(order: Order, wanted: Mapping[str, int]) -> dict[str, int]:
    """What each line pays back by the order's terms. A refund that failed may have left a line with
    more paid back than its units are worth: then it counts as that much.
    """
    for line in order.lines:
        _require_left(line, wanted.get(line.sku, 0))
    sold = [
        SoldLine(
            line.sku,
            line.quantity,
            line.total.amount,
            line.refunded,
            min(line.refunded_amount, _worth(line, line.refunded)),
        )
        for line in order.lines
    ]
    return plan_return(sold, order.terms, wanted).amounts


def _planned(
    order: Order,
    wanted: Mapping[str, int],
    *,
    with_shipping: bool,
    amounts: Mapping[str, int] | None = None,
) -> RefundPlan:
    pairs = [
        _take(
            line,
            wanted.get(line.sku, 0),
            None if amounts is None else amounts.get(line.sku, 0),
        )
        for line in order.lines
    ]
    shipping = shipping_funding = zero = Money.zero(order.currency)
    shipping_tax = 0
    if with_shipping:
        shipping_left = order.totals.shipping.amount - order.shipping_refunded
        funding_left = order.shipping_funded.amount - order.shipping_funding_refunded
        shipping = replace(zero, amount=shipping_left)
        shipping_funding = replace(zero, amount=funding_left)
        shipping_tax = order.shipping_tax.added - order.shipping_tax_refunded
    lines = tuple(taken for _, taken in pairs if taken.quantity or taken.amount)
    tax = replace(zero, amount=shipping_tax + sum(taken.tax for taken in lines))
    return RefundPlan(
        order=replace(
            order,
            lines=tuple(line for line, _ in pairs),
            shipping_refunded=order.shipping_refunded + shipping.amount,
            shipping_funding_refunded=order.shipping_funding_refunded + shipping_funding.amount,
            shipping_tax_refunded=order.shipping_tax_refunded + shipping_tax,
        ),
        lines=lines,
        shipping=shipping,
        amount=sum((taken.amount for taken in lines), shipping + tax),
        tax=tax,
        commission=sum((taken.commission for taken in lines), zero),
        funding=replace(zero, amount=sum(taken.funding for taken in lines)),
        shipping_funding=shipping_funding,
    )


def put_back(plan: RefundPlan) -> tuple[Order, dict[str, int]]:
    """Put a refund's units back into stock: the order after that, and the units by sku.

    Those of a refund that failed are there already, so asking again puts none there twice.
    """
    given = {line.sku: line.quantity for line in plan.lines}
    units = {
        line.sku: min(given.get(line.sku, 0), line.refunded - line.restocked)
        for line in plan.order.lines
    }
    units = {sku: quantity for sku, quantity in units.items() if quantity > 0}
    lines = tuple(
        replace(line, restocked=line.restocked + units.get(line.sku, 0))
        for line in plan.order.lines
    )
    return replace(plan.order, lines=lines), units


def undone(
    order: Order,
    lines: tuple[RefundLine, ...],
    shipping: Money,
    shipping_funding: int = 0,
    shipping_tax: int = 0,
) -> Order:
    """Take a refund back that the company could not pay out: it may be asked for again.

    Units that are to be sent again keep the order from completing by itself.
    """
    given = {line.sku: line for line in lines}
    after = replace(
        order,
        lines=tuple(
            _give_back(line, given[line.sku]) if line.sku in given else line for line in order.lines
        ),
        shipping_refunded=order.shipping_refunded - shipping.amount,
        shipping_funding_refunded=order.shipping_funding_refunded - shipping_funding,
        shipping_tax_refunded=order.shipping_tax_refunded - shipping_tax,
    )
    return after if after.is_wholly_sent else replace(after, complete_at="")


def _require_left(line: OrderLine, units: int) -> int:
    """Return how many units are left to refund. Refuses `orders.nothing_to_refund` for more."""
    left = line.quantity - line.refunded
    if units > left:
        raise NothingToRefund(
            f"{left} of {line.sku} are left to refund",
            extra={"lines": [{"sku": line.sku, "left": left}]},
        )
    return left


def _worth(line: OrderLine, units: int) -> int:
    """What so many units of a line are worth to who paid for them."""
    return line.total.amount if units == line.quantity else units * _each(line)


def _each(line: OrderLine) -> int:
    return line.total.amount // line.quantity


def _take(line: OrderLine, units: int, amount: int | None = None) -> tuple[OrderLine, RefundLine]:
    """Take units off what is left of a line, for an amount or for what they are worth."""
    left = _require_left(line, units)
    amount_left = line.total.amount - line.refunded_amount
    funding_left = line.funded.amount - line.refunded_funding
    commission_left = line.commission.amount - line.refunded_commission
    tax_left = line.tax.added - line.refunded_tax
    if amount is None:
        amount = amount_left if units == left else units * _each(line)
    amount = min(amount, amount_left)
    funding = units * (line.funded.amount // line.quantity)
    funding = funding_left if units == left else min(funding, funding_left)
    if (amount, funding) == (amount_left, funding_left):
        commission, tax = commission_left, tax_left
    else:
        back = line.refunded_amount + amount + line.refunded_funding + funding
        due = _commission_due(line, back) - line.refunded_commission
        commission = min(max(due, 0), amount + funding, commission_left)
        tax = min(
            max(_tax_due(line, line.refunded_amount + amount) - line.refunded_tax, 0), tax_left
        )
    currency = line.total.currency
    after = replace(
        line,
        refunded=line.refunded + units,
        refunded_amount=line.refunded_amount + amount,
        refunded_funding=line.refunded_funding + funding,
        refunded_commission=line.refunded_commission + commission,
        refunded_tax=line.refunded_tax + tax,
    )
    taken = RefundLine(
        sku=line.sku,
        quantity=units,
        amount=Money(amount, currency),
        commission=Money(commission, currency),
        funding=funding,
        tax=tax,
    )
    return after, taken


def _commission_due(line: OrderLine, back: int) -> int:
    gross = line.total.amount + line.funded.amount
    return line.commission.amount * back // gross if gross else 0


def _tax_due(line: OrderLine, back: int) -> int:
    """What of a line's added tax goes with so much of its total, cents cut off."""
    total = line.total.amount
    return line.tax.added * back // total if total else 0


def _give_back(line: OrderLine, given: RefundLine) -> OrderLine:
    return replace(
        line,
        refunded=line.refunded - given.quantity,
        refunded_amount=line.refunded_amount - given.amount.amount,
        refunded_funding=line.refunded_funding - given.funding,
        refunded_commission=line.refunded_commission - given.commission.amount,
        refunded_tax=line.refunded_tax - given.tax,
    )
