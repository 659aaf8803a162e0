"""What was agreed: purchases, orders, their lines, and what has happened to them since."""

import re

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.contexts.cart.model import Totals
from chalicelib.contexts.orders.model.states import (
    PAID_FOR,
    OrderState,
    PurchaseState,
)
from chalicelib.contexts.payments.model import PaymentState
from chalicelib.contexts.promotions.model.quotes import Adjustment
from chalicelib.contexts.promotions.model.returns import Terms
from chalicelib.contexts.promotions.model.taxes import NO_TAX, Tax
from chalicelib.kernel.money import Money, total

EVENTS_MAX = 60
_ORDER_ID = re.compile(r"ord_[0-9A-Z]{26}_[1-9][0-9]?")
_PURCHASE_ID = re.compile(r"pur_[0-9A-Z]{26}")


class Address(Struct, frozen=True):
    """Where to; `country` is ISO 3166-1 alpha-2. Only name, phone, line1 and city are
    always told: much of the world writes no postal code.
    """

    name: str
    phone: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str


class MerchantCopy(Struct, frozen=True):
    """The merchant as it was called when the order was placed."""

    id: str
    code: str
    name: dict[str, str]

    def named(self, locale: str) -> str:
        return self.name.get(locale) or self.name.get("en") or self.code


class OrderLine(Struct, frozen=True):
    """One variant, as agreed. Price, total and commission are frozen; the counts below grow.

    `refunded` units took `refunded_amount` of `total`, `refunded_tax` of what `tax` adds, `refunded_funding` of what the platform pays
    towards it (`funded`) and `refunded_commission` of `commission`; `restocked` units came back into stock, and stay there when their refund fails.
    """

    sku: str
    product_id: str
    slug: str
    title: str
    variant: str
    image: str
    quantity: int
    unit_price: Money
    total: Money
    commission: Money
    adjustments: tuple[Adjustment, ...] = ()
    shipped: int = 0
    delivered: int = 0
    refunded: int = 0
    refunded_amount: int = 0
    refunded_commission: int = 0
    refunded_funding: int = 0
    restocked: int = 0
    tax: Tax = NO_TAX
    refunded_tax: int = 0

    @property
    def funded(self) -> Money:
        """What the platform pays its merchant towards what offers took off."""
        paid = sum(one.by_platform for one in self.adjustments)
        return Money(paid, self.total.currency)

    @property
    def unshipped(self) -> int:
        return self.quantity - self.shipped

    @property
    def expected(self) -> int:
        """How many units the shopper still awaits or has: refunds take unsent ones first."""
        return self.quantity - min(self.refunded, self.unshipped)


class ShippedLine(Struct, frozen=True):
    sku: str
    quantity: int


class ShipmentEvent(Struct, frozen=True):
    """One word of the courier; `at` is the courier's time and only sorts."""

    at: str
    state: str
    place: str = ""
    description: str = ""


class ShipmentCopy(Struct, frozen=True):
    """A shipment as this order knows it; the shipping room has the original.

    `told` is the rank and the id of the fact that said the state.
    """

    id: str
    courier: str
    tracking_number: str
    state: str
    lines: tuple[ShippedLine, ...]
    events: tuple[ShipmentEvent, ...] = ()
    created_at: str = ""
    told: tuple[int, str] = (0, "")
    is_delivered: bool = False
    tracking_url: str = ""

    def with_event(self, event: ShipmentEvent) -> "ShipmentCopy":
        """Add a courier's word; the oldest fall out beyond the limit."""
        if event in self.events:
            return self
        events = sorted((*self.events, event), key=lambda one: (one.at, one.state, one.place))
        return replace(self, events=tuple(events[-EVENTS_MAX:]))


