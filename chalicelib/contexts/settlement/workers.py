"""Settlement's handlers: the queue of facts, and the schedule that closes statements."""

from typing import Any

from chalice import Blueprint, Cron

from chalicelib.aws.worker import each_fact, worker
from chalicelib.contexts.members.facts import PointsMoved
from chalicelib.contexts.orders.facts import OrderCompleted, PurchasePaid, RefundRequested
from chalicelib.contexts.payments.facts import PaymentCaptured, RefundFailed, RefundSucceeded
from chalicelib.contexts.settlement import service
from chalicelib.kernel.actors import SYSTEM

bp = Blueprint(__name__)
QUEUE_PLACEHOLDER = "arn:aws:sqs:eu-west-1:000000000000:settlement-facts"
CLOSING_TIME = Cron(0, 2, "*", "*", "?", "*")

HANDLERS = {
    PurchasePaid: service.on_paid,
    PaymentCaptured: service.on_captured,
    OrderCompleted: service.on_completed,
    RefundRequested: service.on_refund_requested,
    RefundSucceeded: service.on_refund_succeeded,
    RefundFailed: service.on_refund_failed,
    PointsMoved: service.on_points_moved,
}


@bp.on_sqs_message(queue_arn=QUEUE_PLACEHOLDER, batch_size=10, name="settlement_on_fact")
@worker("settlement_on_fact")
def settlement_on_fact(event: Any) -> dict[str, Any]:
    """Post what each fact says, once."""
    return each_fact(event, HANDLERS)


@bp.schedule(CLOSING_TIME, name="settlement_close_statements")
@worker("settlement_close_statements")
def settlement_close_statements(event: Any) -> dict[str, int]:
    """Close every merchant's statement for the day."""
    del event
    return {"closed": len(service.close_statements(SYSTEM))}
