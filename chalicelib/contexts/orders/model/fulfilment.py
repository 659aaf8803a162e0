"""From an agreed order to one that has arrived: confirming, shipping, the courier's news."""

from collections.abc import Mapping

from msgspec.structs import replace

from chalicelib.contexts.orders.model.refusals import (
    AlreadyShipped,
    NotCancellable,
    NotConfirmed,
    NothingToShip,
    NotPlaced,
    NotShipped,
)
from chalicelib.contexts.orders.model.states import (
    CANCELLABLE,
    ORDER,
    SHIPPABLE,
    OrderState,
    derived,
)
from chalicelib.contexts.orders.model.values import Order, OrderLine, ShipmentCopy, ShipmentEvent

ARRIVED = frozenset({"delivered", "collected"})
_WHOLLY_SENT = frozenset({OrderState.SHIPPED, OrderState.DELIVERED, OrderState.PARTLY_DELIVERED})


def moved(order: Order, target: OrderState) -> Order:
    """Move along a listed edge; anything else is our mistake."""
    assert ORDER.allows(order.state, target), f"{order.state} never becomes {target}"
    return replace(order, state=target)


def confirmed(order: Order) -> Order:
    """The merchant takes the order on. Refuses `orders.not_placed` before payment and after."""
    if order.state is not OrderState.PLACED:
        raise NotPlaced
    return moved(order, OrderState.CONFIRMED)


def require_cancellable(order: Order) -> None:
    """Refuse `orders.already_shipped`, or `orders.not_cancellable` where it is over anyway."""
    if order.shipments:
        raise AlreadyShipped
    if order.state not in CANCELLABLE:
        raise NotCancellable


def can_ship(order: Order) -> bool:
    """Tell whether units may be sent: of a confirmed order that has not arrived yet.

    One that has arrived lacks some when the refund of unsent units failed.
    """
    lacks_some = order.state is OrderState.DELIVERED and not order.is_wholly_sent
    return order.state in SHIPPABLE or lacks_some


def require_shippable(order: Order, wanted: Mapping[str, int]) -> None:
    """Refuse `orders.not_confirmed`, or `orders.nothing_to_ship` for more than is left."""
    if not can_ship(order):
        raise NotConfirmed(f"The order is {order.state}; it ships once it is confirmed")
    short = [
        {"sku": line.sku, "left": left}
        for line, left in _left(order)
        if wanted.get(line.sku, 0) > left
    ]
    if short:
        raise NothingToShip(extra={"lines": short})


def shipped(order: Order, shipment: ShipmentCopy) -> Order:
    """Add a shipment; the state counts it from now on."""
    sent = {line.sku: line.quantity for line in shipment.lines}
    lines = tuple(
        replace(line, shipped=line.shipped + sent.get(line.sku, 0)) for line in order.lines
    )
    return advanced(replace(order, lines=lines, shipments=(*order.shipments, shipment)))


def with_news(
    order: Order, shipment_id: str, state: str, told: tuple[int, str], event: ShipmentEvent
) -> Order:
    """Take in the courier's word about a shipment: its state then, and an event for the list.

    `told` is the shipment's rank and the fact's id. Facts may come in any order: the one of the
    highest rank, and of those the last, says the state. What has arrived stays arrived.
    """
    shipment = order.shipment(shipment_id)
    if shipment is None:
        return order
    arrives = state in ARRIVED and not shipment.is_delivered
    news = replace(shipment.with_event(event), is_delivered=shipment.is_delivered or arrives)
    if told > shipment.told:
        news = replace(news, state=state, told=told)
    shipments = tuple(news if one.id == shipment_id else one for one in order.shipments)
    lines = order.lines
    if arrives:
        sent = {line.sku: line.quantity for line in shipment.lines}
        lines = tuple(_arrived(line, sent.get(line.sku, 0)) for line in lines)
    return advanced(replace(order, lines=lines, shipments=shipments))


def received(order: Order) -> list[Order]:
    """The shopper has it. Gives every step that the order takes, the last one completed.

    Refuses `orders.not_shipped` while something is still to be sent.
    """
    if order.state is OrderState.COMPLETED:
        return []
    steps = []
    if order.state is OrderState.READY_FOR_PICKUP:
        steps.append(moved(order, OrderState.COLLECTED))
    elif order.state in _WHOLLY_SENT and order.is_wholly_sent:
        if order.state is not OrderState.DELIVERED:
            steps.append(moved(order, OrderState.DELIVERED))
    elif order.state is not OrderState.COLLECTED:
        raise NotShipped
    return [*steps, completed(steps[-1] if steps else order)]


def completed(order: Order) -> Order:
    """Nothing more is to happen; what is owed to the merchant is due."""
    lines = tuple(
        replace(line, delivered=max(line.delivered, line.shipped)) for line in order.lines
    )
    return moved(replace(order, lines=lines, complete_at=""), OrderState.COMPLETED)


def advanced(order: Order) -> Order:
    """Let the state follow the quantities, forwards only."""
    target = derived(order.lines)
    if target is OrderState.CONFIRMED or not ORDER.allows(order.state, target):
        return order
    return moved(order, target)


def _left(order: Order) -> list[tuple[OrderLine, int]]:
    """What may still be sent of each line; of an order that has arrived only what it lacks."""
    if order.state is OrderState.DELIVERED:
        return [(line, line.expected - line.shipped) for line in order.lines]
    return [(line, line.unshipped) for line in order.lines]


def _arrived(line: OrderLine, units: int) -> OrderLine:
    """The shopper may have said so before the courier did."""
    return replace(line, delivered=min(line.delivered + units, line.shipped))
