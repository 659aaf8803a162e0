"""The sandbox courier: moves shipments when somebody clicks.

A tracking number follows from the shipment's id, so Souk need not book here: a number becomes
known when somebody opens its tracking page or looks it up.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

from infra.local.door.server import Response
from infra.local.sandbox.call import Call
from infra.local.sandbox.callbacks import COURIERS_PATH, Callbacks, Line, rfc3339
from infra.local.sandbox.store import Record, Store

EVENTS = (
    "picked_up",
    "in_transit",
    "out_for_delivery",
    "delivered",
    "exception",
    "returned",
    "ready_for_pickup",
    "collected",
)
NUMBER = re.compile(r"[A-Za-z0-9._-]{1,64}")
TEXT_MAX = 200


class Courier:
    """Knows tracking numbers; a shipment moves only by a click."""

    def __init__(
        self, store: Store, callbacks: Callbacks, secret: str, now: Callable[[], float]
    ) -> None:
        self._store = store
        self._callbacks = callbacks
        self._line = Line(COURIERS_PATH, secret)
        self._now = now

    async def home(self, call: Call) -> Response:
        """The shipments that somebody has looked at, and a field to look one up."""
        return call.page("courier", shipments=self._store.latest("shipment"))

    async def look_up(self, call: Call) -> Response:
        """The form of the courier's page."""
        return self._open(call, call.form.get("number", "").strip())

    async def track(self, call: Call) -> Response:
        """The link that Souk shows as tracking page."""
        return self._open(call, call.parts[1])

    def _open(self, call: Call, number: str) -> Response:
        if not NUMBER.fullmatch(number):
            return call.back("/courier")
        if self._store.find("shipment", number) is None:
            self._store.save(Record("shipment", number, {}))
        return call.back(f"/courier/{quote(number)}")

    async def shipment_page(self, call: Call) -> Response | None:
        """One shipment with a button for each thing that can happen to it."""
        shipment = self._store.find("shipment", call.parts[1])
        return call.page("shipment", shipment=shipment, events=EVENTS) if shipment else None

    async def act_on_shipment(self, call: Call) -> Response | None:
        """A button of the shipment's page."""
        shipment, act = self._store.find("shipment", call.parts[1]), call.parts[2]
        if shipment is None or act not in {*EVENTS, "again"}:
            return None
        here = f"/courier/{quote(shipment.id)}"
        if act == "again":
            message_id = call.form.get("message", "")
            sent = await self._callbacks.send_again(self._line, shipment, message_id)
            return call.back(here) if sent else None
        occurred_at = rfc3339(datetime.fromtimestamp(self._now(), UTC))
        data = {"tracking_number": shipment.id, "occurred_at": occurred_at}
        for name in ("place", "description"):
            if text := call.form.get(name, "").strip()[:TEXT_MAX]:
                data[name] = text
        await self._callbacks.send(self._line, shipment, f"shipment.{act}", data)
        return call.back(here)
