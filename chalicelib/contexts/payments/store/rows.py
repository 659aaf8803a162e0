"""Rows, keys and reads of the payments table."""

from msgspec.structs import replace
from pynamodb.attributes import (
    BooleanAttribute,
    DiscriminatorAttribute,
    NumberAttribute,
    UnicodeAttribute,
)

from chalicelib.aws import reads
from chalicelib.aws.reads import Key
from chalicelib.aws.tables import DocumentAttribute, Item
from chalicelib.contexts.payments.model import (
    CallbackSeen,
    Payment,
    PaymentAction,
    PaymentMoved,
    PaymentState,
    Refund,
    RefundState,
)
from chalicelib.kernel.money import Money
from chalicelib.providers.payment import Callback

TIMER_SHARDS = 4
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
    action: DocumentAttribute[PaymentAction] = DocumentAttribute(PaymentAction, null=True)
    is_flagged = BooleanAttribute(default=False)
    created_at = UnicodeAttribute()
    version = NumberAttribute(default=1)


class RefundItem(PaymentsItem, discriminator="REFUND"):
    """One refund; `refund` is as it was asked for, what changes since stands beside it."""

    state = UnicodeAttribute()
    refund: DocumentAttribute[Refund] = DocumentAttribute(Refund)
    refund_reference = UnicodeAttribute(default="")


class CallbackItem(PaymentsItem, discriminator="CALLBACK"):
    """A callback without what names a person, and what was done with it."""

    payment_id = UnicodeAttribute()
    outcome = UnicodeAttribute()
    received_at = UnicodeAttribute()
    reviewed_by = UnicodeAttribute(default="")
    callback: DocumentAttribute[Callback] = DocumentAttribute(Callback)


class ReferenceItem(PaymentsItem, discriminator="REFERENCE"):
    """Which payment a company's reference belongs to."""

    payment_id = UnicodeAttribute()


class DoneItem(PaymentsItem, discriminator="DONE"):
    """A consumer's marker."""

    fact = UnicodeAttribute()


def payment_key(payment_id: str) -> Key:
    return Key(PaymentItem, payment_pk(payment_id), "PAYMENT")


def refund_key(payment_id: str, refund_id: str) -> Key:
    return Key(RefundItem, payment_pk(payment_id), f"REFUND#{refund_id}")


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
    asked: Refund = row.refund
    return replace(asked, state=RefundState(row.state), refund_reference=row.refund_reference)


def payment_with_refunds(payment_id: str) -> tuple[Payment | None, list[Refund]]:
    """Read a payment and all its refunds, oldest first. One round trip."""
    payment: Payment | None = None
    refunds: list[Refund] = []
    for row in reads.query(PaymentsItem, payment_pk(payment_id)).items:
        if isinstance(row, PaymentItem):
            payment = payment_of(row)
        elif isinstance(row, RefundItem):
            found = refund_of(row)
            refunds += [found] if found else []
    return payment, sorted(refunds, key=lambda refund: (refund.created_at, refund.id))


def payment_by_reference(provider: str, reference: str) -> str:
    """Return the id of the payment that a company's reference belongs to; empty for none."""
    rows = reads.query(ReferenceItem, reference_pk(provider, reference), limit=1).items
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


def payment_pk(payment_id: str) -> str:
    return f"PAYMENT#{payment_id}"


def reference_pk(provider: str, reference: str) -> str:
    return f"REFERENCE#{provider}#{reference}"


def timer_shard(subject: str) -> str:
    return f"ASK#{sum(subject.encode()) % TIMER_SHARDS}"


def payment_row(payment: Payment) -> PaymentItem:
    return PaymentItem(pk=payment_pk(payment.id), sk="PAYMENT")


def refund_item(refund: Refund) -> RefundItem:
    key = refund_key(refund.payment_id, refund.id)
    return RefundItem(pk=key.pk, sk=key.sk)


def moved(_old: object) -> PaymentMoved:
    return PaymentMoved()


def seen(_old: object) -> CallbackSeen:
    return CallbackSeen()
