"""What payments contributes to the life of a payment: begun, captured, declined, disputed."""

from collections.abc import Iterable

from chalicelib.aws import outbox, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.payments import facts
from chalicelib.contexts.payments.model import (
    HOLDS_MONEY,
    PAYMENT,
    Payment,
    PaymentAction,
    PaymentState,
    Refund,
)
from chalicelib.contexts.payments.store.callbacks import record_callback
from chalicelib.contexts.payments.store.refunds import refund_row
from chalicelib.contexts.payments.store.rows import (
    PaymentItem,
    ReferenceItem,
    moved,
    payment_pk,
    payment_row,
    reference_pk,
    seen,
    timer_shard,
)
from chalicelib.kernel import clock, ids
from chalicelib.providers.payment import Callback, Outcome


def create(payment: Payment) -> Write:
    """Contribute a new payment, with its timer where `ask_at` is set."""
    row = PaymentItem(
        pk=payment_pk(payment.id),
        sk="PAYMENT",
        state=payment.state,
        provider=payment.provider,
        purchase_id=payment.purchase_id,
        currency=payment.amount.currency,
        amount=payment.amount.amount,
        action=payment.action,
        created_at=payment.created_at,
        due_shard=timer_shard(payment.id) if payment.ask_at else None,
        due_at=payment.ask_at or None,
    )
    return transact.create(row)


def started(payment: Payment, action: PaymentAction) -> Write:
    """Contribute what the company wants the shopper to do."""
    return transact.update(
        payment_row(payment),
        [
            PaymentItem.state.set(PaymentState.REQUIRES_ACTION),
            PaymentItem.action.set(action),
            PaymentItem.version.add(1),
        ],
        PaymentItem.state.is_in(*PAYMENT.sources(PaymentState.REQUIRES_ACTION)),
        refuse=moved,
    )


def capture(payment: Payment, callback: Callback) -> list[Write]:
    """Contribute a capture that an order takes. The callback's amount must be what was asked."""
    assert callback.amount == payment.amount, "a mismatch is flagged, never captured"
    update = _captured(payment, callback, promised_back=0)
    return [record_callback(callback), update, *_money_in(payment, callback, applied=True)]


def capture_to_return(payment: Payment, callback: Callback, refund: Refund) -> list[Write]:
    """Contribute a capture that no order takes, with the refund of all of it.

    For a payment that holds money already this is money on top of it. The caller adds
    `orders.RefundRequested`, which makes the refund go out.
    """
    assert callback.amount == payment.amount == refund.amount, "all of it goes back"
    if payment.state in HOLDS_MONEY:
        update = _captured_on_top(payment, refund)
    else:
        update = _captured(payment, callback, promised_back=refund.amount.amount)
    return [
        record_callback(callback),
        update,
        *_money_in(payment, callback, applied=False),
        refund_row(refund),
    ]


def flag(payment: Payment, callback: Callback) -> list[Write]:
    """Contribute a callback that a person must look at; the payment's state stays as it is."""
    mark = transact.update(
        payment_row(payment),
        [PaymentItem.is_flagged.set(value=True), PaymentItem.version.add(1)],
        PaymentItem.pk.exists(),
    )
    return [record_callback(callback, Outcome.FLAGGED), mark]


def authorize(payment: Payment, callback: Callback) -> list[Write]:
    """Contribute the company's promise of money."""
    return [record_callback(callback), _move(payment, PaymentState.AUTHORIZED)]


def decline(payment: Payment, callback: Callback, state: PaymentState) -> list[Write]:
    """Contribute a company's no: `failed` or `expired`. The shopper may try again."""
    fact = facts.PaymentFailed(
        id=ids.ulid(),
        occurred_at=clock.iso(clock.now()),
        purchase_id=payment.purchase_id,
        payment_id=payment.id,
        provider=payment.provider,
        state=state,
        reason=callback.reason,
    )
    return [record_callback(callback), _move(payment, state), outbox.write(fact)]


def close(payment: Payment, state: PaymentState) -> Write:
    """Contribute the end of a payment whose purchase has ended: `expired` or `cancelled`.

    The timer stays: money may still arrive, and is then found by asking.
    """
    return _move(payment, state)


def dispute(payment: Payment, callback: Callback) -> list[Write]:
    """Contribute a chargeback."""
    fact = facts.ChargebackOpened(
        id=ids.ulid(),
        occurred_at=clock.iso(clock.now()),
        purchase_id=payment.purchase_id,
        payment_id=payment.id,
        provider=payment.provider,
        provider_reference=payment.provider_reference,
        amount=callback.amount or payment.captured,
        reason=callback.reason,
    )
    return [record_callback(callback), _move(payment, PaymentState.DISPUTED), outbox.write(fact)]


def _captured(payment: Payment, callback: Callback, *, promised_back: int) -> Write:
    amount = payment.amount.amount
    return transact.update(
        payment_row(payment),
        [
            PaymentItem.state.set(PaymentState.CAPTURED),
            PaymentItem.captured.set(amount),
            PaymentItem.refunded.set(promised_back),
            PaymentItem.provider_reference.set(callback.provider_reference),
            PaymentItem.version.add(1),
            PaymentItem.due_shard.remove(),
            PaymentItem.due_at.remove(),
        ],
        PaymentItem.state.is_in(*PAYMENT.sources(PaymentState.CAPTURED))
        & (PaymentItem.amount == amount)
        & (PaymentItem.currency == payment.amount.currency),
        refuse=moved,
    )


def _captured_on_top(payment: Payment, refund: Refund) -> Write:
    return transact.update(
        payment_row(payment),
        [
            PaymentItem.captured.add(refund.amount.amount),
            PaymentItem.refunded.add(refund.amount.amount),
            PaymentItem.version.add(1),
        ],
        PaymentItem.state.is_in(*HOLDS_MONEY),
        refuse=moved,
    )


def _money_in(payment: Payment, callback: Callback, *, applied: bool) -> Iterable[Write]:
    """The company's reference, which makes money told twice one, and the fact."""
    assert callback.amount is not None, "captured money has an amount"
    reference = ReferenceItem(
        pk=reference_pk(payment.provider, callback.provider_reference),
        sk=payment.id,
        payment_id=payment.id,
    )
    yield transact.create(reference, refuse=seen)
    fact = facts.PaymentCaptured(
        id=ids.ulid(),
        occurred_at=clock.iso(clock.now()),
        purchase_id=payment.purchase_id,
        payment_id=payment.id,
        provider=payment.provider,
        provider_reference=callback.provider_reference,
        amount=callback.amount,
        applied=applied,
    )
    yield outbox.write(fact)


def _move(payment: Payment, state: PaymentState) -> Write:
    return transact.update(
        payment_row(payment),
        [PaymentItem.state.set(state), PaymentItem.version.add(1)],
        PaymentItem.state.is_in(*PAYMENT.sources(state)),
        refuse=moved,
    )
