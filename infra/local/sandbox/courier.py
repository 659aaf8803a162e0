"""The sandbox courier: books shipments for Souk and moves them when somebody clicks."""

import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

from infra.local.door.server import Response
from infra.local.sandbox import signing
from infra.local.sandbox.call import Call, answer, problem
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
NUMBER = re.compile(r"[A-Za-z0-9-]{3,40}")
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

    async def book(self, call: Call) -> Response:
        """Souk books a shipment; the same booking, by its webhook-id, has the same number."""
        try:
            booking = call.signed_json(self._line.secret, self._now())
        except signing.BadSignature as refusal:
            return problem(401, "sandbox.bad_signature", str(refusal))
        except ValueError as refusal:
            return problem(400, "sandbox.malformed", str(refusal))
        known = self._store.find("booking", call.headers["webhook-id"])
        if known is None:
            number = f"SBX{secrets.randbelow(10**10):010d}"
            self._store.save(Record("shipment", number, {"booking": booking}))
            known = Record("booking", call.headers["webhook-id"], {"tracking_number": number})
            self._store.save(known)
        return answer(201, {"tracking_number": known.facts["tracking_number"]})

    async def home(self, call: Call) -> Response:
        """All shipments, and a field to look one up."""
        return call.page("courier", shipments=self._store.latest("shipment"))

    async def look_up(self, call: Call) -> Response:
        """Go to a number's page; a number that a merchant made up is taken as well."""
        number = call.form.get("number", "").strip()
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
