"""States of purchases and orders: the listed edges, and what quantities amount to."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.contexts.orders.model.states import (
    CANCELLABLE,
    ORDER,
    PURCHASE,
    OrderState,
    PurchaseState,
    derived,
)


@dataclass(frozen=True)
class Counts:
    quantity: int
    shipped: int = 0
    delivered: int = 0
    expected: int = -1

    def __post_init__(self) -> None:
        if self.expected < 0:
            object.__setattr__(self, "expected", self.quantity)


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ([Counts(2)], "confirmed"),
        ([Counts(2, 1)], "partly_shipped"),
        ([Counts(2, 2), Counts(1)], "partly_shipped"),
        ([Counts(2, 2), Counts(1, 1)], "shipped"),
        ([Counts(2, 2, 1)], "partly_delivered"),
        ([Counts(2, 2, 2), Counts(1)], "partly_delivered"),
        ([Counts(2, 2, 2), Counts(1, 1, 1)], "delivered"),
        ([Counts(2, 1, 0, expected=1)], "shipped"),
        ([Counts(2, 1, 1, expected=1), Counts(3, 0, 0, expected=0)], "delivered"),
    ],
)
def test_the_state_follows_from_quantities(lines: list[Counts], state: str) -> None:
    assert derived(lines) == state


def test_a_cancelled_purchase_is_never_revived() -> None:
    assert PURCHASE.is_final(PurchaseState.CANCELLED)
    assert PURCHASE.edges[PurchaseState.EXPIRED] == {PurchaseState.PAID}


def test_cancelling_ends_with_the_first_shipment() -> None:
    assert set(CANCELLABLE) == {
        OrderState.AWAITING_PAYMENT,
        OrderState.PLACED,
        OrderState.CONFIRMED,
    }


@given(st.lists(st.sampled_from(list(OrderState)), max_size=12))
def test_walking_listed_edges_never_leaves_a_final_state(wishes: list[OrderState]) -> None:
    state = OrderState.AWAITING_PAYMENT
    path = [state]
    for wish in wishes:
        if ORDER.allows(state, wish):
            state = wish
            path.append(state)
    for final in (OrderState.COMPLETED, OrderState.CANCELLED):
        assert final not in path[:-1]
    shipping = {OrderState.PARTLY_SHIPPED, OrderState.SHIPPED}
    if shipping & set(path):
        assert OrderState.CANCELLED not in path
        assert OrderState.CONFIRMED in path
