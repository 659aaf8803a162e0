"""From a priced cart to orders: split by merchant, with commission frozen on every line."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.contexts.cart.model import Delivery, PricedCart, PricedLine, Totals, with_gifts
from chalicelib.contexts.merchants.model import Merchant
from chalicelib.contexts.orders.model.states import OrderState
from chalicelib.contexts.orders.model.values import (
    Address,
    MerchantCopy,
    Order,
    OrderLine,
    order_id,
)
from chalicelib.contexts.promotions.model.returns import Terms, terms_of
from chalicelib.contexts.promotions.model.taxes import Tax
from chalicelib.kernel.money import Money


class Agreement(Struct, frozen=True):
    """What is agreed for the whole purchase and copied into each of its orders."""

    purchase_id: str
    payment_id: str
    delivery_method: str
    address: Address
    email: str
    locale: str
    note: str
    created_at: str


def split(priced: PricedCart, delivery: Delivery, agreement: Agreement) -> tuple[Order, ...]:
    """Make one order a merchant, in the order of the cart."""
    return tuple(
        _order(number, priced.merchants[merchant_id], priced, delivery, agreement)
        for number, merchant_id in enumerate(priced.goods_by_merchant, start=1)
    )


def writes_later(orders: int, stock_rows: int, use_rows: int = 0) -> int:
    """How many writes the largest transaction in a purchase's later life has. `use_rows` are those
    of limited offers.

    Late money writes payment, callback, reference, purchase, holds and four facts besides orders
    and stock; cancelling before payment writes each order with its fact, and key, purchase, holds,
    payment and one fact. Checkout refuses what could not be paid for or cancelled any more.
    """
    return stock_rows + use_rows + max(orders + 9, 2 * orders + 5)


def _order(
    number: int, merchant: Merchant, priced: PricedCart, delivery: Delivery, agreement: Agreement
) -> Order:
    lines = with_gifts(priced, merchant.id)
    return Order(
        id=order_id(agreement.purchase_id, number),
        purchase_id=agreement.purchase_id,
        number=number,
        merchant=MerchantCopy(merchant.id, merchant.code, dict(merchant.name)),
        state=OrderState.AWAITING_PAYMENT,
        lines=tuple(
            _line(line, merchant.commission_bps, delivery.tax_of(line.sku)) for line in lines
        ),
        shipping_tax=delivery.shipping_tax_of(merchant.id),
        terms=_terms(merchant.id, priced, delivery),
        totals=Totals.of(lines, delivery.shares[merchant.id], _added(lines, merchant, delivery)),
        commission_bps=merchant.commission_bps,
        delivery_method=agreement.delivery_method,
        delivery_adjustments=delivery.adjustments.get(merchant.id, ()),
        address=agreement.address,
        email=agreement.email,
        locale=agreement.locale,
        note=agreement.note,
        created_at=agreement.created_at,
        payment_id=agreement.payment_id,
    )


def _terms(merchant_id: str, priced: PricedCart, delivery: Delivery) -> tuple[Terms, ...]:
    """Freeze what a merchant's offers ask of goods that go back."""
    quoted = delivery.quoted or priced.quoted
    if priced.basket is None or quoted is None:
        return ()
    offers = (*priced.deal.offers, *priced.deal.coupon_offers)
    return terms_of(merchant_id, priced.basket, quoted, offers)


def _added(lines: Sequence[PricedLine], merchant: Merchant, delivery: Delivery) -> Money:
    """What tax adds to one merchant's order."""
    taxes = [delivery.shipping_tax_of(merchant.id), *(delivery.tax_of(line.sku) for line in lines)]
    return Money(sum(tax.added for tax in taxes), delivery.price.currency)


def _line(line: PricedLine, commission_bps: int, tax: Tax) -> OrderLine:
    """Freeze a line. Commission is due on what the merchant gets for it: what the shopper pays and
    what the platform pays towards it.
    """
    made = OrderLine(
        sku=line.sku,
        product_id=line.product_id,
        slug=line.slug,
        title=line.title,
        variant=line.variant,
        image=line.image,
        quantity=line.quantity,
        unit_price=line.unit_price,
        total=line.total,
        commission=line.total,
        adjustments=line.adjustments,
        tax=tax,
    )
    return replace(made, commission=(line.total + made.funded).share_bps(commission_bps))
