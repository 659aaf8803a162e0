"""What orders learns from the facts of other rooms: shipments, refunds, and the timeline."""

from collections.abc import Callable

from msgspec.structs import replace

from chalicelib.aws import outbox, reads, retries, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.orders import facts as own
from chalicelib.contexts.orders import store
from chalicelib.contexts.orders.model import fulfilment, refunds
from chalicelib.contexts.orders.model.timeline import Step, StepKind
from chalicelib.contexts.orders.model.values import Order, ShipmentEvent
from chalicelib.contexts.orders.service import telling
from chalicelib.contexts.orders.store import Stale
from chalicelib.contexts.payments import facts as payments
from chalicelib.contexts.shipping import facts as shipping
from chalicelib.kernel import clock
from chalicelib.kernel.errors import Busy
from chalicelib.kernel.facts import Fact

KINDS: dict[type[Fact], StepKind] = {
    own.PurchasePlaced: StepKind.PLACED,
    own.PurchasePaid: StepKind.PAID,
    own.PurchaseExpired: StepKind.EXPIRED,
    own.PurchaseRevived: StepKind.REVIVED,
    own.OrderConfirmed: StepKind.CONFIRMED,
    own.OrderPartlyShipped: StepKind.PARTLY_SHIPPED,
    own.OrderShipped: StepKind.SHIPPED,
    own.OrderCompleted: StepKind.COMPLETED,
    own.OrderCancelled: StepKind.CANCELLED,
    own.RefundRequested: StepKind.REFUND_REQUESTED,
    payments.PaymentFailed: StepKind.PAYMENT_FAILED,
    payments.RefundSucceeded: StepKind.REFUNDED,
    payments.RefundFailed: StepKind.REFUND_FAILED,
    payments.ChargebackOpened: StepKind.DISPUTED,
}
"""The facts that make a step. The courier's make one each, named like the shipment's state."""

SILENT: frozenset[type[Fact]] = frozenset(
    {own.OrderDelivered, payments.PaymentCaptured, shipping.ShipmentCreated}
)
"""Facts that stand beside one that makes the step: the parcel's arrival, the payment, the sending."""


def follow_shipment(fact: shipping.ShipmentMoved | shipping.ShipmentDelivered, done: Write) -> None:
    """Take in the courier's word; `done` is the consumer's marker and joins the transaction."""
    event = ShipmentEvent(
        at=_written(fact.event.at),
        state=fact.event.state,
        place=fact.event.place,
        description=fact.event.description,
    )

    def news(order: Order) -> Order:
        told = (fact.rank, fact.id)
        after = fulfilment.with_news(order, fact.shipment_id, fact.state, told, event)
        return telling.timed(after)

    _change(fact.order_id, news, done)


def follow_refund(fact: payments.RefundSucceeded | payments.RefundFailed, done: Write) -> None:
    """Count what the company gave back; take a refund back that it could not give."""
    refund = fact.refund

    def counted(order: Order) -> Order:
        if isinstance(fact, payments.RefundFailed):
            shipping_tax = refund.tax.amount - sum(line.tax for line in refund.lines)
            return refunds.undone(
                order, refund.lines, refund.shipping, refund.shipping_funding, shipping_tax
            )
        return replace(order, returned=order.returned + refund.amount.amount)

    _change(refund.order_id, counted, done)


def add_step(fact: Fact) -> None:
    """Write the step that a fact makes into the timeline. The same fact again writes the same."""
    if type(fact) in SILENT:
        return
    purchase_id: str = fact.purchase_id  # type: ignore[attr-defined]
    transact.commit([store.add_step(purchase_id, fact.id, _step(fact))])


def _step(fact: Fact) -> Step:
    if isinstance(fact, shipping.ShipmentMoved | shipping.ShipmentDelivered):
        event = fact.event
        at = _written(event.at)
        return Step(at, StepKind(event.state), fact.order_id, event.place)
    if isinstance(fact, own.RefundRequested | payments.RefundSucceeded | payments.RefundFailed):
        return Step(fact.occurred_at, KINDS[type(fact)], fact.refund.order_id)
    return Step(fact.occurred_at, KINDS[type(fact)], getattr(fact, "order_id", ""))


def _written(at: str) -> str:
    """Write a courier's time the way all times are written, so that they sort."""
    return clock.iso(clock.parse(at))


def _change(order_id: str, change: Callable[[Order], Order], done: Write) -> None:
    place = store.order_key(order_id)
    for attempt in range(retries.ROUNDS_MAX):
        row = reads.get(store.OrderItem, place.pk, place.sk)
        assert row is not None, "the order was written before the fact"
        order = store.order_of(row)
        after = change(order)
        facts = telling.arrived(order, after)
        try:
            transact.commit([done, store.save_order(after), *map(outbox.write, facts)])
        except Stale:
            retries.pause(attempt)
        else:
            return
    raise Busy
