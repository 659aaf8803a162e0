"""What members' room does in the background: pictures that members hand in, birthdays, points and tiers."""

import json
from typing import Any

from chalice import Blueprint, Rate
from msgspec.structs import replace

from chalicelib.aws.worker import Message, arrived_keys, each_fact, each_message, worker
from chalicelib.contexts.members import service
from chalicelib.contexts.members.model.points import Back, Tally, TallyLine
from chalicelib.contexts.members.service import points, timers
from chalicelib.contexts.orders.facts import OrderCompleted, PaidLine, PaidOrder, PurchasePaid
from chalicelib.contexts.payments.facts import RefundSucceeded

bp = Blueprint(__name__)
# Placeholders; infra/ gives each function its real queue.
PICTURES = "arn:aws:sqs:eu-west-1:000000000000:members-pictures"
POINTS = "arn:aws:sqs:eu-west-1:000000000000:members-points"
BY_POINTS = "points"
"""What an adjustment by points names in the place of an offer."""


@bp.on_sqs_message(queue_arn=PICTURES, batch_size=1, name="members_on_picture")
@worker("members_on_picture")
def members_on_picture(event: Any) -> dict[str, Any]:
    """Look at the files that the bucket says have arrived."""
    return each_message(event, _look_at)


@bp.on_sqs_message(queue_arn=POINTS, batch_size=10, name="members_on_order_fact")
@worker("members_on_order_fact")
def members_on_order_fact(event: Any) -> dict[str, Any]:
    """Let orders earn points and tiers, and take back what was refunded, however often it is told."""
    return each_fact(event, HANDLERS)


@bp.schedule(Rate(1, unit=Rate.HOURS), name="members_sweep_due")
@worker("members_sweep_due")
def members_sweep_due(event: Any) -> dict[str, int]:
    """Wish birthdays, end points that are too old, and look at tiers whose time has come."""
    del event
    return timers.sweep_due()


def on_paid(fact: PurchasePaid) -> None:
    """Note what was paid for each order of a member."""
    for order in fact.orders if fact.member_id else ():
        points.learn(order.order_id, lambda seen, order=order: paid(seen, fact, order))


def on_completed(fact: OrderCompleted) -> None:
    """Note that an order is completed: it earns now."""
    points.learn(fact.order_id, lambda seen: completed(seen, fact))


def on_refunded(fact: RefundSucceeded) -> None:
    """Note what went back; money that no order took bought nothing."""
    order_id = fact.refund.order_id
    if order_id:
        points.learn(order_id, lambda seen: refunded(seen, fact))


def paid(seen: Tally, fact: PurchasePaid, order: PaidOrder) -> Tally:
    """What is known of an order that was paid for."""
    return replace(
        seen,
        purchase_id=fact.purchase_id,
        member_id=seen.member_id if seen.is_known else fact.member_id,
        currency=order.total.currency,
        merchant_id=order.merchant_id,
        lines={line.sku: _line(line) for line in order.lines},
    )


def completed(seen: Tally, fact: OrderCompleted) -> Tally:
    """What is known of an order that is completed."""
    at = seen.completed_at or fact.occurred_at
    return replace(seen, purchase_id=fact.purchase_id, completed_at=at)


def refunded(seen: Tally, fact: RefundSucceeded) -> Tally:
    """What is known of an order of which something went back."""
    refund = fact.refund
    back = {line.sku: Back(line.quantity, line.amount.amount) for line in refund.lines}
    return replace(seen, purchase_id=fact.purchase_id, refunds={**seen.refunds, refund.id: back})


HANDLERS = {
    PurchasePaid: on_paid,
    OrderCompleted: on_completed,
    RefundSucceeded: on_refunded,
}


def _line(line: PaidLine) -> TallyLine:
    points_paid = sum(one.amount for one in line.adjustments if one.offer_id == BY_POINTS)
    return TallyLine(line.quantity, line.total.amount, points_paid)


def _look_at(message: Message) -> None:
    for key in arrived_keys(json.loads(message.body)):
        service.arrived(key)
