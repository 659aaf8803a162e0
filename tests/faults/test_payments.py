"""Killed between any two calls and run again, payments and shipments end the same."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.aws import outbox, transact
from chalicelib.aws.settings import settings
from chalicelib.contexts.orders import service as orders
from chalicelib.contexts.orders.facts import RefundRequested
from chalicelib.contexts.orders.model.states import PurchaseState
from chalicelib.contexts.payments import service, store
from chalicelib.contexts.payments.model import Payment, PaymentState, Refund, RefundState
from chalicelib.contexts.payments.workers import payments_on_refund_requested
from chalicelib.contexts.shipping import service as shipping
from chalicelib.contexts.shipping import store as shipping_store
from chalicelib.contexts.shipping.model import ShipmentLine, ShipmentState
from chalicelib.kernel import clock as clock_module
from chalicelib.kernel import ids
from chalicelib.kernel.clock import epoch
from chalicelib.providers.payment import CallbackKind
from tests.conftest import Clock
from tests.makers.companies.sandbox import SandboxCompany, signed_by
from tests.makers.companies.stripe import KEY, StripeCompany
from tests.makers.crashes import every_crash
from tests.makers.events import sqs_event
from tests.makers.payments import a_callback, a_refund, gbp
from tests.makers.purchases import placed, seen
from tests.makers.stage import COURIER_SECRET

Work = Callable[[], object]


@pytest.fixture
def sandbox(stage: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxCompany]:
    company = SandboxCompany()
    with company.serving():
        monkeypatch.setenv("SOUK_SANDBOX_URL", company.url)
        settings.cache_clear()
        yield company


@pytest.fixture
def stripe(stage: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeCompany]:
    company = StripeCompany()
    with company.serving():
        monkeypatch.setenv("SOUK_STRIPE_KEY", KEY)
        monkeypatch.setenv("SOUK_STRIPE_WEBHOOK_SECRET", company.secret)
        monkeypatch.setenv("SOUK_STRIPE_URL", company.url)
        settings.cache_clear()
        yield company


class Case:
    """The payment of the run at hand."""

    def __init__(self, provider: str = "sandbox") -> None:
        self.provider = provider
        self.payment: Payment | None = None

    def fresh(self) -> Payment:
        self.payment = placed(self.provider, ids.new("pur"))
        return self.payment

    def now(self) -> tuple[Payment, list[Refund]]:
        assert self.payment is not None
        payment, refunds = store.payment_with_refunds(self.payment.id)
        assert payment is not None
        return payment, refunds

    def facts(self) -> list[str]:
        payment, _ = self.now()
        return sorted(row.name for row in outbox.history(payment.purchase_id))

    def captured(self, reference: str = "ch_1") -> Payment:
        payment = self.fresh()
        orders.hear(
            a_callback(payment_id=payment.id, provider=self.provider, provider_reference=reference)
        )
        return self.now()[0]

    def promised(self, payment: Payment) -> Refund:
        refund = replace(
            a_refund(1_000, provider=self.provider),
            payment_id=payment.id,
            purchase_id=payment.purchase_id,
            provider_reference=payment.provider_reference,
        )
        transact.commit([store.reserve_refund(payment, refund.amount), store.refund_row(refund)])
        return refund


def requested(refund: Refund) -> dict[str, Any]:
    return sqs_event(
        RefundRequested(
            id=ids.ulid(),
            occurred_at=clock_module.iso(clock_module.now()),
            purchase_id=refund.purchase_id,
            refund=refund,
        )
    )


@pytest.mark.usefixtures("stage")
def test_a_capture() -> None:
    case = Case()

    def prepare() -> Work:
        callback = a_callback(payment_id=case.fresh().id)
        return lambda: orders.hear(callback)

    def check() -> None:
        payment, refunds = case.now()
        assert (payment.state, payment.captured) == (PaymentState.CAPTURED, gbp(5_000))
        assert refunds == []
        assert seen(payment.purchase_id)[0].state is PurchaseState.PAID
        assert case.facts() == ["orders.PurchasePaid", "payments.PaymentCaptured"]

    assert every_crash(prepare, check) == 6


@pytest.mark.usefixtures("stage")
def test_money_on_top() -> None:
    case = Case()

    def prepare() -> Work:
        callback = a_callback(payment_id=case.captured().id, provider_reference="ch_2")
        return lambda: orders.hear(callback)

    def check() -> None:
        payment, refunds = case.now()
        assert (payment.captured, payment.refunded) == (gbp(10_000), gbp(5_000))
        assert [one.provider_reference for one in refunds] == ["ch_2"]
        assert case.facts().count("orders.RefundRequested") == 1

    assert every_crash(prepare, check) == 6


@pytest.mark.parametrize("kind", [CallbackKind.REFUND_SUCCEEDED, CallbackKind.REFUND_FAILED])
@pytest.mark.usefixtures("stage")
def test_the_end_of_a_refund(kind: CallbackKind) -> None:
    case = Case()
    succeeded = kind is CallbackKind.REFUND_SUCCEEDED

    def prepare() -> Work:
        refund = case.promised(case.captured())
        callback = a_callback(
            kind, payment_id=refund.payment_id, refund_id=refund.id, amount=refund.amount
        )
        return lambda: orders.hear(callback)

    def check() -> None:
        payment, refunds = case.now()
        amount = gbp(1_000) if succeeded else gbp(0)
        assert (payment.refunded, payment.returned) == (amount, amount)
        assert [one.state for one in refunds] == [
            RefundState.SUCCEEDED if succeeded else RefundState.FAILED
        ]
        name = "payments.RefundSucceeded" if succeeded else "payments.RefundFailed"
        assert case.facts().count(name) == 1

    assert every_crash(prepare, check) == 4


def test_sending_a_refund(sandbox: SandboxCompany) -> None:
    case = Case()

    def prepare() -> Work:
        event = requested(case.promised(case.captured()))
        return lambda: payments_on_refund_requested(event, None)

    def check() -> None:
        payment, refunds = case.now()
        assert [one.state for one in refunds] == [RefundState.SENT]
        assert payment.refunded == gbp(1_000)
        assert refunds[0].id in sandbox.orders

    runs = every_crash(prepare, check)
    assert runs == 6
    assert len(sandbox.orders) == runs + 1


def test_sending_a_refund_that_is_back_at_once(stripe: StripeCompany) -> None:
    case = Case("stripe")
    stripe.refund_status = "succeeded"

    def prepare() -> Work:
        begun = service.begin(case.fresh(), email="", locale="en")
        assert begun.action is not None
        intent = stripe.pay(begun.action.reference)["payment_intent"]
        orders.hear(a_callback(payment_id=begun.id, provider="stripe", provider_reference=intent))
        event = requested(case.promised(case.now()[0]))
        return lambda: payments_on_refund_requested(event, None)

    def check() -> None:
        payment, refunds = case.now()
        assert [one.state for one in refunds] == [RefundState.SUCCEEDED]
        assert (payment.refunded, payment.returned) == (gbp(1_000), gbp(1_000))
        assert case.facts().count("payments.RefundSucceeded") == 1

    runs = every_crash(prepare, check)
    assert runs == 6
    assert len(stripe.refunds) == runs + 1


def test_beginning_at_stripe(stripe: StripeCompany) -> None:
    case = Case("stripe")

    def prepare() -> Work:
        payment = case.fresh()
        return lambda: service.begin(payment, email="", locale="en")

    def check() -> None:
        payment, _ = case.now()
        assert payment.action is not None
        assert payment.state is PaymentState.REQUIRES_ACTION

    runs = every_crash(prepare, check)
    assert runs == 4
    assert len(stripe.sessions) == runs + 1


@pytest.mark.usefixtures("stage")
def test_a_couriers_word() -> None:
    made: list[str] = []

    def prepare() -> Work:
        number = ids.new("shp")
        made.append(number)
        shipment = shipping.prepare(
            shipment_id=number,
            order_id=f"ord_{number}_1",
            purchase_id=f"pur_{number}",
            merchant_id="mer_1",
            courier="sandbox",
            tracking_number="",
            lines=(ShipmentLine("acme.TEA", 1),),
        )
        transact.commit(shipping_store.create_shipment(shipment))
        data = {
            "tracking_number": shipment.tracking_number,
            "occurred_at": "2026-03-02T08:00:00Z",
        }
        body = json.dumps({"type": "shipment.delivered", "data": data}).encode()
        signed = signed_by(COURIER_SECRET, body, epoch(clock_module.now()), f"msg_{number}")
        return lambda: shipping.hear("sandbox", signed, body)

    def check() -> None:
        shipment = shipping_store.get(made[-1])
        assert shipment is not None
        assert (shipment.state, shipment.version) == (ShipmentState.DELIVERED, 2)
        assert len(shipping_store.events(made[-1])) == 1
        told = [row.name for row in outbox.history(shipment.purchase_id)]
        assert told == ["shipping.ShipmentCreated", "shipping.ShipmentDelivered"]

    assert every_crash(prepare, check) == 6
