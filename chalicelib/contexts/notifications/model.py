"""Which mail a fact leads to, and what the mail says. Templates decide the words."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from chalicelib.contexts.aftersales.facts import HelpGiven
from chalicelib.contexts.identity.facts import CodeRequested
from chalicelib.contexts.orders.facts import (
    OrderDelivered,
    OrderPartlyShipped,
    OrderShipped,
    PurchasePaid,
    PurchasePlaced,
)
from chalicelib.contexts.orders.model.savings import Sums
from chalicelib.contexts.payments.facts import RefundSucceeded
from chalicelib.kernel.money import Money
from chalicelib.kernel.states import Machine


class Message(StrEnum):
    """The mails there are; each is a folder of templates."""

    RECEIVED = "order_received"
    PAID = "order_paid"
    SHIPPED = "order_shipped"
    DELIVERED = "order_delivered"
    REFUNDED = "order_refunded"
    CODE = "one_time_code"
    HELP = "help_given"


class MailState(StrEnum):
    """SENDING is saved before the carrier is asked, SENT after it took the mail."""

    SENDING = "sending"
    SENT = "sent"


MAILS = Machine(MailState, {MailState.SENDING: {MailState.SENT}, MailState.SENT: set()})


class MailLine(Struct, frozen=True):
    """A line as mails show it; `total` is empty where money is not the subject."""

    title: str
    quantity: int
    total: Money | None = None


class MailOrder(Struct, frozen=True):
    """What one merchant sends or sent."""

    merchant: str
    lines: tuple[MailLine, ...]


class MailSaving(Struct, frozen=True):
    """What an offer took off."""

    title: str
    amount: Money


class Letter(Struct, frozen=True, kw_only=True):
    """Everything a mail says: `url` leads to what it is about; without one, to the purchase, and opens it.

    `code` and its `purpose` are those of a one-time code. `to` is an address or, for what is short
    enough, a phone number.
    """

    message: Message
    to: str
    locale: str
    purchase_id: str = ""
    number: str = ""
    purpose: str = ""
    code: str = ""
    total: Money | None = None
    orders: tuple[MailOrder, ...] = ()
    savings: tuple[MailSaving, ...] = ()
    sums: Sums | None = None
    courier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""
    more_follows: bool = False
    expires_at: str = ""
    url: str = ""


def order_number(purchase_id: str) -> str:
    """The short number that people read out: the end of the purchase's id."""
    return purchase_id.rsplit("_", 1)[-1][-10:]


def of_placed(fact: PurchasePlaced) -> Letter:
    """The order is received and waits for its payment."""
    return _of_purchase(fact, Message.RECEIVED, expires_at=fact.expires_at)


def of_paid(fact: PurchasePaid) -> Letter:
    """The money is here and the merchants are at work."""
    return _of_purchase(fact, Message.PAID)


def of_shipped(fact: OrderShipped | OrderPartlyShipped) -> Letter:
    """A shipment is on its way, the last one or one of several."""
    return _of_order(
        fact,
        Message.SHIPPED,
        tuple(MailLine(line.title, line.quantity) for line in fact.lines),
        courier=fact.courier,
        tracking_number=fact.tracking_number,
        tracking_url=fact.tracking_url,
        more_follows=isinstance(fact, OrderPartlyShipped),
    )


def of_delivered(fact: OrderDelivered) -> Letter:
    """Everything arrived."""
    return _of_order(fact, Message.DELIVERED, ())


def of_refunded(fact: RefundSucceeded) -> Letter:
    """Money went back."""
    refund = fact.refund
    return Letter(
        message=Message.REFUNDED,
        to=refund.email,
        locale=refund.locale,
        purchase_id=refund.purchase_id,
        number=order_number(refund.purchase_id),
        total=refund.amount,
    )


def of_code(fact: CodeRequested, to: str, code: str) -> Letter:
    """A one-time code."""
    return Letter(message=Message.CODE, to=to, locale=fact.locale, purpose=fact.purpose, code=code)


def of_help(fact: HelpGiven, to: str, locale: str, url: str) -> Letter:
    """There is an answer; what it says stands behind the sign-in."""
    merchant = MailOrder(_name(fact.merchant_name, locale), ())
    orders = (merchant,) if fact.merchant_name else ()
    return Letter(message=Message.HELP, to=to, locale=locale, orders=orders, url=url)


def _of_purchase(
    fact: PurchasePlaced | PurchasePaid, message: Message, *, expires_at: str = ""
) -> Letter:
    orders = tuple(
        MailOrder(
            _name(order.merchant_name, fact.locale),
            tuple(MailLine(line.title, line.quantity, line.total) for line in order.lines),
        )
        for order in fact.orders
    )
    return Letter(
        message=message,
        to=fact.email,
        locale=fact.locale,
        purchase_id=fact.purchase_id,
        number=order_number(fact.purchase_id),
        total=fact.total,
        orders=orders,
        savings=tuple(
            MailSaving(_name(one.titles, fact.locale), one.amount) for one in fact.savings
        ),
        sums=fact.sums,
        expires_at=expires_at,
    )


def _of_order(
    fact: OrderShipped | OrderPartlyShipped | OrderDelivered,
    message: Message,
    lines: tuple[MailLine, ...],
    **more: Any,
) -> Letter:
    return Letter(
        message=message,
        to=fact.email,
        locale=fact.locale,
        purchase_id=fact.purchase_id,
        number=order_number(fact.purchase_id),
        orders=(MailOrder(_name(fact.merchant_name, fact.locale), lines),),
        **more,
    )


def _name(names: dict[str, str], locale: str) -> str:
    return names.get(locale) or names.get("en") or next(iter(names.values()), "")
