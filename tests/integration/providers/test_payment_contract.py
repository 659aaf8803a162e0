"""The one contract that every payment company's adapter passes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.kernel.clock import epoch, now
from chalicelib.kernel.errors import Malformed
from chalicelib.kernel.money import Money
from chalicelib.providers.http import ProviderUnavailable
from chalicelib.providers.payment import (
    Callback,
    CallbackKind,
    Outcome,
    PaymentProvider,
    PaymentRequest,
    RefundOrder,
    RefundStanding,
)
from chalicelib.providers.payment.sandbox import Sandbox
from chalicelib.providers.payment.stripe import Stripe
from tests.conftest import Clock
from tests.makers.companies.sandbox import SandboxCompany
from tests.makers.companies.stripe import KEY, StripeCompany

REQUEST = PaymentRequest(
    payment_id="pay_01JN_1",
    purchase_id="pur_01JN",
    amount=Money(2_599, "GBP"),
    return_url="http://127.0.0.1:8000/orders/pur_01JN?token=t",
    created_at="2026-03-02T09:00:00.000Z",
    email="ada@shopper.example",
    locale="zh-CN",
)
Signed = tuple[dict[str, str], bytes]


@dataclass
class SandboxHouse:
    """An adapter with its company, and how that company speaks."""

    company: SandboxCompany
    reference: str = "ch_1"

    @property
    def adapter(self) -> PaymentProvider:
        return Sandbox(self.company.secret, self.company.url)

    def pay(self, _reference: str) -> None:
        data = self._data()
        self.company.clicked[REQUEST.payment_id] = {"type": "payment.captured", "data": data}

    def captured(self, at: int | None = None) -> Signed:
        return self.company.signed("payment.captured", self._data(), at=at)

    def unknown(self) -> Signed:
        return self.company.signed("payment.sneezed", {"anything": [1]})

    def garbled(self) -> list[Signed]:
        bodies = [b"", b"{", b"[]", b'"x"', b"\xff\xfe".decode("latin1").encode(), b"[" * 5_000]
        bodies += [
            b'{"type":"payment.captured","data":{"payment_id":"p","provider_reference":"r",%s}}'
            % part
            for part in (
                b'"amount":"2599","currency":"GBP"',
                b'"amount":25.99,"currency":"GBP"',
                b'"amount":-1,"currency":"GBP"',
                b'"amount":true,"currency":"GBP"',
                b'"amount":2599,"currency":"gbp"',
                b'"amount":2599',
                b'"currency":"GBP"',
                b'"amount":99999999999999999999,"currency":"GBP"',
            )
        ]
        return [(self.company.sign(b, epoch(now())), b) for b in bodies]

    def _data(self) -> dict[str, Any]:
        return {
            "payment_id": REQUEST.payment_id,
            "provider_reference": self.reference,
            "amount": REQUEST.amount.amount,
            "currency": REQUEST.amount.currency,
        }


@dataclass
class StripeHouse:
    company: StripeCompany
    reference: str = "pi_cs_test_1"

    @property
    def adapter(self) -> PaymentProvider:
        return Stripe(KEY, self.company.secret, self.company.url)

    def pay(self, reference: str) -> None:
        self.company.pay(reference)

    def captured(self, at: int | None = None) -> Signed:
        if not self.company.sessions:
            self.adapter.start(REQUEST)
        session = self.company.pay("cs_test_1")
        return self.company.signed("checkout.session.completed", session, at=at)

    def unknown(self) -> Signed:
        return self.company.signed("customer.sneezed", {"anything": [1]})

    def garbled(self) -> list[Signed]:
        bodies = [b"", b"{", b"[]", b'"x"', b"[" * 5_000, b'{"id":"e","type":"x"}']
        event = b'{"id":"e","type":"checkout.session.completed","data":{"object":%s}}'
        bodies += [
            event % part
            for part in (
                b"[]",
                b"{}",
                b'{"id":1}',
                b'{"id":"c","payment_status":"paid","payment_intent":"p"}',
                b'{"id":"c","payment_status":"paid","payment_intent":"p","amount_total":1.5}',
                b'{"id":"c","payment_status":"paid","amount_total":1,"currency":"gbp"}',
                b'{"id":"c","payment_status":"paid","payment_intent":"p","amount_total":1,"currency":"g1p"}',
            )
        ]
        return [(self.company.sign(b, epoch(now())), b) for b in bodies]


House = SandboxHouse | StripeHouse


@pytest.fixture(params=[SandboxHouse, StripeHouse], ids=["sandbox", "stripe"])
def house(request: pytest.FixtureRequest, clock: Clock) -> Iterator[House]:
    company = SandboxCompany() if request.param is SandboxHouse else StripeCompany()
    with company.serving():
        yield request.param(company)


def an_order(house: House, amount: int = 1_000, refund_id: str = "ref_1") -> RefundOrder:
    return RefundOrder(
        refund_id=refund_id,
        payment_id=REQUEST.payment_id,
        provider_reference=house.reference,
        amount=Money(amount, "GBP"),
        captured=REQUEST.amount,
        reason="chipped",
    )


def refunds_at(house: House) -> int:
    if isinstance(house, SandboxHouse):
        return len(house.company.orders)
    return len(house.company.refunds)


def test_starting_twice_gives_the_same_action(house: House) -> None:
    first = house.adapter.start(REQUEST)
    assert first.type == "redirect"
    assert first.url.startswith("http")
    assert house.adapter.start(REQUEST) == first
    assert house.adapter.needs_call == bool(house.company.requests)


def test_a_capture_is_read(house: House) -> None:
    headers, body = house.captured()
    callback = house.adapter.verify(headers, body, now())
    assert callback == Callback(
        provider=house.adapter.name,
        event_id=callback.event_id if callback else "",
        kind=CallbackKind.CAPTURED,
        payment_id=REQUEST.payment_id,
        provider_reference=house.reference,
        amount=REQUEST.amount,
        at="2026-03-02T09:00:00.000Z",
        raw=body.decode(),
    )
    assert callback.event_id in {"msg_1", "evt_1"}


def test_kinds_that_mean_nothing_are_acknowledged(house: House) -> None:
    headers, body = house.unknown()
    assert house.adapter.verify(headers, body, now()) is None
    thanks = house.adapter.acknowledge(Outcome.IGNORED)
    assert (thanks.status, thanks.content_type) == (200, "application/json")


def test_what_its_own_signer_garbled_is_malformed(house: House) -> None:
    for headers, body in house.garbled():
        with pytest.raises(Malformed):
            house.adapter.verify(headers, body, now())


def test_an_open_payment_tells_nothing_and_a_paid_one_is_captured(house: House) -> None:
    action = house.adapter.start(REQUEST)
    assert house.adapter.ask(REQUEST, action.reference) is None
    house.pay(action.reference)
    told = house.adapter.ask(REQUEST, action.reference)
    assert told is not None
    assert (told.kind, told.payment_id, told.amount, told.provider_reference) == (
        CallbackKind.CAPTURED,
        REQUEST.payment_id,
        REQUEST.amount,
        house.reference,
    )


def test_a_refund_sent_twice_is_one_refund(house: House) -> None:
    house.captured()
    first = house.adapter.refund(an_order(house))
    assert first.standing is RefundStanding.SENT
    assert house.adapter.refund(an_order(house)) == first
    assert refunds_at(house) == 1


def test_a_refund_whose_answer_was_lost_is_found_again(house: House) -> None:
    house.captured()
    house.company.broken = [0]
    with pytest.raises(ProviderUnavailable):
        house.adapter.refund(an_order(house))
    assert house.adapter.ask_refund(an_order(house)).standing is RefundStanding.SENT
    assert refunds_at(house) == 1


def test_a_refund_that_never_went_out_goes_out_when_asked(house: House) -> None:
    house.captured()
    assert house.adapter.ask_refund(an_order(house)).standing is RefundStanding.SENT
    assert refunds_at(house) == 1


@pytest.mark.parametrize("standing", [RefundStanding.SUCCEEDED, RefundStanding.FAILED])
def test_a_refund_whose_callback_was_lost_tells_its_end_when_asked(
    house: House, standing: RefundStanding
) -> None:
    house.captured()
    house.adapter.refund(an_order(house))
    house.company.end_refunds(standing)
    assert house.adapter.ask_refund(an_order(house)).standing is standing
    assert refunds_at(house) == 1


def test_a_refused_refund_has_failed(house: House) -> None:
    house.captured()
    if isinstance(house, SandboxHouse):
        house.company.refuses_refunds = True
    answer = house.adapter.refund(an_order(house, amount=2_600))
    assert answer.standing is RefundStanding.FAILED
    assert answer.reason
    assert "shopper" not in answer.reason
    assert refunds_at(house) == 0


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_trouble_over_there_is_tried_again_later(house: House, status: int) -> None:
    house.captured()
    house.company.broken = [status, status]
    with pytest.raises(ProviderUnavailable):
        house.adapter.refund(an_order(house))
    with pytest.raises(ProviderUnavailable):
        house.adapter.ask(REQUEST, "cs_test_1")


def test_nobody_there_is_tried_again_later(house: House) -> None:
    adapter = replace(house.adapter, url="http://127.0.0.1:9")  # type: ignore[type-var]
    with pytest.raises(ProviderUnavailable):
        adapter.refund(an_order(house))
