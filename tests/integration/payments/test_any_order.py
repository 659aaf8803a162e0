"""Whatever companies say, in whatever order and however often: money is conserved."""

from contextlib import nullcontext, suppress
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.aws import transact
from chalicelib.contexts.orders import service as orders
from chalicelib.contexts.orders.model.states import PurchaseState
from chalicelib.contexts.payments import store
from chalicelib.contexts.payments.model import (
    HOLDS_MONEY,
    PAYMENT,
    Payment,
    Refund,
    RefundState,
    RefundTooLarge,
)
from chalicelib.contexts.payments.service import UnknownPayment
from chalicelib.kernel import ids
from chalicelib.providers.payment import Callback, CallbackKind
from tests.makers.payments import a_callback, a_refund, gbp
from tests.makers.purchases import TOTAL, placed, seen

K = CallbackKind
PARTS = (1_000, 2_500, 4_000)


@dataclass(frozen=True)
class Told:
    """One callback: `slot` picks the reference, the refund and, with `kind`, the message's id."""

    kind: CallbackKind
    slot: int
    amount: int


@dataclass(frozen=True)
class Asked:
    """A merchant asks for a refund."""

    slot: int


steps = st.lists(
    st.one_of(
        st.builds(
            Told,
            kind=st.sampled_from(sorted(K)),
            slot=st.integers(0, 2),
            amount=st.sampled_from([TOTAL, TOTAL, TOTAL, TOTAL - 1]),
        ),
        st.builds(Asked, slot=st.integers(0, 2)),
    ),
    min_size=1,
    max_size=14,
)


def callback_of(payment: Payment, told: Told) -> Callback:
    is_refund = told.kind in {K.REFUND_SUCCEEDED, K.REFUND_FAILED}
    amount = PARTS[told.slot] if is_refund else told.amount
    return replace(
        a_callback(told.kind, payment_id=payment.id),
        event_id=f"{payment.id}-{told.kind}-{told.slot}-{told.amount}",
        provider_reference=f"ch_{told.slot}",
        refund_id=f"{payment.id}-{told.slot}" if is_refund else "",
        amount=gbp(amount),
    )


def ask(payment: Payment, slot: int) -> None:
    """Promise a refund of captured money, as orders does."""
    fresh, refunds = store.payment_with_refunds(payment.id)
    assert fresh is not None
    refund = replace(
        a_refund(PARTS[slot]),
        id=f"{payment.id}-{slot}",
        payment_id=payment.id,
        purchase_id=payment.purchase_id,
    )
    if fresh.state in HOLDS_MONEY and refund.id not in {one.id for one in refunds}:
        try:
            transact.commit([store.reserve_refund(fresh, refund.amount), store.refund_row(refund)])
        except RefundTooLarge:
            assert fresh.refunded + refund.amount > fresh.captured


def check(before: Payment, payment: Payment, refunds: list[Refund]) -> None:
    promised = sum(one.amount.amount for one in refunds if one.state is not RefundState.FAILED)
    returned = sum(one.amount.amount for one in refunds if one.state is RefundState.SUCCEEDED)
    assert (payment.refunded.amount, payment.returned.amount) == (promised, returned)
    assert 0 <= returned <= promised <= payment.captured.amount
    assert payment.captured.amount % TOTAL == 0
    assert (payment.state in HOLDS_MONEY) == (payment.captured.amount > 0)
    assert before.state is payment.state or PAYMENT.allows(before.state, payment.state)
    purchase, _ = seen(payment.purchase_id)
    assert (purchase.state is PurchaseState.PAID) == (payment.captured.amount > 0)


@pytest.mark.usefixtures("stage")
def test_money_is_conserved_whatever_is_told() -> None:
    @settings(max_examples=30)
    @given(steps)
    def conserved(story: list[Told | Asked]) -> None:
        payment = placed(purchase_id=ids.new("pur"))
        before = payment
        for step in story:
            if isinstance(step, Asked):
                ask(payment, step.slot)
            else:
                is_refund = step.kind in {K.REFUND_SUCCEEDED, K.REFUND_FAILED}
                with suppress(UnknownPayment) if is_refund else nullcontext():
                    orders.hear(callback_of(payment, step))
            after, refunds = store.payment_with_refunds(payment.id)
            assert after is not None
            check(before, after, refunds)
            before = after

    conserved()
