"""The states of purchases and orders, and how an order's state follows from its quantities."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

from chalicelib.kernel.states import Machine


class PurchaseState(StrEnum):
    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


PURCHASE = Machine(
    PurchaseState,
    {
        PurchaseState.AWAITING_PAYMENT: {
            PurchaseState.PAID,
            PurchaseState.EXPIRED,
            PurchaseState.CANCELLED,
        },
        PurchaseState.EXPIRED: {PurchaseState.PAID},
        PurchaseState.PAID: {PurchaseState.CANCELLED},
        PurchaseState.CANCELLED: set(),
    },
)


class OrderState(StrEnum):
    """`placed` means paid for. From `confirmed` on the state follows from quantities."""

    AWAITING_PAYMENT = "awaiting_payment"
    PLACED = "placed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    CONFIRMED = "confirmed"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    READY_FOR_PICKUP = "ready_for_pickup"
    PARTLY_DELIVERED = "partly_delivered"
    DELIVERED = "delivered"
    COLLECTED = "collected"
    COMPLETED = "completed"


_O = OrderState
ORDER = Machine(
    OrderState,
    {
        _O.AWAITING_PAYMENT: {_O.PLACED, _O.EXPIRED, _O.CANCELLED},
        _O.EXPIRED: {_O.PLACED},
        _O.PLACED: {_O.CONFIRMED, _O.CANCELLED},
        _O.CONFIRMED: {_O.PARTLY_SHIPPED, _O.SHIPPED, _O.READY_FOR_PICKUP, _O.CANCELLED},
        _O.PARTLY_SHIPPED: {_O.SHIPPED, _O.PARTLY_DELIVERED, _O.DELIVERED},
        _O.SHIPPED: {_O.PARTLY_DELIVERED, _O.DELIVERED},
        _O.READY_FOR_PICKUP: {_O.COLLECTED},
        _O.PARTLY_DELIVERED: {_O.DELIVERED, _O.COMPLETED},
        _O.DELIVERED: {_O.COMPLETED},
        _O.COLLECTED: {_O.COMPLETED},
        _O.COMPLETED: set(),
        _O.CANCELLED: set(),
    },
)
CANCELLABLE = frozenset(ORDER.sources(_O.CANCELLED))
PAID_FOR = frozenset(set(OrderState) - {_O.AWAITING_PAYMENT, _O.EXPIRED, _O.CANCELLED})
SHIPPABLE = frozenset({_O.CONFIRMED, _O.PARTLY_SHIPPED, _O.SHIPPED, _O.PARTLY_DELIVERED})


class Counted(Protocol):
    """What a line tells about its quantities."""

    @property
    def quantity(self) -> int: ...
    @property
    def shipped(self) -> int: ...
    @property
    def delivered(self) -> int: ...
    @property
    def expected(self) -> int: ...


def derived(lines: Iterable[Counted]) -> OrderState:
    """Which fulfilment state quantities amount to, for an order that is confirmed.

    Some delivered: `partly_delivered`; all: `delivered`; else all in shipments: `shipped`; else
    some: `partly_shipped`. A line's `expected` leaves out units refunded before they were sent.
    """
    lines = list(lines)
    if any(line.delivered for line in lines):
        whole = all(line.delivered >= line.expected for line in lines)
        return OrderState.DELIVERED if whole else OrderState.PARTLY_DELIVERED
    if any(line.shipped for line in lines):
        whole = all(line.shipped >= line.expected for line in lines)
        return OrderState.SHIPPED if whole else OrderState.PARTLY_SHIPPED
    return OrderState.CONFIRMED
