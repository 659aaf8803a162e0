"""Under which tabs a member's purchase is found."""

import pytest

from chalicelib.contexts.orders.model.states import OrderState, PurchaseState
from chalicelib.contexts.orders.model.tabs import Tab, fits


class Fake:
    def __init__(self, state, lines=()):
        self.state, self.lines = state, lines


class Line:
    def __init__(self, refunded: int):
        self.refunded = refunded


def tabs_of(purchase: PurchaseState, *orders: OrderState, refunded: int = 0) -> set[Tab]:
    parts = [Fake(state, [Line(refunded)]) for state in orders]
    return {tab for tab in Tab if fits(tab, Fake(purchase), parts)} - {Tab.ALL}


@pytest.mark.parametrize("state", list(OrderState))
def test_every_purchase_is_under_all(state) -> None:
    assert fits(Tab.ALL, Fake(PurchaseState.PAID), [Fake(state)])


def test_one_order_of_several_suffices() -> None:
    both = tabs_of(PurchaseState.PAID, OrderState.CONFIRMED, OrderState.SHIPPED)
    assert both == {Tab.TO_SHIP, Tab.TO_RECEIVE}


def test_what_waits_for_money_waits_for_nothing_else() -> None:
    waiting = tabs_of(PurchaseState.AWAITING_PAYMENT, OrderState.AWAITING_PAYMENT)
    assert waiting == {Tab.TO_PAY}
    assert tabs_of(PurchaseState.EXPIRED, OrderState.EXPIRED) == set()


def test_what_went_back_is_found_where_it_stands_too() -> None:
    done = tabs_of(PurchaseState.PAID, OrderState.COMPLETED, refunded=1)
    assert done == {Tab.COMPLETED, Tab.REFUNDS}
