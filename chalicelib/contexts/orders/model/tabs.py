"""How a member's purchases are sorted into tabs: by what the member waits for or has to do."""

from collections.abc import Iterable
from enum import StrEnum

from chalicelib.contexts.orders.model.states import OrderState, PurchaseState
from chalicelib.contexts.orders.model.values import Order, Purchase

_O = OrderState


class Tab(StrEnum):
    ALL = "all"
    TO_PAY = "to_pay"
    TO_SHIP = "to_ship"
    TO_RECEIVE = "to_receive"
    COMPLETED = "completed"
    REFUNDS = "refunds"


STATES = {
    Tab.TO_SHIP: frozenset({_O.PLACED, _O.CONFIRMED, _O.PARTLY_SHIPPED}),
    Tab.TO_RECEIVE: frozenset(
        {
            _O.PARTLY_SHIPPED,
            _O.SHIPPED,
            _O.READY_FOR_PICKUP,
            _O.PARTLY_DELIVERED,
            _O.DELIVERED,
            _O.COLLECTED,
        }
    ),
    Tab.COMPLETED: frozenset({_O.COMPLETED}),
}


def counted(purchases: Iterable[tuple[Purchase, tuple[Order, ...]]]) -> dict[Tab, int]:
    """Count purchases under every tab; one that is under two counts in both."""
    found = dict.fromkeys(Tab, 0)
    for purchase, orders in purchases:
        for tab in Tab:
            found[tab] += fits(tab, purchase, orders)
    return found


def fits(tab: Tab, purchase: Purchase, orders: Iterable[Order]) -> bool:
    """Whether a purchase belongs under a tab: one of its orders suffices, so it may be under two."""
    if tab is Tab.ALL:
        return True
    if tab is Tab.TO_PAY:
        return purchase.state is PurchaseState.AWAITING_PAYMENT
    if tab is Tab.REFUNDS:
        return any(line.refunded for order in orders for line in order.lines)
    return any(order.state in STATES[tab] for order in orders)
