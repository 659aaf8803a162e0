"""What Souk does about shipments: prepares them for orders, and hears what couriers say."""

from collections.abc import Mapping
from typing import Any

from chalicelib.aws import outbox, retries, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.shipping import store
from chalicelib.contexts.shipping.facts import ShipmentDelivered, ShipmentMoved
from chalicelib.contexts.shipping.model import (
    ARRIVED,
    Shipment,
    ShipmentEvent,
    ShipmentLine,
    ShipmentState,
    moved,
)
from chalicelib.kernel import clock, ids
from chalicelib.kernel.errors import Busy, NotFound
from chalicelib.providers import courier as couriers
from chalicelib.providers.courier import CourierCallback


class UnknownNumber(NotFound):
    """No shipment of this courier has this tracking number."""

    code, title = "shipping.unknown_number", "There is no shipment with this tracking number"


def courier_names() -> tuple[str, ...]:
    """Name every courier that a merchant may choose, bookable ones first."""
    return couriers.names()


def prepare(
    *,
    shipment_id: str,
    order_id: str,
    purchase_id: str,
    merchant_id: str,
    courier: str,
    tracking_number: str,
    lines: tuple[ShipmentLine, ...],
) -> Shipment:
    """Make a shipment that `store.create_shipment` contributes; a missing number is booked.

    Refuses `shipping.unknown_courier` and `shipping.number_missing`.
    """
    return Shipment(
        id=shipment_id,
        order_id=order_id,
        purchase_id=purchase_id,
        merchant_id=merchant_id,
        courier=courier,
        tracking_number=couriers.booked(courier, tracking_number.strip(), shipment_id),
        state=ShipmentState.CREATED,
        lines=lines,
        created_at=clock.iso(clock.now()),
    )


def hear(courier: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Take a courier's callback. True when it moved the shipment.

    Late, repeated and unknown kinds are successes that move nothing; late ones are kept for the
    timeline. Refuses 404 for a courier that does not call here, `webhooks.bad_signature`, and
    `shipping.unknown_number` after the signature. Three round trips.
    """
    if courier not in couriers.calling():
        raise NotFound
    callback = couriers.courier(courier).verify(headers, body, clock.now())
    if callback is None:
        return False
    for attempt in range(retries.ROUNDS_MAX):
        shipment = store.find(courier, callback.tracking_number)
        if shipment is None:
            raise UnknownNumber
        target = moved(shipment, ShipmentState(callback.word))
        try:
            transact.commit(_writes(shipment, callback, target))
        except store.CallbackSeen:
            return False
        except store.ShipmentChanged:
            retries.pause(attempt)
            continue
        return target is not None
    raise Busy


def _writes(
    shipment: Shipment, callback: CourierCallback, target: tuple[ShipmentState, int] | None
) -> list[Write]:
    event = ShipmentEvent(
        at=callback.occurred_at,
        state=ShipmentState(callback.word),
        place=callback.place,
        description=callback.description,
        recorded_at=clock.iso(clock.now()),
    )
    recorded = store.record_move(shipment, callback.event_id, callback.raw, event)
    fact = outbox.write(_fact(shipment, event, target))
    return [*recorded, *([store.move(shipment, *target)] if target else []), fact]


def _fact(
    shipment: Shipment, event: ShipmentEvent, target: tuple[ShipmentState, int] | None
) -> ShipmentMoved | ShipmentDelivered:
    state, rank = target or (shipment.state, shipment.rank)
    common: dict[str, Any] = {
        "id": ids.ulid(),
        "occurred_at": event.recorded_at,
        "purchase_id": shipment.purchase_id,
        "order_id": shipment.order_id,
        "merchant_id": shipment.merchant_id,
        "shipment_id": shipment.id,
        "courier": shipment.courier,
        "tracking_number": shipment.tracking_number,
        "state": state,
        "rank": rank,
        "event": event,
    }
    if target and state in ARRIVED:
        return ShipmentDelivered(**common)
    return ShipmentMoved(**common, is_late=target is None)
