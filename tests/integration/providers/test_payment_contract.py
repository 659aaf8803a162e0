"""The one contract that every payment company's adapter passes."""

import base64
import hashlib
import hmac
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
from chalicelib.providers.signing import BadSignature
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

    def unsecured(self, body: bytes) -> dict[str, str]:
        """What anybody can sign: with an empty key."""
        stamp = str(epoch(now()))
        signed = b"msg_1." + stamp.encode() + b"." + body
        signature = base64.b64encode(hmac.new(b"", signed, hashlib.sha256).digest()).decode()
        return {
            "webhook-id": "msg_1",
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{signature}",
        }

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

    def unsecured(self, body: bytes) -> dict[str, str]:
        return self.company.sign(body, epoch(now()), secret="")

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


def test_header_names_may_have_any_case(house: House) -> None:
    from chalice.app import CaseInsensitiveMapping

    headers, body = house.captured()
    loud = CaseInsensitiveMapping({name.upper(): value for name, value in headers.items()})
    assert house.adapter.verify(loud, body, now()) is not None


@pytest.mark.parametrize("seconds", [-299, 0, 299])
def test_a_near_time_is_taken(house: House, seconds: int) -> None:
    headers, body = house.captured(epoch(now()) + seconds)
    assert house.adapter.verify(headers, body, now()) is not None


@pytest.mark.parametrize("seconds", [-301, 301, -86_400, 86_400])
def test_a_far_time_is_refused_in_both_directions(house: House, seconds: int) -> None:
    headers, body = house.captured(epoch(now()) + seconds)
    with pytest.raises(BadSignature):
        house.adapter.verify(headers, body, now())


def test_nothing_is_verified_without_a_secret(house: House) -> None:
    headers, body = house.captured()
    adapter = replace(house.adapter, secret="")  # type: ignore[type-var]
    for forged in (headers, house.unsecured(body)):
        with pytest.raises(BadSignature):
            adapter.verify(forged, body, now())


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


class TestForgeries:
    """The mutation matrix: each must be refused, whatever company it pretends to be."""

    def refused(self, house: House, headers: dict[str, str], body: bytes) -> None:
        with pytest.raises(BadSignature):
            house.adapter.verify(headers, body, now())

    def test_headers(self, house: House) -> None:
        headers, body = house.captured()
        self.refused(house, {}, body)
        for name in headers:
            self.refused(house, {k: v for k, v in headers.items() if k != name}, body)
            for value in ("", " ", "\x00", "é", "，", "v1", "v1,", "t=1", "a" * 10_000):
                self.refused(house, headers | {name: value}, body)

    def test_bodies(self, house: House) -> None:
        headers, body = house.captured()
        flipped = bytes([body[0] ^ 1]) + body[1:]
        others = [
            b"",
            flipped,
            body + b"\n",
            b" " + body,
            b"\xef\xbb\xbf" + body,
            body.replace(b": ", b":"),
            body.replace(b"2599", b"2600"),
            body.replace(b"gbp", b"\\u0067bp").replace(b"GBP", b"\\u0047BP"),
            body[:-1],
            body + body,
            body.decode().encode("utf-16"),
        ]
        for other in others:
            assert other != body
            self.refused(house, headers, other)

    def test_times(self, house: House) -> None:
        headers, body = house.captured()
        present = str(epoch(now()))
        name = "webhook-timestamp" if "webhook-id" in headers else "stripe-signature"
        for stamp in (
            "0",
            "-1",
            f"{present}.0",
            "1e9",
            "1e20",
            "9" * 30,
            f" {present}",
            f"+{present}",
        ):
            self.refused(house, headers | {name: headers[name].replace(present, stamp)}, body)
        digits = present.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
        self.refused(house, headers | {name: headers[name].replace(present, digits)}, body)
        near = str(int(present) + 1)
        self.refused(house, headers | {name: headers[name].replace(present, near)}, body)

    def test_signatures(self, house: House) -> None:
        headers, body = house.captured()
        name = "webhook-signature" if "webhook-id" in headers else "stripe-signature"
        whole = headers[name]
        separator = "," if name == "webhook-signature" else "v1="
        scheme, _, value = whole.rpartition(separator)
        for forged in (
            value[:-1],
            value + value[-1],
            value.swapcase(),
            value[::-1],
            " " + value,
            value.replace("=", ""),
            value.translate(str.maketrans("+/", "-_")) + "=",
            "",
        ):
            if forged != value:
                self.refused(house, headers | {name: scheme + separator + forged}, body)
        self.refused(house, headers | {name: whole.replace("v1", "v0")}, body)
        self.refused(house, headers | {name: whole.replace("v1", "v1a")}, body)

    def test_somebody_elses_secret(self, house: House) -> None:
        _, body = house.captured()
        other = "whsec_b3RoZXIgc2VjcmV0IG9mIHRoZSB0ZXN0cw=="
        theirs = house.company.sign(body, epoch(now()), secret=other)
        self.refused(house, theirs, body)

    def test_a_rotated_secret_is_taken_beside_the_old_one(self, house: House) -> None:
        headers, body = house.captured()
        other = "whsec_b3RoZXIgc2VjcmV0IG9mIHRoZSB0ZXN0cw=="
        theirs = house.company.sign(body, epoch(now()), secret=other)
        if isinstance(house, SandboxHouse):
            name = "webhook-signature"
            both = f"{theirs[name]} {headers[name]}"
        else:
            name = "stripe-signature"
            both = theirs[name] + "," + headers[name].partition(",")[2]
        assert house.adapter.verify(headers | {name: both}, body, now()) is not None
        flood = (
            " ".join([theirs[name]] * 50)
            if isinstance(house, SandboxHouse)
            else (
                headers[name].partition(",")[0]
                + ",v1=x" * 50
                + ","
                + headers[name].partition(",")[2]
            )
        )
        self.refused(house, headers | {name: flood}, body)


def test_random_bodies_signed_by_the_independent_library_verify(house: House) -> None:
    from hypothesis import given
    from hypothesis import strategies as st

    @given(st.text(max_size=200), st.integers(-299, 299))
    def agrees(text: str, skew: int) -> None:
        encodable = text.encode("utf-8", "ignore")
        at = epoch(now()) + skew
        headers = house.company.sign(encodable, at)
        try:
            house.adapter.verify(headers, encodable, now())
        except Malformed:
            return
        assert encodable.strip().startswith(b"{")

    agrees()


def test_the_window_moves_with_the_time(house: House, clock: Clock) -> None:
    headers, body = house.captured()
    clock.forward(301)
    with pytest.raises(BadSignature):
        house.adapter.verify(headers, body, now())
