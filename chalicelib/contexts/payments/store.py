"""The payments table: rows, keys, and the writes that payments contributes to transactions."""

from collections.abc import Iterable
from dataclasses import replace

from pynamodb.attributes import (
    BooleanAttribute,
    DiscriminatorAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.expressions.update import Action

from chalicelib.aws import outbox, reads, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.tables import DocumentAttribute, Item
from chalicelib.aws.transact import Write
from chalicelib.contexts.payments import facts
from chalicelib.contexts.payments.model import (
    HOLDS_MONEY,
    PAYMENT,
    REFUND,
    CallbackSeen,
    Payment,
    PaymentAction,
    PaymentMoved,
    PaymentState,
    Refund,
    RefundState,
    RefundTooLarge,
    state_after_return,
)
from chalicelib.kernel import clock, ids
from chalicelib.kernel.money import Money
from chalicelib.providers.payment import Callback, Outcome

CALLBACK_TTL_S = 400 * 86_400
TIMER_SHARDS = 4
REFUND_ASK_AFTER_S = 900
REVIEW = "REVIEW"
"""The partition of `by_due` in which flagged callbacks wait for a person."""


class PaymentsItem(Item):
    """A row of the payments table."""

    class Meta:
        room = "payments"

    kind = DiscriminatorAttribute()


class PaymentItem(PaymentsItem, discriminator="PAYMENT"):
    """One payment. Amounts are minor units of `currency`, kept apart so that conditions can see them."""

    state = UnicodeAttribute()
    provider = UnicodeAttribute()
    purchase_id = UnicodeAttribute()
    currency = UnicodeAttribute()
    amount = NumberAttribute()
    captured = NumberAttribute(default=0)
    refunded = NumberAttribute(default=0)
    returned = NumberAttribute(default=0)
    provider_reference = UnicodeAttribute(default="")
    action = DocumentAttribute(PaymentAction, null=True)
    is_flagged = BooleanAttribute(default=False)
    created_at = UnicodeAttribute()
    version = NumberAttribute(default=1)


class RefundItem(PaymentsItem, discriminator="REFUND"):
    """One refund; `refund` is as it was asked for, what changes since stands beside it."""

    state = UnicodeAttribute()
    refund = DocumentAttribute(Refund)
    refund_reference = UnicodeAttribute(default="")


class CallbackItem(PaymentsItem, discriminator="CALLBACK"):
    """A callback as it came, and what was done with it."""

    payment_id = UnicodeAttribute()
    outcome = UnicodeAttribute()
    received_at = UnicodeAttribute()
    callback = DocumentAttribute(Callback)


class ReferenceItem(PaymentsItem, discriminator="REFERENCE"):
    """Which payment a company's reference belongs to."""

    payment_id = UnicodeAttribute()


class DoneItem(PaymentsItem, discriminator="DONE"):
    """A consumer's marker."""

    fact = UnicodeAttribute()


def payment_key(payment_id: str) -> Key:
    return Key(PaymentItem, _payment_pk(payment_id), "PAYMENT")


def refund_key(payment_id: str, refund_id: str) -> Key:
    return Key(RefundItem, _payment_pk(payment_id), f"REFUND#{refund_id}")


def callback_key(callback: Callback) -> Key:
    return Key(CallbackItem, f"CALLBACK#{callback.provider}#{callback.event_id}", "CALLBACK")


def payment_of(row: PaymentItem | None) -> Payment | None:
    """Return the payment a row holds; None for no row."""
    if row is None:
        return None
    currency = row.currency
    return Payment(
        id=row.pk.partition("#")[2],
        purchase_id=row.purchase_id,
        provider=row.provider,
        state=PaymentState(row.state),
        amount=Money(int(row.amount), currency),
        captured=Money(int(row.captured), currency),
        refunded=Money(int(row.refunded), currency),
        returned=Money(int(row.returned), currency),
        created_at=row.created_at,
        provider_reference=row.provider_reference,
        action=row.action,
        is_flagged=bool(row.is_flagged),
        ask_at=row.due_at or "",
    )


def refund_of(row: RefundItem | None) -> Refund | None:
    """Return the refund a row holds, as it stands now; None for no row."""
    if row is None:
        return None
    return replace(row.refund, state=RefundState(row.state), refund_reference=row.refund_reference)


def payment_with_refunds(payment_id: str) -> tuple[Payment | None, list[Refund]]:
    """Read a payment and all its refunds, oldest first. One round trip."""
    payment: Payment | None = None
    refunds: list[Refund] = []
    for row in reads.query(PaymentsItem, _payment_pk(payment_id)).items:
        if isinstance(row, PaymentItem):
            payment = payment_of(row)
        elif isinstance(row, RefundItem):
            found = refund_of(row)
            refunds += [found] if found else []
    return payment, sorted(refunds, key=lambda refund: (refund.created_at, refund.id))


def payment_by_reference(provider: str, reference: str) -> str:
    """Return the id of the payment that a company's reference belongs to; empty for none."""
    rows = reads.query(ReferenceItem, _reference_pk(provider, reference), limit=1).items
    return rows[0].payment_id if rows else ""


def due(shard: int, before: str, limit: int) -> list[PaymentItem | RefundItem]:
    """Read rows whose company should be asked by now, longest due first."""
    rows = reads.query(
        PaymentsItem, f"ASK#{shard}", index="by_due", between=("0", before), limit=limit
    )
    return [row for row in rows.items if isinstance(row, PaymentItem | RefundItem)]


def under_review(limit: int, start: reads.Position | None = None) -> reads.Rows[CallbackItem]:
    """Read flagged callbacks, oldest first."""
    return reads.query(CallbackItem, REVIEW, index="by_due", limit=limit, start=start)


def create(payment: Payment) -> Write:
    """Contribute a new payment, with its timer where `ask_at` is set."""
    row = PaymentItem(
        pk=_payment_pk(payment.id),
        sk="PAYMENT",
        state=payment.state,
        provider=payment.provider,
        purchase_id=payment.purchase_id,
        currency=payment.amount.currency,
        amount=payment.amount.amount,
        action=payment.action,
        created_at=payment.created_at,
        due_shard=_shard(payment.id) if payment.ask_at else None,
        due_at=payment.ask_at or None,
    )
    return transact.create(row)


def started(payment: Payment, action: PaymentAction) -> Write:
    """Contribute what the company wants the shopper to do."""
    return transact.update(
        _payment_row(payment),
        [
            PaymentItem.state.set(PaymentState.REQUIRES_ACTION),
            PaymentItem.action.set(action),
            PaymentItem.version.add(1),
        ],
        PaymentItem.state.is_in(*PAYMENT.sources(PaymentState.REQUIRES_ACTION)),
        refuse=_moved,
    )


def record_callback(callback: Callback, outcome: Outcome = Outcome.ACCEPTED) -> Write:
    """Contribute the callback as it came: the marker that makes a repetition fail.

    A failed condition refuses `payments.callback_seen`. A flagged one waits for a person.
    """
    now = clock.now()
    is_flagged = outcome is Outcome.FLAGGED
    key = callback_key(callback)
    row = CallbackItem(
        pk=key.pk,
        sk=key.sk,
        payment_id=callback.payment_id,
        outcome=outcome,
        received_at=clock.iso(now),
        callback=callback,
        due_shard=REVIEW if is_flagged else None,
        due_at=clock.iso(now) if is_flagged else None,
        expires_at=None if is_flagged else clock.epoch(now) + CALLBACK_TTL_S,
    )
    return transact.create(row, refuse=_seen)


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
        refund_row(refund),
        *_money_in(payment, callback, applied=False),
    ]


