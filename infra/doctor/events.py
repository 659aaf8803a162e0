"""Facts: each is on the bus, and each of its effects is there exactly once and not without it."""

from collections.abc import Callable

from chalicelib.contexts.aftersales.facts import HelpGiven
from chalicelib.contexts.notifications.model import MailState, Message
from chalicelib.contexts.notifications.workers import LETTERS
from chalicelib.contexts.orders.facts import OrderCompleted, PurchasePaid, RefundRequested
from chalicelib.contexts.orders.service.following import KINDS
from chalicelib.contexts.orders.workers import REFUNDS, SHIPMENTS
from chalicelib.contexts.payments.facts import RefundFailed, RefundSucceeded
from chalicelib.contexts.payments.model import RefundState
from chalicelib.contexts.promotions.service.statistics import CONSUMER as STATISTICS
from chalicelib.contexts.promotions.workers import returned, sold
from chalicelib.contexts.settlement.service import CONSUMER as SETTLEMENT
from chalicelib.contexts.settlement.workers import HANDLERS
from chalicelib.contexts.shipping.facts import ShipmentDelivered, ShipmentMoved
from chalicelib.kernel.facts import Fact
from infra.doctor.registry import Found, invariant
from infra.doctor.whole import Whole

IN_TIMELINE: tuple[type[Fact], ...] = (*KINDS, ShipmentMoved, ShipmentDelivered)
"""Facts that make a step of the timeline."""

MARKED: dict[tuple[str, str], Callable[[Fact], bool]] = {
    ("settlement", SETTLEMENT): lambda fact: type(fact) in HANDLERS,
    ("promotions", STATISTICS): lambda fact: (
        isinstance(fact, PurchasePaid | RefundRequested)
        and bool(sold(fact) if isinstance(fact, PurchasePaid) else returned(fact))
    ),
    ("orders", SHIPMENTS): lambda fact: isinstance(fact, ShipmentMoved | ShipmentDelivered),
    ("orders", REFUNDS): lambda fact: (
        isinstance(fact, RefundSucceeded | RefundFailed) and bool(fact.refund.order_id)
    ),
}
"""Room and consumer -> which facts it leaves a marker of, in the transaction that has the effect."""


@invariant("events.published")
def published(whole: Whole) -> Found:
    """Every committed fact is on the bus."""
    for row in whole.of_kind("outbox", "FACT"):
        if row.due_shard and row.due_at <= whole.horizon.published:
            yield row.sk, f"{row.name} of {row.pk} waits for the bus since {row.due_at}"


@invariant("events.handled_once")
def handled_once(whole: Whole) -> Found:
    """Whoever listens to a fact has noted that it handled it."""
    for (room, consumer), listens in MARKED.items():
        markers = whole.markers(room, consumer)
        for fact in whole.facts.values():
            if not listens(fact) or not _is_expected(whole, fact):
                continue
            if markers.get(fact.id) != fact.name:
                yield fact.id, f"{consumer} has not handled {fact.name} of {fact.aggregate}"


@invariant("events.step_is_written")
def step_is_written(whole: Whole) -> Found:
    """Every fact that shoppers see is a step of its purchase's timeline."""
    steps = {row.sk.partition("#")[2]: row.pk for row in whole.of_kind("orders", "STEP")}
    for fact in whole.told(*IN_TIMELINE):
        if not whole.is_handled(fact):
            continue
        place = f"PURCHASE#{fact.aggregate.removeprefix('pur_')}"
        if steps.get(fact.id) != place:
            yield fact.id, f"{fact.name} is not in the timeline of {fact.aggregate}"


@invariant("events.mail_is_sent")
def mail_is_sent(whole: Whole) -> Found:
    """Every fact that a shopper is told of by mail has led to that mail."""
    mails = {(row.subject, row.sk): row.state for row in whole.of_kind("notifications", "MAIL")}
    for fact in whole.told(*LETTERS):
        if not _is_expected(whole, fact):
            continue
        letter = LETTERS[type(fact)](fact)
        how = mails.get((fact.id, letter.message.value)) or "not begun"
        if letter.to and how != MailState.SENT:
            yield fact.id, f"the mail {letter.message} of {fact.aggregate} is {how}"
    with_mail = {row.subject for row in whole.of_kind("identity", "ACCOUNT") if row.email}
    for told in whole.told(HelpGiven):
        if told.member_id in with_mail and _is_expected(whole, told):
            how = mails.get((told.id, Message.HELP.value)) or "not begun"
            if how != MailState.SENT:
                yield told.id, f"the mail about the answer in {told.case_id} is {how}"


@invariant("events.refund_is_sent")
def refund_is_sent(whole: Whole) -> Found:
    """Every refund that was asked for is with its company."""
    for fact in whole.told(RefundRequested):
        refund = whole.refunds.get(fact.refund.id)
        if refund is None:
            yield fact.refund.id, "it was asked for, and there is no such refund"
        elif refund.state is RefundState.REQUESTED and whole.is_handled(fact):
            yield refund.id, f"{refund.amount.amount} of {refund.payment_id} have not gone out yet"


@invariant("events.order_is_completed")
def order_is_completed(whole: Whole) -> Found:
    """Settlement knows which orders are completed."""
    known = {row.subject for row in whole.of_kind("settlement", "ORDER")}
    for fact in whole.told(OrderCompleted):
        if whole.is_handled(fact) and fact.order_id not in known:
            yield fact.order_id, "it is completed, and settlement does not know"


@invariant("events.effect_has_cause")
def effect_has_cause(whole: Whole) -> Found:
    """No marker, step, mail or completion is there without its fact."""
    completed = {fact.order_id for fact in whole.told(OrderCompleted)}
    for room in ("settlement", "orders", "payments", "inventory", "catalog", "promotions"):
        for row in whole.of_kind(room, "DONE"):
            if row.sk not in whole.facts:
                yield row.sk, f"{row.subject} handled {row.fact}, which nobody told"
    for row in whole.of_kind("orders", "STEP"):
        if row.sk.partition("#")[2] not in whole.facts:
            yield row.pk, f"the step {row.step.kind} of its timeline has no fact"
    for row in whole.of_kind("notifications", "MAIL"):
        if row.subject not in whole.facts:
            yield row.purchase_id, f"the mail {row.sk} has no fact"
    for row in whole.of_kind("settlement", "ORDER"):
        if row.subject not in completed:
            yield row.subject, "settlement thinks it completed, and nobody told so"


def _is_expected(whole: Whole, fact: Fact) -> bool:
    """Whether its traces must be there: it is handled by now, and they are not forgotten yet."""
    return whole.is_handled(fact) and fact.occurred_at >= whole.remembered_since
