"""The port to couriers. Every adapter's vocabulary maps onto the shipment states of the shop.

A merchant may name any courier of `COURIERS`; those without an adapter are followed by their own
page (`tracking_url`) and send no callbacks.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from urllib.parse import quote

from msgspec import Struct

from chalicelib.aws.settings import settings
from chalicelib.kernel.errors import Refusal

SANDBOX = "sandbox"
MANUAL_COURIERS = {
    "dhl": "https://www.dhl.com/global-en/home/tracking.html?tracking-id={number}",
    "dpd": "https://track.dpd.co.uk/search?reference={number}",
    "evri": "https://www.evri.com/track/parcel/{number}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={number}",
    "parcelforce": "https://www.parcelforce.com/track-trace?trackNumber={number}",
    "royal-mail": "https://www.royalmail.com/track-your-item#/tracking-results/{number}",
    "sf-express": "https://www.sf-express.com/chn/sc/waybill/waybill-detail/{number}",
    "ups": "https://www.ups.com/track?tracknum={number}",
    "other": "",
}


class CourierWord(StrEnum):
    """What a courier can tell, in the words of shipment states."""

    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERED = "delivered"
    COLLECTED = "collected"
    EXCEPTION = "exception"
    RETURNING = "returning"
    RETURNED = "returned"


class UnknownCourier(Refusal):
    """No courier of this name carries parcels here."""

    code, status, title = "shipping.unknown_courier", 422, "This courier is not known here"


class NumberMissing(Refusal):
    """This courier cannot be booked by Souk, so the merchant gives the tracking number."""

    code, status, title = "shipping.number_missing", 422, "Give this courier's tracking number"


class CourierCallback(Struct, frozen=True):
    """A verified message of a courier. `event_id` is its id: the same id is the same message.

    `occurred_at` is the courier's own time; it sorts the timeline and decides nothing.
    """

    courier: str
    event_id: str
    tracking_number: str
    word: CourierWord
    occurred_at: str
    place: str = ""
    description: str = ""
    raw: str = ""


class Courier(Protocol):
    """A courier that can be booked and tells by callbacks."""

    @property
    def name(self) -> str: ...

    def book(self, shipment_id: str) -> str:
        """Return a tracking number; the same shipment gets the same one."""
        ...

    def verify(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> CourierCallback | None:
        """Read a callback; None for kinds that mean nothing to Souk.

        Refuses `webhooks.bad_signature`, and 400 for a body that its own signer garbled.
        """
        ...


def calling() -> tuple[str, ...]:
    """Name the couriers that send callbacks at this stage."""
    return (SANDBOX,) if settings().sandbox_courier_secret else ()


def names() -> tuple[str, ...]:
    """Name every courier that a merchant may choose, bookable ones first."""
    return (*calling(), *MANUAL_COURIERS)


def courier(name: str) -> Courier:
    """Return the adapter of a courier that sends callbacks. Refuses `shipping.unknown_courier`."""
    if name not in calling():
        raise UnknownCourier(f"There is no courier {name[:40]!r} here")
    from chalicelib.providers.courier.sandbox import Sandbox

    return Sandbox(settings().sandbox_courier_secret)


def booked(name: str, number: str, shipment_id: str) -> str:
    """Return the tracking number: the given one, or one booked at the courier.

    Refuses `shipping.unknown_courier` and `shipping.number_missing`.
    """
    if name in calling():
        return number or courier(name).book(shipment_id)
    if name not in MANUAL_COURIERS:
        raise UnknownCourier(f"There is no courier {name[:40]!r} here")
    if not number:
        raise NumberMissing
    return number


def tracking_url(name: str, number: str) -> str:
    """Return the courier's own page about a parcel; empty where there is none."""
    if name == SANDBOX and settings().sandbox_url:
        return f"{settings().sandbox_url}/track/{quote(number, safe='')}"
    return MANUAL_COURIERS.get(name, "").format(number=quote(number, safe=""))
