"""Notifications' handler: the queue of facts that people are told about."""

from collections.abc import Callable
from typing import Any

from chalice import Blueprint

from chalicelib.aws.worker import each_fact, worker
from chalicelib.contexts.aftersales.facts import HelpGiven
from chalicelib.contexts.identity.facts import CodeRequested
from chalicelib.contexts.notifications import model, service
from chalicelib.contexts.orders.facts import (
    OrderDelivered,
    OrderPartlyShipped,
    OrderShipped,
    PurchasePaid,
    PurchasePlaced,
)
from chalicelib.contexts.payments.facts import RefundSucceeded
from chalicelib.kernel.facts import Fact

bp = Blueprint(__name__)
QUEUE_PLACEHOLDER = "arn:aws:sqs:eu-west-1:000000000000:notifications-mail"

LETTERS: dict[type[Fact], Callable[[Any], model.Letter]] = {
    PurchasePlaced: model.of_placed,
    PurchasePaid: model.of_paid,
    OrderPartlyShipped: model.of_shipped,
    OrderShipped: model.of_shipped,
    OrderDelivered: model.of_delivered,
    RefundSucceeded: model.of_refunded,
}


OF_MEMBERS: dict[type[Fact], Callable[[Any], None]] = {
    CodeRequested: service.notify_of_code,
    HelpGiven: service.notify_of_help,
}
"""What names a member whose address is looked up."""


@bp.on_sqs_message(queue_arn=QUEUE_PLACEHOLDER, batch_size=10, name="notifications_on_fact")
@worker("notifications_on_fact")
def notifications_on_fact(event: Any) -> dict[str, Any]:
    """Send the mail that each fact leads to, once."""
    return each_fact(event, {**dict.fromkeys(LETTERS, _notify), **OF_MEMBERS})


def _notify(fact: Any) -> None:
    service.notify(fact, LETTERS[type(fact)](fact))
