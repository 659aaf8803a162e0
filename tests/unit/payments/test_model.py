"""What captured money means, and where payments and refunds may move."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.contexts.payments.model import (
    HOLDS_MONEY,
    OPEN_STATES,
    PAYMENT,
    REFUND,
    Capture,
    PaymentState,
    RefundState,
    judge_capture,
    state_after_return,
)
from chalicelib.kernel.money import Money
from tests.makers.payments import a_payment, gbp

P = PaymentState


@pytest.mark.parametrize("state", sorted(set(P) - HOLDS_MONEY))
def test_asked_for_money_is_taken_wherever_none_is_held(state: P) -> None:
    assert judge_capture(a_payment(state=state), gbp(5_000), "ch_1") is Capture.TAKE


@pytest.mark.parametrize("state", sorted(HOLDS_MONEY))
def test_the_same_reference_is_the_same_money(state: P) -> None:
    paid = a_payment(state=state, captured=gbp(5_000), provider_reference="ch_1")
    assert judge_capture(paid, gbp(5_000), "ch_1") is Capture.DUPLICATE
    assert judge_capture(paid, gbp(5_000), "ch_2") is Capture.EXTRA


@pytest.mark.parametrize("amount", [None, gbp(0), gbp(4_999), gbp(5_001)])
def test_another_amount_is_a_mismatch(amount: object) -> None:
    assert judge_capture(a_payment(), amount, "ch_1") is Capture.MISMATCH  # type: ignore[arg-type]


def test_another_currency_is_a_mismatch() -> None:
    assert judge_capture(a_payment(), Money(5_000, "EUR"), "ch_1") is Capture.MISMATCH


@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=8))
def test_returns_end_as_refunded_exactly_when_all_is_back(parts: list[int]) -> None:
    payment = a_payment(state=P.CAPTURED, captured=gbp(5_000), provider_reference="ch_1")
    for part in parts:
        if payment.returned.amount + part > 5_000:
            break
        state = state_after_return(payment, gbp(part))
        assert state is payment.state or PAYMENT.allows(payment.state, state)
        payment = replace(payment, state=state, returned=payment.returned + gbp(part))
        assert (state is P.REFUNDED) == (payment.returned == payment.captured)


def test_a_disputed_payment_stays_disputed() -> None:
    payment = a_payment(state=P.DISPUTED, captured=gbp(5_000))
    assert state_after_return(payment, gbp(5_000)) is P.DISPUTED


def test_no_payment_that_holds_money_becomes_payable_again() -> None:
    for state in HOLDS_MONEY:
        assert not PAYMENT.edges[state] & (OPEN_STATES | {P.EXPIRED, P.CANCELLED})


def test_an_ended_refund_stays_ended() -> None:
    assert REFUND.is_final(RefundState.SUCCEEDED)
    assert REFUND.is_final(RefundState.FAILED)
    assert not REFUND.allows(RefundState.SENT, RefundState.REQUESTED)
