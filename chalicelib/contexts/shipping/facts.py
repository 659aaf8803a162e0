"""What shipping tells the other rooms. The history of each fact is its purchase's."""

from chalicelib.contexts.shipping.model import ShipmentEvent, ShipmentLine, ShipmentState
from chalicelib.kernel.facts import Fact


class _OfShipment(Fact, frozen=True, kw_only=True):
    purchase_id: str
    order_id: str
    merchant_id: str
    shipment_id: str
    courier: str
    tracking_number: str

    @property
    def aggregate(self) -> str:
        return self.purchase_id


class ShipmentCreated(_OfShipment, frozen=True, kw_only=True):
    """A merchant handed units of an order over to a courier."""

    name, version = "shipping.ShipmentCreated", 1

    lines: tuple[ShipmentLine, ...]


class ShipmentMoved(_OfShipment, frozen=True, kw_only=True):
    """A courier told something. `state` and `rank` are the shipment's now; where `is_late`, unchanged.

    `event` is what was told, for the timeline.
    """

    name, version = "shipping.ShipmentMoved", 1

    state: ShipmentState
    rank: int
    is_late: bool
    event: ShipmentEvent


class ShipmentDelivered(_OfShipment, frozen=True, kw_only=True):
    """The shopper has the parcel: delivered, or collected. Told instead of `ShipmentMoved`."""

    name, version = "shipping.ShipmentDelivered", 1

    state: ShipmentState
    rank: int
    event: ShipmentEvent
