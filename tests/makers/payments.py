"""Payments, refunds and callbacks to test with."""

from typing import Any

from msgspec.structs import replace

from chalicelib.aws import transact
from chalicelib.contexts.payments import store
from chalicelib.contexts.payments.model import (
    Payment,
    PaymentState,
    Refund,
    RefundLine,
    RefundState,
)
from chalicelib.kernel import clock, ids
from chalicelib.kernel.money import Money
from chalicelib.providers.payment import Callback, CallbackKind

PURCHASE = "pur_01JNAAAAAAAAAAAAAAAAAAAAAA"
PAYMENT = "pay_01JNAAAAAAAAAAAAAAAAAAAAAA_1"


def gbp(amount: int) -> Money:
    return Money(amount, "GBP")


def a_payment(**overrides: Any) -> Payment:
    made = Payment(
        id=PAYMENT,
        purchase_id=PURCHASE,
        provider="sandbox",
        state=PaymentState.CREATED,
        amount=gbp(5_000),
        captured=gbp(0),
        refunded=gbp(0),
        returned=gbp(0),
        created_at=clock.iso(clock.now()),
    )
    return replace(made, **overrides)


def a_callback(kind: CallbackKind = CallbackKind.CAPTURED, **overrides: Any) -> Callback:
    made = Callback(
        provider="sandbox",
        event_id=ids.new("msg"),
        kind=kind,
        payment_id=PAYMENT,
        provider_reference="ch_1",
        amount=gbp(5_000),
        at=clock.iso(clock.now()),
        raw="{}",
    )
    return replace(made, **overrides)


def a_refund(amount: int = 1_000, **overrides: Any) -> Refund:
    made = Refund(
        id=ids.new("ref"),
        payment_id=PAYMENT,
        purchase_id=PURCHASE,
        provider="sandbox",
        provider_reference="ch_1",
        state=RefundState.REQUESTED,
        amount=gbp(amount),
        captured=gbp(5_000),
        shipping=gbp(0),
        tax=gbp(0),
        commission=gbp(amount // 10),
        created_at=clock.iso(clock.now()),
        reason="a chipped spout",
        order_id="ord_01JNAAAAAAAAAAAAAAAAAAAAAA_1",
        merchant_id="mer_1",
        merchant_name="Acme",
        lines=(
            RefundLine(
                sku="acme.TEA", quantity=1, amount=gbp(amount), commission=gbp(amount // 10)
            ),
        ),
        email="ada@shopper.example",
    )
    return replace(made, **overrides)


def stored(payment: Payment) -> Payment:
    """Write a payment that was just created; returns it as stored."""
    transact.commit([store.create(payment)])
    return now(payment.id)


def captured(payment: Payment | None = None) -> Payment:
    """Write a payment and capture it."""
    made = stored(payment or a_payment())
    told = a_callback(payment_id=made.id, amount=made.amount, provider=made.provider)
    transact.commit(store.capture(made, told))
    return now(made.id)


def promised(payment: Payment, refund: Refund) -> Refund:
    """Write a refund as orders does: the promise and the row."""
    transact.commit([store.reserve_refund(payment, refund.amount), store.refund_row(refund)])
    return refund


def now(payment_id: str = PAYMENT) -> Payment:
    """Read a payment."""
    payment, _ = store.payment_with_refunds(payment_id)
    assert payment is not None
    return payment
