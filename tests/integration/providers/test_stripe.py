"""What is Stripe's own: its sessions, and what its events mean."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.kernel.clock import now
from chalicelib.kernel.money import Money
from chalicelib.providers.http import ProviderUnavailable
from chalicelib.providers.payment import (
    Callback,
    CallbackKind,
    PaymentRequest,
    RefundOrder,
    RefundStanding,
)
from chalicelib.providers.payment.stripe import Stripe
from tests.conftest import Clock
from tests.makers.companies.stripe import KEY, StripeCompany

REQUEST = PaymentRequest(
    payment_id="pay_1",
    purchase_id="pur_1",
    amount=Money(2_599, "GBP"),
    return_url="http://127.0.0.1:8000/orders/pur_1?token=t",
    created_at="2026-03-02T09:00:00.000Z",
    email="ada@shopper.example",
    locale="zh-CN",
)
ORDER = RefundOrder(
    refund_id="ref_1",
    payment_id="pay_1",
    provider_reference="pi_cs_test_1",
    amount=Money(1_000, "GBP"),
    captured=Money(2_599, "GBP"),
)


@pytest.fixture
def company(clock: Clock) -> Iterator[StripeCompany]:
    house = StripeCompany()
    with house.serving():
        yield house


@pytest.fixture
def adapter(company: StripeCompany) -> Stripe:
    return Stripe(KEY, company.secret, company.url)


def read(adapter: Stripe, company: StripeCompany, kind: str, obj: Any) -> Callback | None:
    headers, body = company.signed(kind, obj)
    return adapter.verify(headers, body, now())


def test_a_session_asks_for_exactly_the_purchase(adapter: Stripe, company: StripeCompany) -> None:
    action = adapter.start(REQUEST)
    assert (action.type, action.reference) == ("redirect", "cs_test_1")
    assert action.url == company.sessions["cs_test_1"]["url"]
    session = company.sessions["cs_test_1"]
    assert (session["amount_total"], session["currency"]) == (2_599, "gbp")
    assert session["client_reference_id"] == "pay_1"
    assert session["intent_metadata"] == {"payment_id": "pay_1"}
    assert session["customer_email"] == "ada@shopper.example"
    method, path, headers, _ = company.requests[0]
    assert (method, path, headers["idempotency-key"]) == (
        "POST",
        "/v1/checkout/sessions",
        "pay_1",
    )


def test_a_late_repeat_is_the_same_session(
    adapter: Stripe, company: StripeCompany, clock: Clock
) -> None:
    company.broken = [0]
    with pytest.raises(ProviderUnavailable):
        adapter.start(REQUEST)
    clock.forward(3_600)
    assert adapter.start(REQUEST).reference == "cs_test_1"
    assert len(company.sessions) == 1


def test_a_refused_session_is_no_action(adapter: Stripe, company: StripeCompany) -> None:
    company.broken = [400]
    with pytest.raises(ProviderUnavailable, match="api_error"):
        adapter.start(REQUEST)


def test_a_wrong_key_is_our_trouble_not_a_failed_refund(company: StripeCompany) -> None:
    adapter = Stripe("sk_wrong", company.secret, company.url)
    with pytest.raises(ProviderUnavailable):
        adapter.refund(ORDER)


def test_both_events_of_one_payment_carry_the_same_reference(
    adapter: Stripe, company: StripeCompany
) -> None:
    adapter.start(REQUEST)
    session = company.pay("cs_test_1")
    first = read(adapter, company, "checkout.session.completed", session)
    second = read(adapter, company, "payment_intent.succeeded", company.intent("cs_test_1"))
    assert first is not None
    assert second is not None
    for told in (first, second):
        assert (told.kind, told.payment_id, told.provider_reference, told.amount) == (
            CallbackKind.CAPTURED,
            "pay_1",
            "pi_cs_test_1",
            Money(2_599, "GBP"),
        )


def test_an_unpaid_completed_session_is_not_money(adapter: Stripe, company: StripeCompany) -> None:
    adapter.start(REQUEST)
    session = company.sessions["cs_test_1"] | {"status": "complete"}
    assert read(adapter, company, "checkout.session.completed", session) is None
    later = company.pay("cs_test_1")
    told = read(adapter, company, "checkout.session.async_payment_succeeded", later)
    assert told is not None
    assert told.kind is CallbackKind.CAPTURED


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("checkout.session.expired", CallbackKind.EXPIRED),
        ("checkout.session.async_payment_failed", CallbackKind.FAILED),
    ],
)
def test_a_session_that_ends_without_money(
    adapter: Stripe, company: StripeCompany, event: str, kind: CallbackKind
) -> None:
    adapter.start(REQUEST)
    told = read(adapter, company, event, company.sessions["cs_test_1"])
    assert told is not None
    assert (told.kind, told.payment_id, told.amount) == (kind, "pay_1", None)


def test_an_expired_session_is_told_when_asked(adapter: Stripe, company: StripeCompany) -> None:
    adapter.start(REQUEST)
    company.sessions["cs_test_1"]["status"] = "expired"
    told = adapter.ask(REQUEST, "cs_test_1")
    assert told is not None
    assert told.kind is CallbackKind.EXPIRED


def test_a_session_of_another_payment_tells_nothing(
    adapter: Stripe, company: StripeCompany
) -> None:
    adapter.start(REQUEST)
    company.pay("cs_test_1")["client_reference_id"] = "pay_2"
    assert adapter.ask(REQUEST, "cs_test_1") is None
    assert adapter.ask(REQUEST, "cs_test_9") is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("succeeded", CallbackKind.REFUND_SUCCEEDED),
        ("failed", CallbackKind.REFUND_FAILED),
        ("canceled", CallbackKind.REFUND_FAILED),
        ("pending", None),
        ("requires_action", None),
        (None, None),
    ],
)
@pytest.mark.parametrize("event", ["refund.updated", "charge.refund.updated", "charge.refunded"])
def test_a_refund_that_ended_is_told(
    adapter: Stripe,
    company: StripeCompany,
    event: str,
    status: str | None,
    kind: CallbackKind | None,
) -> None:
    adapter.start(REQUEST)
    company.pay("cs_test_1")
    adapter.refund(ORDER)
    refund = company.refunds[0] | {"status": status}
    obj = {"id": "ch_1", "refunds": {"data": [refund]}} if event == "charge.refunded" else refund
    told = read(adapter, company, event, obj)
    assert (told.kind if told else None) == kind
    if told:
        assert (told.payment_id, told.refund_id, told.amount) == (
            "pay_1",
            "ref_1",
            Money(1_000, "GBP"),
        )


def test_a_refund_that_souk_did_not_ask_for_is_ignored(
    adapter: Stripe, company: StripeCompany
) -> None:
    foreign = {"id": "re_9", "status": "succeeded", "amount": 5, "currency": "gbp", "metadata": {}}
    assert read(adapter, company, "refund.updated", foreign) is None
    assert read(adapter, company, "charge.refunded", {"id": "ch_1"}) is None


def test_a_dispute_names_the_payment_by_its_reference(
    adapter: Stripe, company: StripeCompany
) -> None:
    dispute = {
        "id": "dp_1",
        "amount": 2_599,
        "currency": "gbp",
        "payment_intent": "pi_cs_test_1",
        "reason": "fraudulent",
    }
    told = read(adapter, company, "charge.dispute.created", dispute)
    assert told is not None
    assert (told.kind, told.payment_id, told.provider_reference, told.reason) == (
        CallbackKind.CHARGEBACK_OPENED,
        "",
        "pi_cs_test_1",
        "fraudulent",
    )


def test_money_of_another_intent_is_not_ours(adapter: Stripe, company: StripeCompany) -> None:
    intent = {"id": "pi_9", "amount_received": 5, "currency": "gbp", "metadata": {}}
    assert read(adapter, company, "payment_intent.succeeded", intent) is None


def test_a_refund_at_once_and_its_later_standing(adapter: Stripe, company: StripeCompany) -> None:
    adapter.start(REQUEST)
    company.pay("cs_test_1")
    company.refund_status = "succeeded"
    answer = adapter.refund(ORDER)
    assert (answer.standing, answer.refund_reference) == (RefundStanding.SUCCEEDED, "re_1")
    company.refunds[0] |= {"status": "failed", "failure_reason": "lost_or_stolen_card"}

    later = adapter.ask_refund(replace(ORDER, refund_reference="re_1"))
    assert (later.standing, later.reason) == (RefundStanding.FAILED, "lost_or_stolen_card")
    unknown = adapter.ask_refund(replace(ORDER, refund_reference="re_7"))
    assert unknown.standing is RefundStanding.SENT
