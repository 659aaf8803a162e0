"""What happens to purchases and orders. Every fact's aggregate is its purchase."""

from dataclasses import dataclass
from typing import Any

from chalicelib.contexts.orders.model.values import Order
from chalicelib.contexts.payments.model import Refund
from chalicelib.kernel.facts import Fact
from chalicelib.kernel.money import Money


@dataclass(frozen=True, slots=True)
class PlacedLine:
    sku: str
    title: str
    quantity: int
    unit_price: Money
    total: Money


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    order_id: str
    merchant_id: str
    merchant_name: dict[str, str]
    lines: tuple[PlacedLine, ...]
    total: Money


@dataclass(frozen=True, slots=True)
class PaidLine:
    sku: str
    title: str
    quantity: int
    total: Money
    commission: Money


@dataclass(frozen=True, slots=True)
class PaidOrder:
    """`goods` is after discounts; `total = goods + shipping + tax`."""

    order_id: str
    merchant_id: str
    merchant_name: dict[str, str]
    lines: tuple[PaidLine, ...]
    goods: Money
    shipping: Money
    tax: Money
    total: Money
    commission: Money


@dataclass(frozen=True, slots=True)
class SentLine:
    sku: str
    title: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseFact(Fact):
    """Something that happened to a purchase or one of its orders."""

    purchase_id: str

    @property
    def aggregate(self) -> str:
        return self.purchase_id


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchasePlaced(PurchaseFact):
    """A checkout went through: goods are held until `expires_at` while payment is awaited."""

    name = "orders.PurchasePlaced"

    member_id: str
    email: str
    locale: str
    total: Money
    expires_at: str
    orders: tuple[PlacedOrder, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchasePaid(PurchaseFact):
    """Money for the whole purchase is captured; merchants may confirm and ship.

    `orders` are those that are paid for: one cancelled before is not among them.
    """

    name = "orders.PurchasePaid"

    payment_id: str
    provider: str
    member_id: str
    email: str
    locale: str
    total: Money
    orders: tuple[PaidOrder, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseExpired(PurchaseFact):
    """It was not paid in time; what was held for it is free again."""

    name = "orders.PurchaseExpired"

    order_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseRevived(PurchaseFact):
    """Money came after the expiry and the stock could be taken again. `PurchasePaid` goes with it."""

    name = "orders.PurchaseRevived"

    order_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFact(PurchaseFact):
    """Something that happened to one order. `merchant_name` is by locale."""

    order_id: str
    merchant_id: str
    merchant_name: dict[str, str]
    email: str
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderConfirmed(OrderFact):
    """The merchant took the order on."""

    name = "orders.OrderConfirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPartlyShipped(OrderFact):
    """A shipment left, and more is to follow. `lines` are what is in this one."""

    name = "orders.OrderPartlyShipped"

    shipment_id: str
    courier: str
    tracking_number: str
    tracking_url: str
    lines: tuple[SentLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderShipped(OrderFact):
    """A shipment left, and with it everything is on its way. `lines` are what is in this one."""

    name = "orders.OrderShipped"

    shipment_id: str
    courier: str
    tracking_number: str
    tracking_url: str
    lines: tuple[SentLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDelivered(OrderFact):
    """Everything that was sent has arrived."""

    name = "orders.OrderDelivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCompleted(OrderFact):
    """The shopper said so, or the time to object is over: the merchant may be paid."""

    name = "orders.OrderCompleted"

    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled(OrderFact):
    """It will not be fulfilled. If it was paid for, a `RefundRequested` goes with it."""

    name = "orders.OrderCancelled"

    was_paid: bool
    reason: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequested(PurchaseFact):
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
