"""What refunds come to: to the cent, from frozen amounts, never more than was paid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.contexts.orders.model.refunds import plan, plan_rest, put_back, undone
from chalicelib.contexts.orders.model.refusals import NothingToRefund
from chalicelib.contexts.orders.model.states import OrderState
from tests.makers.orders import a_line, an_order, gbp

lines = st.builds(
    lambda quantity, total, share: a_line(
        quantity=quantity, total=gbp(total), commission=gbp(total * share // 10_000)
    ),
    st.integers(1, 40),
    st.integers(1, 100_000),
    st.integers(0, 10_000),
)


def units(order, quantity: int, **kwargs):
    return plan(order, {"acme.TEA": quantity}, with_shipping=False, **kwargs)


def test_the_last_unit_takes_the_remainder() -> None:
    order = an_order(a_line(quantity=3, total=gbp(1_000), commission=gbp(100)))
    amounts = []
    for _ in range(3):
        made = units(order, 1)
        amounts.append((made.amount.amount, made.commission.amount))
        order = made.order
    assert amounts == [(333, 33), (333, 33), (334, 34)]


def test_several_units_at_once_come_to_the_same() -> None:
    order = an_order(a_line(quantity=3, total=gbp(1_000), commission=gbp(100)))
    first = units(order, 2)
    assert (first.amount, units(first.order, 1).amount) == (gbp(666), gbp(334))


def test_shipping_goes_back_once() -> None:
    order = an_order(shipping=400)
    made = plan(order, {}, with_shipping=True)
    assert (made.amount, made.shipping, made.lines) == (gbp(400), gbp(400), ())
    with pytest.raises(NothingToRefund):
        plan(made.order, {}, with_shipping=True)
    assert plan(made.order, {"acme.TEA": 1}, with_shipping=False).amount == gbp(1_000)


@pytest.mark.parametrize("wanted", [{}, {"acme.TEA": 2}, {"acme.TEA": 0}])
def test_refuses_more_than_is_left_and_what_comes_to_nothing(wanted) -> None:
    with pytest.raises(NothingToRefund):
        plan(an_order(), wanted, with_shipping=False)


@pytest.mark.parametrize(
    "state", [OrderState.AWAITING_PAYMENT, OrderState.EXPIRED, OrderState.CANCELLED]
)
def test_refuses_what_was_not_paid_for(state: OrderState) -> None:
    with pytest.raises(NothingToRefund):
        units(an_order(state=state), 1)


def test_the_rest_is_everything_that_was_not_given_back() -> None:
    order = an_order(a_line(quantity=3), shipping=400)
    first = units(order, 1)
    rest = plan_rest(first.order)
    assert rest is not None
    assert first.amount + rest.amount == order.totals.payable
    assert rest.shipping == gbp(400)
    assert not plan_rest(rest.order).moves_money


@given(lines, st.lists(st.integers(1, 5), max_size=40))
def test_any_sequence_gives_back_exactly_what_was_paid(line, wishes) -> None:
    order = an_order(line)
    amounts, commissions = 0, 0
    for wish in wishes:
        left = line.quantity - order.lines[0].refunded
        if wish > left or not (order.lines[0].total.amount // line.quantity):
            break
        made = units(order, wish)
        assert made.amount.amount > 0
        assert 0 <= made.commission.amount <= made.amount.amount
        amounts, commissions = amounts + made.amount.amount, commissions + made.commission.amount
        order = made.order
    rest = plan_rest(order)
    assert rest is not None
    assert amounts + rest.amount.amount == order.totals.payable.amount
    assert commissions + rest.commission.amount == line.commission.amount
    assert rest.order.refunded == order.totals.payable


@given(lines, st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.booleans()), max_size=20))
def test_units_come_back_once_however_often_a_refund_fails(line, story) -> None:
    order, in_stock = an_order(line), 0
    for quantity, fails, is_restocked in story:
        try:
            made = units(order, quantity)
        except NothingToRefund:
            continue
        order, back = put_back(made) if is_restocked else (made.order, {})
        in_stock += sum(back.values())
        assert in_stock == order.lines[0].restocked <= line.quantity
        if not fails and is_restocked:
            assert in_stock >= quantity
        if fails:
            order = undone(order, made.lines, made.shipping)


@given(lines, st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=20))
def test_refunds_that_fail_and_are_made_again_never_exceed_what_was_paid(line, story) -> None:
    order = an_order(line)
    given_back = 0
    for quantity, fails in story:
        try:
            made = units(order, quantity)
        except NothingToRefund:
            continue
        order = made.order
        given_back += made.amount.amount
        if fails:
            order = undone(order, made.lines, made.shipping)
            given_back -= made.amount.amount
        assert order.refunded.amount == given_back <= line.total.amount
        assert 0 <= order.lines[0].refunded_commission <= line.commission.amount
    rest = plan_rest(order)
    assert rest is not None
    assert given_back + rest.amount.amount == order.totals.payable.amount
    assert rest.order.lines[0].refunded_commission == line.commission.amount
