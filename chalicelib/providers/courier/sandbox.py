"""The sandbox courier: Standard Webhooks, a page to click, no parcels."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Struct

from chalicelib.kernel import clock
from chalicelib.kernel.errors import Malformed
from chalicelib.providers import signing
from chalicelib.providers.courier import SANDBOX, CourierCallback, CourierWord

NUMBER_PREFIX = "SBX"
WORDS = {f"shipment.{word}": word for word in CourierWord}


class _Data(msgspec.Struct):
    tracking_number: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    occurred_at: Annotated[str, msgspec.Meta(max_length=40)]
    place: Annotated[str, msgspec.Meta(max_length=500)] = ""
    description: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class _Event(msgspec.Struct):
    type: str
    data: _Data


class _Envelope(msgspec.Struct):
    type: str


class Sandbox(Struct, frozen=True):
    """The adapter. A booking follows from the shipment's id, so it needs no call."""

    secret: str
    name: str = SANDBOX

    def book(self, shipment_id: str) -> str:
        return NUMBER_PREFIX + shipment_id.rpartition("_")[2]

    def verify(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> CourierCallback | None:
        event_id = signing.verify(self.secret, headers, body, now)
        try:
            word = WORDS.get(msgspec.json.decode(body, type=_Envelope).type)
            if word is None:
                return None
            data = msgspec.json.decode(body, type=_Event).data
            occurred_at = clock.iso(clock.parse(data.occurred_at))
        except (ValueError, OverflowError, RecursionError) as error:
            raise Malformed(f"The body cannot be read: {error}") from None
        return CourierCallback(
            courier=self.name,
            event_id=event_id,
            tracking_number=data.tracking_number,
            word=word,
            occurred_at=occurred_at,
            place=data.place,
            description=data.description,
            raw=body.decode(errors="replace"),
        )
