"""What companies and couriers told: kept as it came, with its effect, and no effect without it."""

from collections import Counter

from chalicelib.contexts.payments.facts import ChargebackOpened, PaymentCaptured, PaymentFailed
from chalicelib.contexts.payments.model import RefundState
from chalicelib.contexts.payments.store import CALLBACK_TTL_S, REVIEW
from chalicelib.contexts.shipping.facts import ShipmentDelivered, ShipmentMoved
from chalicelib.kernel import clock
from chalicelib.providers.payment import Callback, CallbackKind, Outcome
from infra.doctor.registry import Found, invariant
from infra.doctor.whole import Whole

REFUND_ENDS = {
    CallbackKind.REFUND_SUCCEEDED: RefundState.SUCCEEDED,
    CallbackKind.REFUND_FAILED: RefundState.FAILED,
}


@invariant("callbacks.have_their_effect")
def have_their_effect(whole: Whole) -> Found:
    """What was accepted of a payment company has had its effect."""
    captured = {(fact.payment_id, fact.provider_reference) for fact in whole.told(PaymentCaptured)}
    failed = {fact.payment_id for fact in whole.told(PaymentFailed)}
    disputed = {fact.payment_id for fact in whole.told(ChargebackOpened)}
    for row in whole.of_kind("payments", "CALLBACK"):
        said: Callback = row.callback
        if row.payment_id not in whole.payments:
            yield row.subject, f"it is about {row.payment_id}, which there is not"
        if row.outcome not in {Outcome.ACCEPTED, Outcome.DUPLICATE}:
            continue
        match said.kind:
            case CallbackKind.CAPTURED:
                is_done = (said.payment_id, said.provider_reference) in captured
            case CallbackKind.FAILED | CallbackKind.EXPIRED:
                is_done = said.payment_id in failed
            case CallbackKind.CHARGEBACK_OPENED:
                is_done = said.payment_id in disputed
            case CallbackKind.REFUND_SUCCEEDED | CallbackKind.REFUND_FAILED:
                refund = whole.refunds.get(said.refund_id)
                is_done = refund is not None and refund.state is REFUND_ENDS[said.kind]
            case CallbackKind.AUTHORIZED:
                is_done = True
        if not is_done:
            yield row.subject, f"{said.kind} of {said.payment_id} was taken, and nothing came of it"


@invariant("callbacks.are_kept")
def are_kept(whole: Whole) -> Found:
    """Money that came and payments that failed are told by a company, whose words are kept."""
    kept = {
        (row.payment_id, row.callback.kind, row.callback.provider_reference)
        for row in whole.of_kind("payments", "CALLBACK")
    }
    no = {CallbackKind.FAILED, CallbackKind.EXPIRED}
    refused = {payment_id for payment_id, kind, _ in kept if kind in no}
    since = clock.iso(clock.later(whole.now, 86_400 - CALLBACK_TTL_S))
    for came in whole.told(PaymentCaptured):
        words = (came.payment_id, CallbackKind.CAPTURED, came.provider_reference)
        if words not in kept and came.occurred_at >= since:
            yield came.payment_id, f"{came.amount.amount} came, and no company said so"
    for fact in whole.told(PaymentFailed):
        if fact.payment_id not in refused and fact.occurred_at >= since:
            yield fact.payment_id, "it failed, and no company said so"


@invariant("callbacks.contradictions_wait")
def contradictions_wait(whole: Whole) -> Found:
    """What contradicts us waits for a person until one has looked, and marks its payment."""
    for row in whole.of_kind("payments", "CALLBACK"):
        if row.outcome != Outcome.FLAGGED:
            continue
        payment = whole.payments.get(row.payment_id)
        if payment is not None and not payment.is_flagged:
            yield row.subject, f"it contradicts {payment.id}, which is not marked"
        if not row.reviewed_by and row.due_shard != REVIEW:
            yield row.subject, "nobody has looked at it, and it is on no list"


@invariant("callbacks.couriers_are_heard")
def couriers_are_heard(whole: Whole) -> Found:
    """Each word of a courier is a movement and a fact of its shipment, once."""
    moves = Counter(row.subject for row in whole.of_kind("shipping", "MOVE"))
    words = Counter(row.shipment_id for row in whole.of_kind("shipping", "CALLBACK"))
    facts = (*whole.told(ShipmentMoved), *whole.told(ShipmentDelivered))
    told = Counter(fact.shipment_id for fact in facts)
    since = clock.iso(clock.later(whole.now, 86_400 - CALLBACK_TTL_S))
    for shipment_id in sorted({*moves, *words, *told}):
        shipment = whole.shipments.get(shipment_id)
        is_remembered = shipment is not None and shipment.created_at >= since
        if moves[shipment_id] != told[shipment_id]:
            yield (
                shipment_id,
                f"{moves[shipment_id]} movements are written, {told[shipment_id]} were told",
            )
        if is_remembered and words[shipment_id] != told[shipment_id]:
            yield (
                shipment_id,
                f"{words[shipment_id]} words of its courier are kept, {told[shipment_id]} were told",
            )
