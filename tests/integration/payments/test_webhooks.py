"""Payment companies call: what counts, what is refused, and what is never counted twice."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.aws.settings import settings
from chalicelib.contexts.orders.model.states import OrderState, PurchaseState
from chalicelib.contexts.payments import service, store
from chalicelib.contexts.payments.model import PaymentState, RefundState
from chalicelib.kernel.clock import epoch, now
from tests.conftest import Clock
from tests.makers import rows
from tests.makers.companies.sandbox import signed_by
from tests.makers.companies.stripe import KEY, StripeCompany
from tests.makers.http import Http, Reply
from tests.makers.payments import PAYMENT, a_refund, gbp, promised
from tests.makers.payments import now as payment_now
from tests.makers.purchases import ORDER, TOTAL, placed, seen, with_purchase
from tests.makers.round_trips import counted
from tests.makers.rows import everything
from tests.makers.stage import PAYMENT_SECRET

SANDBOX = "/webhooks/payments/sandbox"
pytestmark = pytest.mark.usefixtures("stage")


def body_of(kind: str = "payment.captured", **data: Any) -> bytes:
    told = {
        "payment_id": PAYMENT,
        "provider_reference": "ch_1",
        "amount": TOTAL,
        "currency": "GBP",
    }
    return json.dumps(
        {"type": kind, "timestamp": "2026-03-02T09:00:00Z", "data": told | data}
    ).encode()


def post(body: bytes, event_id: str = "msg_1", at: int | None = None, **headers: str) -> Reply:
    signed = signed_by(PAYMENT_SECRET, body, epoch(now()) if at is None else at, event_id)
    return Http().post(SANDBOX, body, **(signed | headers))


def tell(kind: str, event_id: str = "msg_1", **data: Any) -> Reply:
    return post(body_of(kind, **data), event_id)


def outcome(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.json().get("outcome", "")


class TestCaptures:
    def test_money_places_the_order(self) -> None:
        placed()
        assert outcome(tell("payment.captured")) == (200, "accepted")
        purchase, order = seen()
        assert (purchase.state, order.state) == (PurchaseState.PAID, OrderState.PLACED)
        assert payment_now().state is PaymentState.CAPTURED
        assert sorted(rows.facts()) == ["orders.PurchasePaid", "payments.PaymentCaptured"]

    def test_it_takes_three_round_trips(self) -> None:
        placed()
        http = Http()
        body = body_of()
        signed = signed_by(PAYMENT_SECRET, body, epoch(now()), "msg_1")
        with counted() as calls:
            http.post(SANDBOX, body, **signed)
        assert calls == ["Query", "BatchGetItem", "TransactWriteItems"]

    def test_the_same_message_changes_nothing(self) -> None:
        placed()
        tell("payment.captured")
        before = everything()
        for body in (body_of(), body_of("payment.failed"), body_of(amount=1)):
            assert outcome(post(body)) == (200, "duplicate")
        assert everything() == before

    def test_the_same_money_in_another_message_is_a_duplicate(self) -> None:
        placed()
        tell("payment.captured")
        facts = rows.facts()
        assert outcome(tell("payment.captured", "msg_2")) == (200, "duplicate")
        assert rows.facts() == facts
        assert payment_now().captured == gbp(TOTAL)

    def test_other_money_on_top_goes_back(self) -> None:
        placed()
        tell("payment.captured")
        reply = tell("payment.captured", "msg_2", provider_reference="ch_2")
        assert outcome(reply) == (200, "accepted")
        payment, refunds = store.payment_with_refunds(PAYMENT)
        assert payment is not None
        assert (payment.captured, payment.refunded) == (gbp(2 * TOTAL), gbp(TOTAL))
        assert [(r.provider_reference, r.amount, r.order_id) for r in refunds] == [
            ("ch_2", gbp(TOTAL), "")
        ]
        assert set(rows.facts()[-2:]) == {"payments.PaymentCaptured", "orders.RefundRequested"}
        before = everything()
        again = tell("payment.captured", "msg_3", provider_reference="ch_2")
        assert outcome(again) == (200, "duplicate")
        assert {k: v for k, v in everything().items() if k != "payments"} == {
            k: v for k, v in before.items() if k != "payments"
        }
        assert payment_now().captured == gbp(2 * TOTAL)

    @pytest.mark.parametrize("wrong", [{"amount": TOTAL - 1}, {"amount": 0}, {"currency": "EUR"}])
    def test_another_amount_is_flagged_and_never_paid(self, wrong: dict[str, Any]) -> None:
        placed()
        assert outcome(tell("payment.captured", **wrong)) == (200, "flagged")
        payment = payment_now()
        assert (payment.state, payment.is_flagged) == (PaymentState.CREATED, True)
        assert seen()[0].state is PurchaseState.AWAITING_PAYMENT
        assert rows.facts() == []
        assert len(store.under_review(5).items) == 1

    def test_money_for_a_cancelled_purchase_goes_back(self) -> None:
        placed()
        with_purchase(PurchaseState.CANCELLED)
        assert outcome(tell("payment.captured")) == (200, "accepted")
        payment, refunds = store.payment_with_refunds(PAYMENT)
        assert payment is not None
        assert (payment.captured, payment.refunded) == (gbp(TOTAL), gbp(TOTAL))
        assert [refund.amount for refund in refunds] == [gbp(TOTAL)]
        assert seen()[0].state is PurchaseState.CANCELLED

    def test_money_after_a_decline_still_counts(self) -> None:
        placed()
        assert outcome(tell("payment.failed", "msg_1", reason="no funds")) == (200, "accepted")
        assert payment_now().state is PaymentState.FAILED
        assert outcome(tell("payment.captured", "msg_2")) == (200, "accepted")
        assert seen()[0].state is PurchaseState.PAID

    @pytest.mark.parametrize("kind", ["payment.failed", "payment.expired", "payment.authorized"])
    def test_late_words_move_nothing_backwards(self, kind: str) -> None:
        placed()
        tell("payment.captured")
        facts, payment = rows.facts(), payment_now()
        assert outcome(tell(kind, "msg_2")) == (200, "ignored")
        assert (rows.facts(), payment_now()) == (facts, payment)
        assert outcome(tell(kind, "msg_2")) == (200, "duplicate")


class TestOtherWords:
    def test_an_authorization_of_the_right_amount(self) -> None:
        placed()
        assert outcome(tell("payment.authorized", "msg_0", amount=1)) == (200, "flagged")
        assert outcome(tell("payment.authorized", "msg_1")) == (200, "accepted")
        assert payment_now().state is PaymentState.AUTHORIZED

    def test_an_expiry_tells_and_leaves_the_way_open(self) -> None:
        placed()
        assert outcome(tell("payment.expired", "msg_1")) == (200, "accepted")
        assert payment_now().state is PaymentState.EXPIRED
        assert rows.facts() == ["payments.PaymentFailed"]
        assert outcome(tell("payment.captured", "msg_2")) == (200, "accepted")

    def test_a_chargeback_is_told(self) -> None:
        placed()
        tell("payment.captured")
        assert outcome(tell("chargeback.opened", "msg_2", reason="fraud")) == (200, "accepted")
        assert payment_now().state is PaymentState.DISPUTED
        assert rows.facts()[-1] == "payments.ChargebackOpened"

    def test_a_kind_that_means_nothing_is_acknowledged_and_ignored(self) -> None:
        placed()
        before = everything()
        assert outcome(tell("payment.sneezed")) == (200, "ignored")
        assert everything() == before

    @pytest.mark.parametrize(
        ("kind", "state", "fact"),
        [
            ("refund.succeeded", RefundState.SUCCEEDED, "payments.RefundSucceeded"),
            ("refund.failed", RefundState.FAILED, "payments.RefundFailed"),
        ],
    )
    def test_a_refund_ends(self, kind: str, state: RefundState, fact: str) -> None:
        placed()
        tell("payment.captured")
        refund = promised(payment_now(), a_refund(1_000, order_id=ORDER))
        data = {"refund_id": refund.id, "amount": 1_000}
        assert outcome(tell(kind, "msg_2", **data)) == (200, "accepted")
        assert store.payment_with_refunds(PAYMENT)[1][0].state is state
        assert rows.facts()[-1] == fact
        after, facts = payment_now(), rows.facts()
        assert outcome(tell(kind, "msg_2", **data)) == (200, "duplicate")
        assert outcome(tell(kind, "msg_3", **data)) == (200, "duplicate")
        other = ({"refund.succeeded", "refund.failed"} - {kind}).pop()
        assert outcome(tell(other, "msg_4", **data)) == (200, "flagged")
        assert (payment_now().returned, payment_now().refunded) == (after.returned, after.refunded)
        assert rows.facts() == facts

    def test_a_refund_of_another_amount_is_flagged(self) -> None:
        placed()
        tell("payment.captured")
        refund = promised(payment_now(), a_refund(1_000))
        reply = tell("refund.succeeded", "msg_2", refund_id=refund.id, amount=999)
        assert outcome(reply) == (200, "flagged")
        assert store.payment_with_refunds(PAYMENT)[1][0].state is RefundState.REQUESTED


class TestStripe:
    @pytest.fixture
    def company(self, monkeypatch: pytest.MonkeyPatch, stage: Clock) -> Iterator[StripeCompany]:
        company = StripeCompany()
        with company.serving():
            monkeypatch.setenv("SOUK_STRIPE_KEY", KEY)
            monkeypatch.setenv("SOUK_STRIPE_WEBHOOK_SECRET", company.secret)
            monkeypatch.setenv("SOUK_STRIPE_URL", company.url)
            settings.cache_clear()
            yield company

    def test_from_a_session_to_a_dispute(self, company: StripeCompany) -> None:
        begun = service.begin(placed("stripe"), email="ada@shopper.example", locale="en")
        assert begun.action is not None
        assert payment_now() == begun
        company.pay(begun.action.reference)
        headers, body = company.signed("checkout.session.completed", company.sessions["cs_test_1"])
        stripe = "/webhooks/payments/stripe"
        assert outcome(Http().post(stripe, body, **headers)) == (200, "accepted")
        assert seen()[0].state is PurchaseState.PAID
        headers, body = company.signed(
            "payment_intent.succeeded", company.intent("cs_test_1"), "evt_2"
        )
        assert outcome(Http().post(stripe, body, **headers)) == (200, "duplicate")
        dispute = {
            "id": "dp_1",
            "amount": TOTAL,
            "currency": "gbp",
            "payment_intent": "pi_cs_test_1",
        }
        headers, body = company.signed("charge.dispute.created", dispute, "evt_3")
        assert outcome(Http().post(stripe, body, **headers)) == (200, "accepted")
        assert payment_now().state is PaymentState.DISPUTED
