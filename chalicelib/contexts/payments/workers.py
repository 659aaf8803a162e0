"""Sends refunds to the companies that took the money."""

from typing import Any

from chalice import Blueprint

from chalicelib.aws.worker import done, each_fact, worker
from chalicelib.contexts.orders.facts import RefundRequested
from chalicelib.contexts.payments import service
from chalicelib.contexts.payments.store import DoneItem

bp = Blueprint(__name__)
QUEUE_PLACEHOLDER = "arn:aws:sqs:eu-west-1:000000000000:payments-refunds"
CONSUMER = "payments_on_refund_requested"


@bp.on_sqs_message(queue_arn=QUEUE_PLACEHOLDER, batch_size=10, name=CONSUMER)
@worker(CONSUMER)
def payments_on_refund_requested(event: Any) -> dict[str, Any]:
    """Ask the company for each refund. One that cannot be reached is tried again by the queue."""
    return each_fact(event, {RefundRequested: _send})


def _send(fact: RefundRequested) -> None:
    refund = fact.refund
    service.send_refund(refund.payment_id, refund.id, done(DoneItem, CONSUMER, fact))
