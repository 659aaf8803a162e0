"""How many calls to AWS a callback and a refund cost."""

import json
from collections.abc import Iterator

import pytest

from chalicelib.aws import transact
from chalicelib.aws.settings import settings
from chalicelib.contexts.orders import service as orders
from chalicelib.contexts.orders.facts import RefundRequested
from chalicelib.contexts.payments.workers import payments_on_refund_requested
from chalicelib.contexts.shipping import service as shipping
from chalicelib.contexts.shipping import store as shipping_store
from chalicelib.contexts.shipping.model import ShipmentLine
from chalicelib.kernel.clock import epoch, iso, now
from tests.conftest import Clock
from tests.makers.companies.sandbox import SandboxCompany, signed_by
from tests.makers.events import sqs_event
from tests.makers.http import Http
from tests.makers.payments import PAYMENT, PURCHASE, a_callback, a_refund, promised
from tests.makers.payments import now as payment_now
from tests.makers.purchases import placed
from tests.makers.round_trips import counted
from tests.makers.stage import COURIER_SECRET, PAYMENT_SECRET

WEBHOOK_MAX = 3
REFUND_WORKER_MAX = 2


@pytest.fixture
def sandbox(stage: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxCompany]:
    company = SandboxCompany()
    with company.serving():
        monkeypatch.setenv("SOUK_SANDBOX_URL", company.url)
        settings.cache_clear()
        yield company


def called(path: str, secret: str, kind: str, data: dict[str, object]) -> list[str]:
    """Send a callback; returns the calls that it cost."""
    http = Http()
    body = json.dumps({"type": kind, "data": data}).encode()
    signed = signed_by(secret, body, epoch(now()), "msg_1")
    with counted() as calls:
        assert http.post(path, body, **signed).status == 200
    return calls


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize(
    "kind", ["payment.captured", "payment.failed", "payment.expired", "payment.authorized"]
)
def test_a_payments_callback(kind: str) -> None:
    placed()
    data = {
        "payment_id": PAYMENT,
        "provider_reference": "ch_1",
        "amount": 5_000,
        "currency": "GBP",
    }
    assert len(called("/webhooks/payments/sandbox", PAYMENT_SECRET, kind, data)) <= WEBHOOK_MAX


@pytest.mark.usefixtures("stage")
def test_a_refunds_callback() -> None:
    placed()
    orders.hear(a_callback())
    refund = promised(payment_now(), a_refund(1_000))
    data = {"payment_id": PAYMENT, "refund_id": refund.id, "amount": 1_000, "currency": "GBP"}
    kind = "refund.succeeded"
    assert len(called("/webhooks/payments/sandbox", PAYMENT_SECRET, kind, data)) <= WEBHOOK_MAX


@pytest.mark.usefixtures("stage")
def test_a_couriers_callback() -> None:
    shipment = shipping.prepare(
        shipment_id="shp_1",
        order_id="ord_1",
        purchase_id=PURCHASE,
        merchant_id="mer_1",
        courier="sandbox",
        tracking_number="",
        lines=(ShipmentLine("acme.TEA", 1),),
    )
    transact.commit(shipping_store.create_shipment(shipment))
    data = {"tracking_number": shipment.tracking_number, "occurred_at": "2026-03-02T08:00:00Z"}
    calls = called("/webhooks/couriers/sandbox", COURIER_SECRET, "shipment.delivered", data)
    assert len(calls) <= WEBHOOK_MAX


def test_a_refund_that_is_sent(sandbox: SandboxCompany) -> None:
    placed()
    orders.hear(a_callback())
    refund = promised(payment_now(), a_refund(1_000))
    fact = RefundRequested(id="01JNF", occurred_at=iso(now()), purchase_id=PURCHASE, refund=refund)
    with counted() as calls:
        assert payments_on_refund_requested(sqs_event(fact), None) == {"batchItemFailures": []}
    assert len(calls) <= REFUND_WORKER_MAX
    assert len(sandbox.orders) == 1
