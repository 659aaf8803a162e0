"""The facts that a step tells, and the timer that it arms."""

from typing import Any

from msgspec.structs import replace

from chalicelib.aws.settings import settings
from chalicelib.contexts.orders.facts import (
    OrderCancelled,
    OrderCompleted,
    OrderConfirmed,
    OrderDelivered,
    OrderPartlyShipped,
    OrderShipped,
    SentLine,
    of_order,
)
from chalicelib.contexts.orders.model.states import OrderState
from chalicelib.contexts.orders.model.values import Order, ShipmentCopy
from chalicelib.kernel import clock, ids
from chalicelib.providers import courier as couriers

SILENT_TRANSIT_S = 14 * 86_400
"""How long a parcel may take whose courier tells us nothing, before the time to object begins."""


def head() -> dict[str, Any]:
    """The id and time of a fact that is told now."""
    return {"id": ids.ulid(), "occurred_at": clock.iso(clock.now())}


def confirmed(order: Order) -> OrderConfirmed:
    return OrderConfirmed(**head(), **of_order(order))


def sent(order: Order, copy: ShipmentCopy) -> OrderShipped | OrderPartlyShipped:
    """Tell of a shipment: the one with which everything is on its way, or one more to come."""
    titles = {line.sku: line.title for line in order.lines}
    return (OrderShipped if order.is_wholly_sent else OrderPartlyShipped)(
        **head(),
        **of_order(order),
        shipment_id=copy.id,
        courier=copy.courier,
        tracking_number=copy.tracking_number,
        tracking_url=copy.tracking_url,
        lines=tuple(SentLine(line.sku, titles[line.sku], line.quantity) for line in copy.lines),
    )


def arrived(before: Order, after: Order) -> list[OrderDelivered]:
    """Tell that everything has arrived, when a step made it so."""
    if after.state is OrderState.DELIVERED and before.state is not OrderState.DELIVERED:
        return [OrderDelivered(**head(), **of_order(after))]
    return []


def received(steps: list[Order]) -> list[OrderDelivered | OrderCompleted]:
    """Tell every step that an order takes when the shopper has it."""
    return [
        OrderCompleted(**head(), **of_order(step), currency=step.currency)
        if step.state is OrderState.COMPLETED
        else OrderDelivered(**head(), **of_order(step))
        for step in steps
    ]


def cancelled(order: Order, reason: str, *, was_paid: bool) -> OrderCancelled:
    return OrderCancelled(
        **head(), **of_order(order), was_paid=was_paid, reason=reason, currency=order.currency
    )


def timed(order: Order) -> Order:
    """Arm the timer of completion: from delivery on; from shipping where no courier will tell."""
    if order.complete_at or order.state not in {OrderState.SHIPPED, OrderState.DELIVERED}:
        return order
    wait_s = settings().complete_after_s
    if order.state is OrderState.SHIPPED or not order.has_wholly_arrived:
        if not order.is_wholly_sent or any(map(_is_awaited, order.shipments)):
            return order
        wait_s += SILENT_TRANSIT_S
    return replace(order, complete_at=clock.iso(clock.later(clock.now(), wait_s)))


def _is_awaited(shipment: ShipmentCopy) -> bool:
    """Whether a courier will still tell that it has arrived."""
    return shipment.courier in couriers.calling() and not shipment.is_delivered
