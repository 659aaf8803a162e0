"""What happens to purchases and orders. Every fact's aggregate is its purchase."""

from typing import Any

from msgspec import Struct

from chalicelib.contexts.orders.model.savings import Saved, Sums
from chalicelib.contexts.orders.model.values import Order
from chalicelib.contexts.payments.model import Refund
from chalicelib.kernel.facts import Fact
from chalicelib.kernel.money import Money


class PlacedLine(Struct, frozen=True):
    sku: str
    title: str
    quantity: int
    unit_price: Money
    total: Money


class PlacedOrder(Struct, frozen=True):
    order_id: str
    merchant_id: str
    merchant_name: dict[str, str]
    lines: tuple[PlacedLine, ...]
    total: Money


class PaidAdjustment(Struct, frozen=True):
    """What an offer took off, as a positive amount of minor units, and who pays for it."""

    offer_id: str
    amount: int
    by_merchant: int
    by_platform: int


class PaidLine(Struct, frozen=True):
    sku: str
    title: str
    quantity: int
    total: Money
    commission: Money
    adjustments: tuple[PaidAdjustment, ...] = ()


class PaidOrder(Struct, frozen=True):
    """`goods` is after discounts; `total = goods + shipping + tax`. `funding` and `shipping_funding` are
    what the platform pays the merchant towards what its offers took off, in minor units.
    `delivery_adjustments` are what offers took off shipping.
    """

    order_id: str
    merchant_id: str
    merchant_name: dict[str, str]
    lines: tuple[PaidLine, ...]
    goods: Money
    shipping: Money
    tax: Money
    total: Money
    commission: Money
    funding: int = 0
    shipping_funding: int = 0
    delivery_adjustments: tuple[PaidAdjustment, ...] = ()


class SentLine(Struct, frozen=True):
    sku: str
    title: str
    quantity: int


class PurchaseFact(Fact, frozen=True, kw_only=True):
    """Something that happened to a purchase or one of its orders."""

    purchase_id: str

    @property
    def aggregate(self) -> str:
        return self.purchase_id


class PurchasePlaced(PurchaseFact, frozen=True, kw_only=True):
    """A checkout went through: goods are held until `expires_at` while payment is awaited. `savings` are
    what offers took off altogether, `sums` what it costs beside its goods.
    """

    name = "orders.PurchasePlaced"

    member_id: str
    email: str
    locale: str
    total: Money
    expires_at: str
    orders: tuple[PlacedOrder, ...]
    savings: tuple[Saved, ...] = ()
    sums: Sums | None = None


class PurchasePaid(PurchaseFact, frozen=True, kw_only=True):
    """Money for the whole purchase is captured; merchants may confirm and ship.

    `orders` are those that are paid for: one cancelled before is not among them. `savings` are what
    offers took off these altogether, `sums` what they cost beside their goods.
    """

    name = "orders.PurchasePaid"

    payment_id: str
    provider: str
    member_id: str
    email: str
    locale: str
    total: Money
    orders: tuple[PaidOrder, ...]
    savings: tuple[Saved, ...] = ()
    sums: Sums | None = None


class PurchaseExpired(PurchaseFact, frozen=True, kw_only=True):
    """It was not paid in time; what was held for it is free again."""

    name = "orders.PurchaseExpired"

    order_ids: tuple[str, ...]


class PurchaseRevived(PurchaseFact, frozen=True, kw_only=True):
    """Money came after the expiry and the stock could be taken again. `PurchasePaid` goes with it."""

    name = "orders.PurchaseRevived"

    order_ids: tuple[str, ...]


class OrderFact(PurchaseFact, frozen=True, kw_only=True):
    """Something that happened to one order. `merchant_name` is by locale."""

    order_id: str
    merchant_id: str
    merchant_name: dict[str, str]
    email: str
    locale: str


class OrderConfirmed(OrderFact, frozen=True, kw_only=True):
    """The merchant took the order on."""

    name = "orders.OrderConfirmed"


class OrderPartlyShipped(OrderFact, frozen=True, kw_only=True):
    """A shipment left, and more is to follow. `lines` are what is in this one."""

    name = "orders.OrderPartlyShipped"

    shipment_id: str
    courier: str
    tracking_number: str
    tracking_url: str
    lines: tuple[SentLine, ...]


class OrderShipped(OrderFact, frozen=True, kw_only=True):
    """A shipment left, and with it everything is on its way. `lines` are what is in this one."""

    name = "orders.OrderShipped"

    shipment_id: str
    courier: str
    tracking_number: str
    tracking_url: str
    lines: tuple[SentLine, ...]


class OrderDelivered(OrderFact, frozen=True, kw_only=True):
    """Everything that was sent has arrived."""

    name = "orders.OrderDelivered"


class OrderCompleted(OrderFact, frozen=True, kw_only=True):
    """The shopper said so, or the time to object is over: the merchant may be paid."""

    name = "orders.OrderCompleted"

    currency: str


class OrderCancelled(OrderFact, frozen=True, kw_only=True):
    """It will not be fulfilled. If it was paid for, a `RefundRequested` goes with it."""

    name = "orders.OrderCancelled"

    was_paid: bool
    reason: str
    currency: str


class RefundRequested(PurchaseFact, frozen=True, kw_only=True):
    """Money is to go back. The payments room asks the company, with the refund's id as its key.

    The refund names no order and no merchant where no order took the money: it came too late,
    twice, or for a cancelled purchase.
    """

    name = "orders.RefundRequested"

    refund: Refund


def of_order(order: Order) -> dict[str, Any]:
    """The fields that every fact of an order carries."""
    return {
        "purchase_id": order.purchase_id,
        "order_id": order.id,
        "merchant_id": order.merchant.id,
        "merchant_name": order.merchant.name,
        "email": order.email,
        "locale": order.locale,
    }
