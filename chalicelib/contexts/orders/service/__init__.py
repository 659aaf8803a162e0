"""Use cases of orders, by subject: placing, paying, ending early, fulfilling, refunding, looking."""

from chalicelib.contexts.orders.service.access import Shopper, token_of
from chalicelib.contexts.orders.service.checkout import place
from chalicelib.contexts.orders.service.ending import (
    cancel_as_merchant,
    cancel_order,
    cancel_purchase,
    expire,
)
from chalicelib.contexts.orders.service.finding import find
from chalicelib.contexts.orders.service.following import add_step, follow_refund, follow_shipment
from chalicelib.contexts.orders.service.fulfilling import (
    ShipWish,
    complete,
    confirm,
    receive,
    ship,
)
from chalicelib.contexts.orders.service.looking import (
    Listed,
    get_order,
    list_orders,
    look,
    look_through,
    purchases_of_member,
    timeline,
)
from chalicelib.contexts.orders.service.paying import capture, hear, pay_again, payment_callback
from chalicelib.contexts.orders.service.placing import Seen, Wish, finish
from chalicelib.contexts.orders.service.privacy import forget_member, held_about
from chalicelib.contexts.orders.service.refunding import RefundWish, refund
from chalicelib.contexts.orders.service.timers import sweep_due

__all__ = [
    "Listed",
    "RefundWish",
    "Seen",
    "ShipWish",
    "Shopper",
    "Wish",
    "add_step",
    "cancel_as_merchant",
    "cancel_order",
    "cancel_purchase",
    "capture",
    "complete",
    "confirm",
    "expire",
    "find",
    "finish",
    "follow_refund",
    "follow_shipment",
    "forget_member",
    "get_order",
    "hear",
    "held_about",
    "list_orders",
    "look",
    "look_through",
    "pay_again",
    "payment_callback",
    "place",
    "purchases_of_member",
    "receive",
    "refund",
    "ship",
    "sweep_due",
    "timeline",
    "token_of",
]
