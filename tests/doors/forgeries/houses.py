"""Companies whose callbacks are forged: what each says, how it signs, and what it has brought about.

The signatures here are written from the schemes themselves, with any text for a time, so that even
nonsense can be signed rightly; `test_signers.py` holds them against the companies' own packages.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.aws import transact
from chalicelib.contexts.orders.model.states import PurchaseState
from chalicelib.contexts.shipping import service as shipping
from chalicelib.contexts.shipping import store as shipments
from chalicelib.contexts.shipping.model import ShipmentLine, ShipmentState
from chalicelib.kernel import clock, ids
from tests.makers import payments
from tests.makers.companies.stripe import KEY, SECRET
from tests.makers.purchases import TOTAL, placed, seen
from tests.makers.stage import COURIER_SECRET, PAYMENT_SECRET

OTHER_SECRET = "whsec_" + base64.b64encode(b"another secret of the tests, 890").decode()
Headers = dict[str, str]


def now() -> int:
    return clock.epoch(clock.now())


@dataclass
class House:
    """One company at one of the shop's doors. `message` is the id of what it says by itself,
    `others` a payment that another company was asked for.
    """

    name: str
    path: str
    other_path: str
    secret: str
    environment: dict[str, str] = field(default_factory=dict)
    secret_setting: str = ""
    message: str = "evt_1"
    others: str = ""

    def fresh(self) -> str:
        """Make a purchase or a parcel that waits for this company; returns what names it."""
        raise AssertionError("a house has its own things")

    def event(self, thing: str, event_id: str = "", **changes: Any) -> bytes:
        """Say the good news of a thing."""
        raise AssertionError("a house has its own words")

    def happened(self, thing: str) -> bool:
        """Tell whether the good news has counted."""
        raise AssertionError("a house has its own effects")

    def sign(
        self, body: bytes, *, stamp: str = "", event_id: str = "", secret: str | None = None
    ) -> Headers:
        """Sign a body at a time, which may be any text."""
        raise AssertionError("a house has its own scheme")

    @property
    def stamp_header(self) -> str:
        raise AssertionError("a house has its own scheme")

    @property
    def signature_header(self) -> str:
        raise AssertionError("a house has its own scheme")

    def signatures(self, headers: Headers, change: Callable[[str], str]) -> Headers:
        """Change the bare signature, without its scheme and neighbours."""
        name = self.signature_header
        scheme, mark, bare = headers[name].rpartition(self.mark)
        return headers | {name: scheme + mark + change(bare)}

    @property
    def mark(self) -> str:
        """What stands before the bare signature."""
        raise AssertionError("a house has its own scheme")

    def both(self, first: Headers, second: Headers) -> Headers:
        """Put two signatures into one header, as while a secret is changed for another."""
        raise AssertionError("a house has its own scheme")


class StandardHouse(House):
    """Standard Webhooks, which the sandbox's company and courier speak."""

    stamp_header, signature_header, mark = "webhook-timestamp", "webhook-signature", ","

    def sign(
        self, body: bytes, *, stamp: str = "", event_id: str = "", secret: str | None = None
    ) -> Headers:
        stamp, event_id = stamp or str(now()), event_id or self.message
        text = self.secret if secret is None else secret
        key = base64.b64decode(text.removeprefix("whsec_") + "==")
        signed = f"{event_id}.{stamp}.".encode() + body
        digest = hmac.new(key, signed, hashlib.sha256).digest()
        return {
            "webhook-id": event_id,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }

    def both(self, first: Headers, second: Headers) -> Headers:
        name = self.signature_header
        return second | {name: f"{first[name]} {second[name]}"}


class SandboxCompany(StandardHouse):
    def fresh(self) -> str:
        return placed("sandbox", ids.new("pur")).id

    def event(self, thing: str, event_id: str = "", **changes: Any) -> bytes:
        told = {
            "payment_id": thing,
            "provider_reference": f"ch_{thing}",
            "amount": TOTAL,
            "currency": "GBP",
        }
        kind = changes.pop("kind", "payment.captured")
        return json.dumps({"type": kind, "timestamp": "x", "data": told | changes}).encode()

    def happened(self, thing: str) -> bool:
        return is_paid(thing)