def flag(payment: Payment, callback: Callback) -> list[Write]:
    """Contribute a callback that a person must look at; the payment's state stays as it is."""
    mark = transact.update(
        _payment_row(payment),
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


def reserve_refund(payment: Payment, amount: Money) -> Write:
    """Contribute a promise to give back, never more than was captured.

    Refuses `payments.refund_too_large`. `captured` is restated, for the bound is computed from it.
    """
    assert amount.amount > 0, "a refund gives something back"
    bound = payment.captured.amount - amount.amount
    return transact.update(
        _payment_row(payment),
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
        due_shard=_shard(refund.id),
        due_at=clock.iso(clock.later(clock.now(), REFUND_ASK_AFTER_S)),
    )
    return transact.create(row)


def refund_sent(refund: Refund, refund_reference: str, ask_at: str) -> Write:
    """Contribute that the company has the refund."""
    return transact.update(
        _refund_item(refund),
        [
            RefundItem.state.set(RefundState.SENT),
            RefundItem.refund_reference.set(refund_reference),
            RefundItem.due_at.set(ask_at),
        ],
        RefundItem.state.is_in(*REFUND.sources(RefundState.SENT)),
        refuse=_moved,
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
        _refund_item(refund),
        [
            RefundItem.state.set(state),
            RefundItem.due_shard.remove(),
            RefundItem.due_at.remove(),
        ],
        RefundItem.state.is_in(*REFUND.sources(state)),
        refuse=_moved,
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


def rearm(row: PaymentItem | RefundItem, ask_at: str) -> Write:
    """Contribute the next time to ask, for whoever claims the row first; empty for never again."""
    item = type(row)
    actions: list[Action] = (
        [item.due_at.set(ask_at)] if ask_at else [item.due_shard.remove(), item.due_at.remove()]
    )
    return transact.update(row, actions, item.due_at == row.due_at, refuse=_moved)


def _captured(payment: Payment, callback: Callback, *, promised_back: int) -> Write:
    amount = payment.amount.amount
    return transact.update(
        _payment_row(payment),
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
        refuse=_moved,
    )


def _captured_on_top(payment: Payment, refund: Refund) -> Write:
    return transact.update(
        _payment_row(payment),
        [
            PaymentItem.captured.add(refund.amount.amount),
            PaymentItem.refunded.add(refund.amount.amount),
            PaymentItem.version.add(1),
        ],
        PaymentItem.captured == payment.captured.amount,
        refuse=_moved,
    )


def _money_in(payment: Payment, callback: Callback, *, applied: bool) -> Iterable[Write]:
    """The company's reference, which makes money told twice one, and the fact."""
    assert callback.amount is not None, "captured money has an amount"
    reference = ReferenceItem(
        pk=_reference_pk(payment.provider, callback.provider_reference),
        sk=payment.id,
        payment_id=payment.id,
    )
    yield transact.create(reference, refuse=_seen)
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


def _returned(payment: Payment, amount: Money) -> Write:
    return transact.update(
        _payment_row(payment),
        [
            PaymentItem.returned.add(amount.amount),
            PaymentItem.state.set(state_after_return(payment, amount)),
            PaymentItem.version.add(1),
        ],
        (PaymentItem.state == payment.state)
        & (PaymentItem.captured == payment.captured.amount)
        & (PaymentItem.returned == payment.returned.amount),
        refuse=_moved,
    )


def _unreserved(payment: Payment, amount: Money) -> Write:
    return transact.update(
        _payment_row(payment),
        [PaymentItem.refunded.add(-amount.amount), PaymentItem.version.add(1)],
        PaymentItem.refunded >= amount.amount,
        refuse=_moved,
    )


def _move(payment: Payment, state: PaymentState) -> Write:
    return transact.update(
        _payment_row(payment),
        [PaymentItem.state.set(state), PaymentItem.version.add(1)],
        PaymentItem.state.is_in(*PAYMENT.sources(state)),
        refuse=_moved,
    )


def _payment_row(payment: Payment) -> PaymentItem:
    return PaymentItem(pk=_payment_pk(payment.id), sk="PAYMENT")


def _refund_item(refund: Refund) -> RefundItem:
    key = refund_key(refund.payment_id, refund.id)
    return RefundItem(pk=key.pk, sk=key.sk)


def _payment_pk(payment_id: str) -> str:
    return f"PAYMENT#{payment_id}"


def _reference_pk(provider: str, reference: str) -> str:
    return f"REFERENCE#{provider}#{reference}"


def _shard(subject: str) -> str:
    return f"ASK#{sum(subject.encode()) % TIMER_SHARDS}"


def _moved(_old: object) -> PaymentMoved:
    return PaymentMoved()


def _seen(_old: object) -> CallbackSeen:
    return CallbackSeen()
