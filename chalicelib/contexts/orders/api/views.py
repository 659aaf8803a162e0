"""What programs see of purchases and orders."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from chalicelib.contexts.cart.model import Totals
from chalicelib.contexts.orders import service
from chalicelib.contexts.orders.model.states import OrderState
from chalicelib.contexts.orders.model.timeline import Step
from chalicelib.contexts.orders.model.values import (
    Address,
    Order,
    ShipmentCopy,
    ShippedLine,
)
from chalicelib.contexts.orders.service import Listed, Seen
from chalicelib.contexts.payments.model import Payment, Refund, RefundState
from chalicelib.contexts.promotions.api.views import AdjustmentView, adjustment_views
from chalicelib.kernel.money import Money


class ActionView(msgspec.Struct, omit_defaults=True):
    """What the shopper does to pay: `redirect` to `url`, `qr`, `client_secret`, or `none`."""

    type: str
    url: str = ""
    qr: str = ""
    client_secret: str = ""


class RefundView(msgspec.Struct):
    id: str
    state: str
    amount: Money
    reason: str
    created_at: str


class PaymentView(msgspec.Struct):
    id: str
    provider: str
    state: str
    amount: Money
    refunded: Money
    refunds: list[RefundView]
    action: ActionView


class PaymentSummary(msgspec.Struct):
    id: str
    provider: str
    state: str
    amount: Money
    refunded: Money


class MerchantRef(msgspec.Struct):
    id: str
    name: str


class LineView(msgspec.Struct):
    sku: str
    product_id: str
    slug: str
    title: str
    variant: str
    image: str
    quantity: int
    unit_price: Money
    total: Money
    adjustments: list[AdjustmentView]
    shipped: int
    returned: int


class EventView(msgspec.Struct, omit_defaults=True):
    at: str
    state: str
    place: str = ""
    description: str = ""


class ShipmentView(msgspec.Struct, omit_defaults=True):
    id: str
    courier: str
    tracking_number: str
    state: str
    lines: list[ShippedLine]
    events: list[EventView]
    tracking_url: str = ""


class OrderView(msgspec.Struct):
    id: str
    merchant: MerchantRef
    state: str
    payment_state: str
    lines: list[LineView]
    totals: Totals
    shipments: list[ShipmentView]


class PurchaseView(msgspec.Struct):
    id: str
    token: str
    state: str
    total: Money
    created_at: str
    expires_at: str
    payment: PaymentView
    orders: list[OrderView]


class PurchaseSummary(msgspec.Struct):
    """A purchase in a list: without its refunds and without what there is to do."""

    id: str
    token: str
    state: str
    total: Money
    created_at: str
    expires_at: str
    payment: PaymentSummary
    orders: list[OrderView]


class PurchaseList(msgspec.Struct):
    items: list[PurchaseSummary]
    next_cursor: str | None


class MerchantOrderView(msgspec.Struct):
    """An order as its merchant sees it."""

    id: str
    purchase_id: str
    merchant: MerchantRef
    state: str
    payment_state: str
    lines: list[LineView]
    totals: Totals
    shipments: list[ShipmentView]
    address: Address
    delivery_method: str
    email: str
    note: str
    created_at: str


class MerchantOrderList(msgspec.Struct):
    items: list[MerchantOrderView]
    next_cursor: str | None


class RefundedLine(msgspec.Struct):
    sku: str
    quantity: int
    amount: Money


class RefundMade(msgspec.Struct):
    """A refund as the merchant that made it sees it; `amount` includes `shipping`."""

    id: str
    state: str
    amount: Money
    lines: list[RefundedLine]
    shipping: Money
    reason: str
    created_at: str


class StepView(msgspec.Struct, omit_defaults=True):
    at: str
    kind: str
    text: str
    place: str = ""


class Timeline(msgspec.Struct):
    items: list[StepView]


def purchase_view(seen: Seen) -> PurchaseView:
    """Show a purchase. What was given back is counted from the refunds themselves."""
    purchase = seen.purchase
    return PurchaseView(
        id=purchase.id,
        token=service.token_of(purchase.id),
        state=purchase.state,
        total=purchase.total,
        created_at=purchase.created_at,
        expires_at=purchase.expires_at,
        payment=_payment(seen.payment, seen.refunds),
        orders=[_order(_counted(order, seen.refunds), seen.payment) for order in seen.orders],
    )


def purchase_summary(listed: Listed) -> PurchaseSummary:
    """Show a purchase in a list."""
    purchase, payment = listed.purchase, listed.payment
    return PurchaseSummary(
        id=purchase.id,
        token=service.token_of(purchase.id),
        state=purchase.state,
        total=purchase.total,
        created_at=purchase.created_at,
        expires_at=purchase.expires_at,
        payment=PaymentSummary(
            payment.id, payment.provider, payment.state, payment.amount, payment.refunded
        ),
        orders=[_order(order, payment) for order in listed.orders],
    )


def merchant_order_view(order: Order) -> MerchantOrderView:
    """Show an order to its merchant."""
    return MerchantOrderView(
        id=order.id,
        purchase_id=order.purchase_id,
        merchant=MerchantRef(order.merchant.id, order.merchant.named(order.locale)),
        state=order.state,
        payment_state=order.payment_state,
        lines=_lines(order),
        totals=order.totals,
        shipments=[shipment_view(one) for one in order.shipments],
        address=order.address,
        delivery_method=order.delivery_method,
        email=order.email,
        note=order.note,
        created_at=order.created_at,
    )


def shipment_view(shipment: ShipmentCopy) -> ShipmentView:
    """Show a shipment."""
    return ShipmentView(
        id=shipment.id,
        courier=shipment.courier,
        tracking_number=shipment.tracking_number,
        state=shipment.state,
        lines=list(shipment.lines),
        events=[
            EventView(event.at, event.state, event.place, event.description)
            for event in shipment.events
        ],
        tracking_url=shipment.tracking_url,
    )


def refund_made(refund: Refund) -> RefundMade:
    """Show a refund to its merchant."""
    return RefundMade(
        id=refund.id,
        state=refund.state,
        amount=refund.amount,
        lines=[RefundedLine(line.sku, line.quantity, line.amount) for line in refund.lines],
        shipping=refund.shipping,
        reason=refund.reason,
        created_at=refund.created_at,
    )


def timeline_view(steps: Sequence[Step], locale: str) -> Timeline:
    """Show a timeline in a language."""
    return Timeline([StepView(one.at, one.kind, one.text(locale), one.place) for one in steps])


def _payment(payment: Payment, refunds: Sequence[Refund]) -> PaymentView:
    action = payment.action
    return PaymentView(
        id=payment.id,
        provider=payment.provider,
        state=payment.state,
        amount=payment.amount,
        refunded=payment.refunded,
        refunds=[
            RefundView(one.id, one.state, one.amount, one.reason, one.created_at) for one in refunds
        ],
        action=ActionView(action.type, action.url, action.qr, action.client_secret)
        if action
        else ActionView("none"),
    )


def _order(order: Order, payment: Payment) -> OrderView:
    waits = order.state is OrderState.AWAITING_PAYMENT
    return OrderView(
        id=order.id,
        merchant=MerchantRef(order.merchant.id, order.merchant.named(order.locale)),
        state=order.state,
        payment_state=payment.state if waits else order.payment_state,
        lines=_lines(order),
        totals=order.totals,
        shipments=[shipment_view(one) for one in order.shipments],
    )


def _lines(order: Order) -> list[LineView]:
    return [
        LineView(
            sku=line.sku,
            product_id=line.product_id,
            slug=line.slug,
            title=line.title,
            variant=line.variant,
            image=line.image,
            quantity=line.quantity,
            unit_price=line.unit_price,
            total=line.total,
            adjustments=adjustment_views(line.adjustments, order.locale),
            shipped=line.shipped,
            returned=line.refunded,
        )
        for line in order.lines
    ]


def _counted(order: Order, refunds: Sequence[Refund]) -> Order:
    returned = sum(
        refund.amount.amount
        for refund in refunds
        if refund.order_id == order.id and refund.state is RefundState.SUCCEEDED
    )
    return replace(order, returned=returned)