class SandboxCourier(StandardHouse):
    def fresh(self) -> str:
        made = shipping.prepare(
            shipment_id=ids.new("shp"),
            order_id="ord_01JNAAAAAAAAAAAAAAAAAAAAAA_1",
            purchase_id="pur_01JNAAAAAAAAAAAAAAAAAAAAAA",
            merchant_id="mer_1",
            courier="sandbox",
            tracking_number="",
            lines=(ShipmentLine("acme.TEA", 2),),
        )
        transact.commit(shipments.create_shipment(made))
        return made.tracking_number

    def event(self, thing: str, event_id: str = "", **changes: Any) -> bytes:
        told = {
            "tracking_number": thing,
            "occurred_at": "2026-03-02T08:55:00Z",
            "place": "Leeds",
        }
        kind = changes.pop("kind", "shipment.delivered")
        return json.dumps({"type": kind, "timestamp": "x", "data": told | changes}).encode()

    def happened(self, thing: str) -> bool:
        found = shipments.find("sandbox", thing)
        assert found is not None
        return found.state is ShipmentState.DELIVERED


class Stripe(House):
    """`t=…,v1=…`: the time and the signature share one header; the id is in the body."""

    stamp_header = signature_header = "stripe-signature"
    mark = "v1="

    def sign(
        self, body: bytes, *, stamp: str = "", event_id: str = "", secret: str | None = None
    ) -> Headers:
        stamp = stamp or str(now())
        key = (self.secret if secret is None else secret).encode()
        digest = hmac.new(key, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        return {"stripe-signature": f"t={stamp},v1={digest}"}

    def both(self, first: Headers, second: Headers) -> Headers:
        name = self.signature_header
        return {name: first[name] + "," + second[name].partition(",")[2]}

    def fresh(self) -> str:
        return placed("stripe", ids.new("pur")).id

    def event(self, thing: str, event_id: str = "", **changes: Any) -> bytes:
        kind = changes.pop("kind", "checkout.session.completed")
        live = changes.pop("livemode", False)
        session = {
            "id": f"cs_{thing}",
            "object": "checkout.session",
            "status": "complete",
            "payment_status": "paid",
            "payment_intent": f"pi_{thing}",
            "client_reference_id": changes.pop("payment_id", thing),
            "amount_total": changes.pop("amount", TOTAL),
            "currency": changes.pop("currency", "GBP").lower(),
        }
        event = {
            "id": event_id or self.message,
            "object": "event",
            "created": changes.pop("created", now()),
            "livemode": live,
            "type": kind,
            "data": {"object": session | changes},
        }
        return json.dumps(event).encode()

    def happened(self, thing: str) -> bool:
        return is_paid(thing)


def is_paid(payment_id: str) -> bool:
    purchase, _ = seen(payments.now(payment_id).purchase_id)
    return purchase.state is PurchaseState.PAID


HOUSES: dict[str, House] = {
    "sandbox": SandboxCompany(
        "sandbox",
        "/webhooks/payments/sandbox",
        "/webhooks/couriers/sandbox",
        PAYMENT_SECRET,
        secret_setting="SOUK_SANDBOX_PAYMENT_SECRET",
    ),
    "stripe": Stripe(
        "stripe",
        "/webhooks/payments/stripe",
        "/webhooks/payments/sandbox",
        SECRET,
        {"SOUK_STRIPE_KEY": KEY, "SOUK_STRIPE_WEBHOOK_SECRET": SECRET},
        "SOUK_STRIPE_WEBHOOK_SECRET",
    ),
    "courier": SandboxCourier(
        "courier",
        "/webhooks/couriers/sandbox",
        "/webhooks/payments/sandbox",
        COURIER_SECRET,
        secret_setting="SOUK_SANDBOX_COURIER_SECRET",
    ),
}
