"""Beginning payments, sending refunds, and asking companies about what they never told."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.aws import transact
from chalicelib.aws.settings import settings
from chalicelib.contexts.orders.facts import RefundRequested
from chalicelib.contexts.orders.model.states import PurchaseState
from chalicelib.contexts.orders.workers import payments_ask_provider
from chalicelib.contexts.payments import service, store
from chalicelib.contexts.payments.model import PaymentMoved, PaymentState, Refund, RefundState
from chalicelib.contexts.payments.workers import payments_on_refund_requested
from chalicelib.kernel import clock as clock_module
from chalicelib.kernel import ids
from chalicelib.providers.http import ProviderUnavailable
from chalicelib.providers.payment import Callback, CallbackKind, UnknownProvider
from tests.conftest import Clock
from tests.makers import rows
from tests.makers.companies.sandbox import SandboxCompany
from tests.makers.companies.stripe import KEY, StripeCompany
from tests.makers.events import schedule_event, sqs_event
from tests.makers.payments import (
    PAYMENT,
    PURCHASE,
    a_callback,
    a_payment,
    a_refund,
    captured,
    gbp,
    now,
    promised,
    stored,
)
from tests.makers.purchases import placed, seen
from tests.makers.rows import everything


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


def new(provider: str) -> Any:
    return service.new_payment(
        payment_id=PAYMENT,
        purchase_id=PURCHASE,
        provider=provider,
        amount=gbp(5_000),
        now=clock_module.now(),
    )


def requested(refund: Refund) -> dict[str, Any]:
    fact = RefundRequested(
        id=ids.ulid(),
        occurred_at=clock_module.iso(clock_module.now()),
        purchase_id=PURCHASE,
        refund=refund,
    )
    return sqs_event(fact)


def work(event: dict[str, Any]) -> list[str]:
    """Let the worker handle a batch; returns the messages that failed."""
    answer = payments_on_refund_requested(event, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def a_promise(payment: Any = None, amount: int = 1_000) -> Refund:
    paid = captured(payment)
    reference = paid.provider_reference
    refund = a_refund(amount, provider=paid.provider, provider_reference=reference)
    return promised(paid, refund)


def refund_now() -> Refund:
    return store.payment_with_refunds(PAYMENT)[1][0]


class TestBeginning:
    def test_the_sandbox_needs_no_call(self, stage: Clock) -> None:
        payment = new("sandbox")
        assert payment.action is not None
        assert payment.action.type == "redirect"
        assert payment.action.url.startswith(f"http://127.0.0.1:8002/pay/{PAYMENT}?amount=5000")
        assert service.begin(stored(payment), email="", locale="en") == payment

    def test_stripe_is_called_once_and_its_page_is_kept(self, stripe: StripeCompany) -> None:
        payment = new("stripe")
        assert payment.action is None
        begun = service.begin(stored(payment), email="ada@shopper.example", locale="en")
        assert begun.state is PaymentState.REQUIRES_ACTION
        assert begun == now()
        assert service.begin(begun, email="", locale="en") == begun
        assert len(stripe.requests) == 1

    def test_a_lost_answer_is_asked_for_again(self, stripe: StripeCompany) -> None:
        payment = stored(new("stripe"))
        stripe.broken = [0]
        with pytest.raises(ProviderUnavailable) as refused:
            service.begin(payment, email="", locale="en")
        assert (refused.value.status, refused.value.retry_after_s) == (503, 5)
        assert now().state is PaymentState.CREATED
        assert service.begin(payment, email="", locale="en").action is not None
        assert len(stripe.sessions) == 1

    def test_a_payment_captured_meanwhile_keeps_its_state(self, stripe: StripeCompany) -> None:
        payment = stored(new("stripe"))
        told = a_callback(provider="stripe", provider_reference="pi_1")
        transact.commit(store.capture(payment, told))
        assert service.begin(payment, email="", locale="en").action is not None
        assert now().state is PaymentState.CAPTURED

    def test_a_company_that_is_not_here(self, stage: Clock) -> None:
        with pytest.raises(UnknownProvider) as refused:
            new("stripe")
        assert (refused.value.code, refused.value.status) == ("payments.unknown_provider", 422)


class TestSendingRefunds:
    def test_a_refund_goes_out_once(self, sandbox: SandboxCompany) -> None:
        refund = a_promise()
        event = requested(refund)
        assert work(event) == []
        assert refund_now().state is RefundState.SENT
        assert sandbox.orders[refund.id]["amount"] == 1_000
        before = everything()
        assert work(event) == []
        assert work(requested(refund)) == []
        assert len(sandbox.requests) == 1
        assert everything() == before

    def test_a_company_out_of_reach_is_tried_again(self, sandbox: SandboxCompany) -> None:
        refund = a_promise()
        event = requested(refund)
        sandbox.broken = [503, 0]
        before = everything()
        assert work(event) == ["message-0"]
        assert work(event) == ["message-0"]
        assert everything() == before
        assert work(event) == []
        assert (refund_now().state, len(sandbox.orders)) == (RefundState.SENT, 1)

    def test_one_failure_does_not_touch_its_neighbours(self, sandbox: SandboxCompany) -> None:
        refund = a_promise()
        unknown = a_refund(1, id="ref_404")
        both = {"Records": [*requested(unknown)["Records"], *requested(refund)["Records"]]}
        both["Records"][1]["messageId"] = "message-1"
        assert work(both) == ["message-0"]
        assert refund_now().state is RefundState.SENT

    def test_a_refused_refund_gives_back_what_was_set_aside(self, sandbox: SandboxCompany) -> None:
        refund = a_promise()
        sandbox.refuses_refunds = True
        assert work(requested(refund)) == []
        assert (refund_now().state, now().refunded) == (RefundState.FAILED, gbp(0))
        assert rows.facts()[-1] == "payments.RefundFailed"

    def test_money_that_is_back_at_once(self, stripe: StripeCompany) -> None:
        begun = service.begin(stored(new("stripe")), email="", locale="en")
        assert begun.action is not None
        intent = stripe.pay(begun.action.reference)["payment_intent"]
        told = a_callback(provider="stripe", provider_reference=intent)
        transact.commit(store.capture(begun, told))
        refund = promised(now(), a_refund(provider="stripe", provider_reference=intent))
        stripe.refund_status = "succeeded"
        assert work(requested(refund)) == []
        assert (refund_now().state, now().returned) == (RefundState.SUCCEEDED, gbp(1_000))
        assert now().state is PaymentState.PARTLY_REFUNDED

    def test_a_word_that_comes_before_our_note_counts(
        self, sandbox: SandboxCompany, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refund = a_promise()
        answer = sandbox.answer

        def eager(method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
            kind = CallbackKind.REFUND_SUCCEEDED
            told = a_callback(kind, refund_id=refund.id, amount=refund.amount)
            service.take_note(told)
            return answer(method, path, headers, body)

        monkeypatch.setattr(sandbox, "answer", eager)
        assert work(requested(refund)) == []
        assert (refund_now().state, now().returned) == (RefundState.SUCCEEDED, gbp(1_000))
        assert rows.facts().count("payments.RefundSucceeded") == 1


class TestAsking:
    @staticmethod
    def never(_callback: Callback) -> None:
        raise AssertionError("nothing was captured")

    def test_a_capture_whose_callback_was_lost_is_found(
        self, sandbox: SandboxCompany, stage: Clock
    ) -> None:
        stored(new("sandbox"))
        data = {
            "payment_id": PAYMENT,
            "provider_reference": "ch_9",
            "amount": 5_000,
            "currency": "GBP",
        }
        sandbox.clicked[PAYMENT] = {"type": "payment.captured", "data": data}
        taken: list[Callback] = []
        assert service.ask_due(taken.append)["asked"] == 0
        stage.forward(601)
        assert service.ask_due(taken.append) == {"asked": 1, "told": 1, "refused": 0}
        assert [(c.kind, c.payment_id, c.amount, c.provider_reference) for c in taken] == [
            (CallbackKind.CAPTURED, PAYMENT, gbp(5_000), "ch_9")
        ]

    def test_a_decline_that_was_lost_is_noted_once(
        self, sandbox: SandboxCompany, stage: Clock
    ) -> None:
        stored(new("sandbox"))
        data = {"payment_id": PAYMENT, "reason": "no funds"}
        sandbox.clicked[PAYMENT] = {"type": "payment.failed", "data": data}
        for _ in range(3):
            stage.forward(3_601)
            service.ask_due(self.never)
        assert now().state is PaymentState.FAILED
        assert rows.facts() == ["payments.PaymentFailed"]

    def test_an_open_payment_is_asked_about_ever_more_rarely_and_then_no_more(
        self, sandbox: SandboxCompany, stage: Clock
    ) -> None:
        begun = clock_module.parse(stored(new("sandbox")).created_at)
        asked = []
        while now().ask_at:
            stage.forward(
                int((clock_module.parse(now().ask_at) - clock_module.now()).total_seconds()) + 1
            )
            if service.ask_due(self.never)["asked"]:
                asked.append(clock_module.now())
        gaps = [later - sooner for sooner, later in itertools.pairwise(asked)]
        waited_s = [int((at - begun).total_seconds()) for at in asked]
        assert waited_s[0] == service.ASK_AFTER_S + 1
        assert gaps == sorted(gaps)
        assert len(asked) == len(sandbox.requests) < 25
        assert waited_s[-1] > service.ASK_UNTIL_S

    def test_captured_payments_are_not_asked_about(
        self, sandbox: SandboxCompany, stage: Clock
    ) -> None:
        captured(new("sandbox"))
        stage.forward(3_600)
        assert service.ask_due(self.never)["asked"] == 0

    def test_two_sweeps_do_not_ask_the_same(
        self, sandbox: SandboxCompany, stage: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stored(new("sandbox"))
        stage.forward(601)
        row = store.due(sum(PAYMENT.encode()) % store.TIMER_SHARDS, "9", 5)[0]
        transact.commit([store.rearm(row, "2026-03-02T10:00:00.000Z")])
        with pytest.raises(PaymentMoved):
            transact.commit([store.rearm(row, "2026-03-02T10:00:00.000Z")])
        assert sandbox.requests == []

    def test_a_refund_that_never_went_out_is_sent(
        self, sandbox: SandboxCompany, stage: Clock
    ) -> None:
        refund = a_promise()
        stage.forward(store.REFUND_ASK_AFTER_S + 1)
        assert service.ask_due(self.never)["told"] == 1
        assert refund_now().state is RefundState.SENT
        assert set(sandbox.orders) == {refund.id}
        assert service.ask_due(self.never)["asked"] == 0

    def test_a_refund_whose_end_was_lost_is_found(
        self, stripe: StripeCompany, stage: Clock
    ) -> None:
        begun = service.begin(stored(new("stripe")), email="", locale="en")
        assert begun.action is not None
        intent = stripe.pay(begun.action.reference)["payment_intent"]
        told = a_callback(provider="stripe", provider_reference=intent)
        transact.commit(store.capture(begun, told))
        promised(now(), a_refund(provider="stripe", provider_reference=intent))
        work(requested(refund_now()))
        assert refund_now().refund_reference == "re_1"
        stripe.refunds[0]["status"] = "succeeded"
        stage.forward(store.REFUND_ASK_AFTER_S + 1)
        assert service.ask_due(self.never)["told"] == 1
        assert refund_now().state is RefundState.SUCCEEDED
        assert rows.facts()[-1] == "payments.RefundSucceeded"

    def test_a_company_out_of_reach_is_left_alone_until_the_next_sweep(
        self, sandbox: SandboxCompany, stage: Clock
    ) -> None:
        for number in (1, 2, 3):
            stored(a_payment(id=f"{PAYMENT[:-1]}{number}", ask_at="2026-03-02T09:10:00.000Z"))
        sandbox.broken = [503]
        stage.forward(601)
        assert service.ask_due(self.never) == {"asked": 1, "told": 0, "refused": 1}
        assert service.ask_due(self.never) == {"asked": 2, "told": 0, "refused": 0}
        assert len(sandbox.requests) == 3

    def test_a_company_out_of_reach_at_the_last_time_is_asked_once_more(
        self, sandbox: SandboxCompany, stage: Clock
    ) -> None:
        stored(new("sandbox"))
        stage.forward(service.ASK_UNTIL_S + 1)
        sandbox.broken = [503]
        assert service.ask_due(self.never)["refused"] == 1
        stage.forward(service.ASK_AFTER_S + 1)
        assert service.ask_due(self.never) == {"asked": 1, "told": 0, "refused": 0}
        assert now().ask_at == ""

    def test_many_that_are_due_at_once_are_all_asked_about(
        self, sandbox: SandboxCompany, stage: Clock
    ) -> None:
        for number in range(100, 200):
            stored(a_payment(id=f"{PAYMENT}{number}", ask_at="2026-03-02T09:10:00.000Z"))
        stage.forward(601)
        assert service.ask_due(self.never)["asked"] == 100

    def test_one_row_that_cannot_be_asked_about_leaves_the_others_alone(
        self, sandbox: SandboxCompany, stage: Clock
    ) -> None:
        for number in (1, 2, 3):
            stored(a_payment(id=f"{PAYMENT[:-1]}{number}", ask_at="2026-03-02T09:10:00.000Z"))
        sandbox.clicked[PAYMENT] = {"type": "payment.captured", "data": {"payment_id": 5}}
        stage.forward(601)
        assert service.ask_due(self.never) == {"asked": 3, "told": 0, "refused": 1}

    def test_the_schedule_captures_what_it_finds(
        self, sandbox: SandboxCompany, stage: Clock
    ) -> None:
        placed()
        data = {
            "payment_id": PAYMENT,
            "provider_reference": "ch_9",
            "amount": 5_000,
            "currency": "GBP",
        }
        sandbox.clicked[PAYMENT] = {"type": "payment.captured", "data": data}
        stage.forward(601)
        counts = payments_ask_provider(schedule_event(), None)
        assert counts == {"asked": 1, "told": 1, "refused": 0}
        assert seen()[0].state is PurchaseState.PAID
