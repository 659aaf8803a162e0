"""What payments contributes to the life of a refund: promised, sent, ended."""

from msgspec.structs import replace

from chalicelib.aws import outbox, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.payments import facts
from chalicelib.contexts.payments.model import (
    REFUND,
    Payment,
    Refund,
    RefundState,
    RefundTooLarge,
    state_after_return,
)
from chalicelib.contexts.payments.store.callbacks import record_callback
from chalicelib.contexts.payments.store.rows import (
    PaymentItem,
    RefundItem,
    moved,
    payment_row,
    refund_item,
    refund_key,
    timer_shard,
)
from chalicelib.kernel import clock, ids
from chalicelib.kernel.money import Money
from chalicelib.providers.payment import Callback

REFUND_ASK_AFTER_S = 900


def reserve_refund(payment: Payment, amount: Money) -> Write:
    """Contribute a promise to give back, never more than was captured.

    Refuses `payments.refund_too_large`. `captured` is restated, for the bound is computed from it.
    """
    assert amount.amount > 0, "a refund gives something back"
    bound = payment.captured.amount - amount.amount
    return transact.update(
        payment_row(payment),
        [PaymentItem.refunded.add(amount.amount), PaymentItem.version.add(1)],
        (PaymentItem.captured == payment.captured.amount) & (PaymentItem.refunded <= bound),
        refuse=lambda _old: RefundTooLarge(),
    )


def refund_row(refund: Refund) -> Write:
    """Contribute a new refund; its timer makes sure that it goes out and comes back."""
    key = refund_key(refund.payment_id, refund.id)
    row = RefundItem(
        pk=key.pk,
        sk=key.sk,
        state=refund.state,
        refund=refund,
        due_shard=timer_shard(refund.id),
        due_at=clock.iso(clock.later(clock.now(), REFUND_ASK_AFTER_S)),
    )
    return transact.create(row)


def refund_sent(refund: Refund, refund_reference: str, ask_at: str) -> Write:
    """Contribute that the company has the refund."""
    return transact.update(
        refund_item(refund),
        [
            RefundItem.state.set(RefundState.SENT),
            RefundItem.refund_reference.set(refund_reference),
            RefundItem.due_at.set(ask_at),
        ],
        RefundItem.state.is_in(*REFUND.sources(RefundState.SENT)),
        refuse=moved,
    )


def settle_refund(
    payment: Payment,
    refund: Refund,
    state: RefundState,
    *,
    reason: str = "",
    callback: Callback | None = None,
) -> list[Write]:
    """Contribute the end of a refund: `succeeded`, or `failed`, which frees what was set aside.

    Refuses `payments.moved` when the refund has ended already or the payment changed since it was
    read, and `payments.callback_seen` for a repeated callback.
    """
    end = transact.update(
        refund_item(refund),
        [
            RefundItem.state.set(state),
            RefundItem.due_shard.remove(),
            RefundItem.due_at.remove(),
        ],
        RefundItem.state.is_in(*REFUND.sources(state)),
        refuse=moved,
    )
    ended = replace(refund, state=state)
    stamp = {"id": ids.ulid(), "occurred_at": clock.iso(clock.now())}
    fact: facts.RefundSucceeded | facts.RefundFailed
    if state is RefundState.SUCCEEDED:
        money = _returned(payment, refund.amount)
        fact = facts.RefundSucceeded(**stamp, purchase_id=refund.purchase_id, refund=ended)
    else:
        money = _unreserved(payment, refund.amount)
        fact = facts.RefundFailed(
            **stamp, purchase_id=refund.purchase_id, refund=ended, reason=reason
        )
    seen = [record_callback(callback)] if callback else []
    return [*seen, end, money, outbox.write(fact)]


def _returned(payment: Payment, amount: Money) -> Write:
    return transact.update(
        payment_row(payment),
        [
            PaymentItem.returned.add(amount.amount),
            PaymentItem.state.set(state_after_return(payment, amount)),
            PaymentItem.version.add(1),
        ],
        (PaymentItem.state == payment.state)
        & (PaymentItem.captured == payment.captured.amount)
        & (PaymentItem.returned == payment.returned.amount),
        refuse=moved,
    )


def _unreserved(payment: Payment, amount: Money) -> Write:
    return transact.update(
        payment_row(payment),
        [PaymentItem.refunded.add(-amount.amount), PaymentItem.version.add(1)],
        PaymentItem.refunded >= amount.amount,
        refuse=moved,
    )
