"""Orders' handlers: the courier's news, the timeline, timers, and asking payment companies."""

from typing import Any

from chalice import Blueprint, Rate

from chalicelib.aws.worker import done, each_fact, worker
from chalicelib.contexts.orders import facts as own
from chalicelib.contexts.orders import service
from chalicelib.contexts.orders.store import OrdersDoneItem
from chalicelib.contexts.payments import facts as payment_facts
from chalicelib.contexts.payments import service as payments
from chalicelib.contexts.shipping import facts as shipping
from chalicelib.kernel.facts import Fact

bp = Blueprint(__name__)
# Placeholders; infra/ gives each function its real queue.
SHIPMENTS_QUEUE = "arn:aws:sqs:eu-west-1:000000000000:orders-shipments"
TIMELINE_QUEUE = "arn:aws:sqs:eu-west-1:000000000000:orders-timeline"
SHIPMENTS = "orders_shipments"
REFUNDS = "orders_refunds"


@bp.on_sqs_message(queue_arn=SHIPMENTS_QUEUE, batch_size=10, name="orders_on_shipment_fact")
@worker("orders_on_shipment_fact")
def orders_on_shipment_fact(event: Any) -> dict[str, Any]:
    """Move orders by what couriers told."""

    def follow(fact: shipping.ShipmentMoved | shipping.ShipmentDelivered) -> None:
        service.follow_shipment(fact, done(OrdersDoneItem, SHIPMENTS, fact))

    return each_fact(event, {shipping.ShipmentMoved: follow, shipping.ShipmentDelivered: follow})


@bp.on_sqs_message(queue_arn=TIMELINE_QUEUE, batch_size=10, name="orders_on_timeline_fact")
@worker("orders_on_timeline_fact")
def orders_on_timeline_fact(event: Any) -> dict[str, Any]:
    """Write every fact into the timeline, and count what companies gave back."""
    return each_fact(event, _TIMELINE)


@bp.schedule(Rate(1, unit=Rate.MINUTES), name="orders_sweep_due")
@worker("orders_sweep_due")
def orders_sweep_due(event: Any) -> dict[str, int]:
    """Expire purchases that were not paid in time, complete orders whose time is over."""
    del event
    return service.sweep_due()


@bp.schedule(Rate(5, unit=Rate.MINUTES), name="payments_ask_provider")
@worker("payments_ask_provider")
def payments_ask_provider(event: Any) -> dict[str, int]:
    """Ask payment companies about what they should have told by now."""
    del event
    return payments.ask_due(service.capture)


def _count_refund(fact: payment_facts.RefundSucceeded | payment_facts.RefundFailed) -> None:
    """The step first, for writing it twice is harmless; the count has a marker."""
    service.add_step(fact)
    if fact.refund.order_id:
        service.follow_refund(fact, done(OrdersDoneItem, REFUNDS, fact))


_STEPS: tuple[type[Fact], ...] = (
    own.PurchasePlaced,
    own.PurchasePaid,
    own.PurchaseExpired,
    own.PurchaseRevived,
    own.OrderConfirmed,
    own.OrderPartlyShipped,
    own.OrderShipped,
    own.OrderDelivered,
    own.OrderCompleted,
    own.OrderCancelled,
    own.RefundRequested,
    payment_facts.PaymentCaptured,
    payment_facts.PaymentFailed,
    payment_facts.ChargebackOpened,
    shipping.ShipmentCreated,
    shipping.ShipmentMoved,
    shipping.ShipmentDelivered,
)
_TIMELINE = {
    **dict.fromkeys(_STEPS, service.add_step),
    payment_facts.RefundSucceeded: _count_refund,
    payment_facts.RefundFailed: _count_refund,
}