class Order(Struct, frozen=True):
    """What one merchant fulfils of a purchase.

    `returned` is what the company has confirmed as given back, in minor units; `complete_at` is
    when the order completes by itself.
    """

    id: str
    purchase_id: str
    number: int
    merchant: MerchantCopy
    state: OrderState
    lines: tuple[OrderLine, ...]
    totals: Totals
    commission_bps: int
    delivery_method: str
    address: Address
    email: str
    locale: str
    note: str
    created_at: str
    payment_id: str = ""
    paid_at: str = ""
    shipments: tuple[ShipmentCopy, ...] = ()
    shipping_refunded: int = 0
    shipping_funding_refunded: int = 0
    terms: tuple[Terms, ...] = ()
    """What its offers asked for that take back what they gave where too little is kept."""
    shipping_tax: Tax = NO_TAX
    shipping_tax_refunded: int = 0
    delivery_adjustments: tuple[Adjustment, ...] = ()
    """What offers took off shipping; `totals` have it after that."""
    returned: int = 0
    complete_at: str = ""
    version: int = 0

    @property
    def currency(self) -> str:
        return self.totals.payable.currency

    @property
    def commission(self) -> Money:
        return total((line.commission for line in self.lines), self.currency)

    @property
    def funded(self) -> Money:
        """What the platform pays the merchant towards what offers took off its goods."""
        return total((line.funded for line in self.lines), self.currency)

    @property
    def shipping_funded(self) -> Money:
        """What the platform pays the merchant towards its delivery."""
        paid = sum(one.by_platform for one in self.delivery_adjustments)
        return Money(paid, self.currency)

    @property
    def tax_included(self) -> Money:
        """The tax that its prices contain."""
        taxes = [self.shipping_tax, *(line.tax for line in self.lines)]
        return Money(sum(one.amount for one in taxes if one.is_included), self.currency)

    @property
    def refunded(self) -> Money:
        """What was given back so far, or is on its way."""
        lines = sum(line.refunded_amount + line.refunded_tax for line in self.lines)
        delivery = self.shipping_refunded + self.shipping_tax_refunded
        return Money(lines + delivery, self.currency)

    @property
    def payment_state(self) -> PaymentState:
        """The payment's axis as far as this order goes: by what the company has given back."""
        if not self.paid_at:
            return _UNPAID.get(self.state, PaymentState.CREATED)
        if not self.returned:
            return PaymentState.CAPTURED
        if self.returned >= self.totals.payable.amount:
            return PaymentState.REFUNDED
        return PaymentState.PARTLY_REFUNDED

    @property
    def is_discounted(self) -> bool:
        """Whether any offer took part in what it cost."""
        return bool(self.delivery_adjustments) or any(line.adjustments for line in self.lines)

    @property
    def is_wholly_sent(self) -> bool:
        return all(line.shipped >= line.expected for line in self.lines)

    @property
    def has_wholly_arrived(self) -> bool:
        return all(line.delivered >= line.expected for line in self.lines)

    @property
    def is_paid_for(self) -> bool:
        return self.state in PAID_FOR

    def line(self, sku: str) -> OrderLine | None:
        """Find a line by its full SKU, or by the merchant's own code alone."""
        wanted = (sku, f"{self.merchant.code}.{sku}")
        return next((line for line in self.lines if line.sku in wanted), None)

    def shipment(self, shipment_id: str) -> ShipmentCopy | None:
        return next((one for one in self.shipments if one.id == shipment_id), None)


_UNPAID = {
    OrderState.EXPIRED: PaymentState.EXPIRED,
    OrderState.CANCELLED: PaymentState.CANCELLED,
}


class Purchase(Struct, frozen=True):
    """What a shopper pays for once. `attempt` counts its payments, `payment_id` is the last."""

    id: str
    state: PurchaseState
    member_id: str
    email: str
    locale: str
    total: Money
    order_count: int
    created_at: str
    expires_at: str
    payment_id: str
    attempt: int = 1
    paid_at: str = ""
    version: int = 0

    @property
    def ulid(self) -> str:
        return self.id.removeprefix("pur_")

    @property
    def order_ids(self) -> list[str]:
        return [order_id(self.id, number) for number in range(1, self.order_count + 1)]


def order_id(purchase_id: str, number: int) -> str:
    """Name the n-th order of a purchase, so that its partition is known from its id."""
    return f"ord_{purchase_id.removeprefix('pur_')}_{number}"


def payment_id(purchase_id: str, attempt: int) -> str:
    """Name the n-th payment of a purchase."""
    return f"pay_{purchase_id.removeprefix('pur_')}_{attempt}"


def purchase_of_payment(payment: str) -> str:
    """Which purchase a payment pays for."""
    return f"pur_{payment.removeprefix('pay_').rpartition('_')[0]}"


def purchase_of_order(order: str) -> str:
    """Which purchase an order belongs to."""
    return f"pur_{order.removeprefix('ord_').rpartition('_')[0]}"


def number_of_order(order: str) -> int:
    """Which order of its purchase it is."""
    return int(order.rpartition("_")[2])


def is_order_id(text: str) -> bool:
    """Tell whether a text can be an order's id; what cannot is not looked up."""
    return _ORDER_ID.fullmatch(text) is not None


def is_purchase_id(text: str) -> bool:
    """Tell whether a text can be a purchase's id."""
    return _PURCHASE_ID.fullmatch(text) is not None
