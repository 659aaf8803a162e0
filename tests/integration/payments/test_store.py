"""What payments writes, and what its conditions refuse."""

import json

import pytest

from chalicelib.aws import outbox, transact
from chalicelib.contexts.payments import facts, store
from chalicelib.contexts.payments.model import (
    CallbackSeen,
    PaymentMoved,
    PaymentState,
    RefundState,
    RefundTooLarge,
)
from chalicelib.providers.payment import CallbackKind, Outcome
from tests.makers import rows
from tests.makers.payments import (
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

pytestmark = pytest.mark.usefixtures("stage")


def told() -> list[str]:
    return [row.name for row in outbox.history(PURCHASE)]


def test_a_payment_comes_back_as_it_was_written() -> None:
    made = a_payment(ask_at="2026-03-02T09:10:00.000Z")
    assert stored(made) == made


def test_a_callback_is_kept_without_who_paid() -> None:
    raw = (
        '{"id":"evt_1","data":{"object":[{"amount":5000,"customer_details":{"email":"ada@x.example",'
        '"name":"Ada"},"receipt_email":"ada@x.example"}]}}'
    )
    for number, body in enumerate((raw, "ada@x.example=paid")):
        transact.commit([store.record_callback(a_callback(event_id=f"msg_{number}", raw=body))])
    kept = [row["callback"]["S"] for row in rows.of_kind("payments", "CALLBACK")]
    assert "Ada" not in repr(kept)
    assert "ada@" not in repr(kept)
    assert json.loads(json.loads(kept[0])["raw"]) == {
        "id": "evt_1",
        "data": {"object": [{"amount": 5000}]},
    }


def test_a_capture_marks_the_payment_and_tells() -> None:
    payment = stored(a_payment(ask_at="2026-03-02T09:10:00.000Z"))
    transact.commit(store.capture(payment, a_callback()))
    after = now()
    assert (after.state, after.captured, after.provider_reference, after.ask_at) == (
        PaymentState.CAPTURED,
        gbp(5_000),
        "ch_1",
        "",
    )
    assert told() == ["payments.PaymentCaptured"]
    assert store.payment_by_reference("sandbox", "ch_1") == payment.id


def test_the_same_callback_is_taken_once() -> None:
    payment, callback = stored(a_payment()), a_callback()
    transact.commit(store.capture(payment, callback))
    with pytest.raises(CallbackSeen):
        transact.commit(store.capture(payment, callback))
    assert told() == ["payments.PaymentCaptured"]


def test_a_capture_of_a_payment_that_moved_meanwhile_is_refused() -> None:
    payment = stored(a_payment())
    transact.commit(store.capture(payment, a_callback()))
    with pytest.raises(PaymentMoved):
        transact.commit(store.capture(payment, a_callback(provider_reference="ch_2")))
    assert now().captured == gbp(5_000)


@pytest.mark.parametrize("state", [PaymentState.EXPIRED, PaymentState.CANCELLED])
def test_late_money_is_recorded_with_its_refund(state: PaymentState) -> None:
    payment = stored(a_payment())
    transact.commit([store.close(payment, state)])
    refund = a_refund(5_000, order_id="", merchant_id="", lines=())
    transact.commit(store.capture_to_return(now(), a_callback(), refund))
    after = now()
    assert (after.state, after.captured, after.refunded, after.left) == (
        PaymentState.CAPTURED,
        gbp(5_000),
        gbp(5_000),
        gbp(0),
    )
    fact = outbox.decode(next(iter(outbox.history(PURCHASE))).body, facts.PaymentCaptured)
    assert not fact.applied


def test_money_on_top_goes_back_and_what_was_paid_stays() -> None:
    payment = captured()
    extra = a_refund(5_000, provider_reference="ch_2")
    callback = a_callback(provider_reference="ch_2")
    transact.commit(store.capture_to_return(payment, callback, extra))
    after = now()
    assert (after.captured, after.refunded, after.left) == (gbp(10_000), gbp(5_000), gbp(5_000))
    assert after.provider_reference == "ch_1"
    again = a_callback(provider_reference="ch_2")
    with pytest.raises(CallbackSeen):
        transact.commit(store.capture_to_return(after, again, a_refund(5_000)))
    assert now() == after


def test_money_on_top_of_nothing_is_refused() -> None:
    stored(a_payment())
    believed = a_payment(state=PaymentState.CAPTURED, captured=gbp(5_000))
    with pytest.raises(PaymentMoved):
        transact.commit(store.capture_to_return(believed, a_callback(), a_refund(5_000)))
    assert now() == a_payment()


def test_refunds_that_end_at_the_same_moment_see_each_other() -> None:
    payment = captured()
    parts = [promised(payment, a_refund(amount)) for amount in (1_000, 1_500, 2_500)]
    transact.commit(store.settle_refund(now(), parts[0], RefundState.SUCCEEDED))
    seen = now()
    transact.commit(store.settle_refund(seen, parts[1], RefundState.SUCCEEDED))
    with pytest.raises(PaymentMoved):
        transact.commit(store.settle_refund(seen, parts[2], RefundState.SUCCEEDED))
    transact.commit(store.settle_refund(now(), parts[2], RefundState.SUCCEEDED))
    assert now().state is PaymentState.REFUNDED


def test_never_more_is_promised_back_than_was_captured() -> None:
    payment = captured()
    for _ in range(5):
        transact.commit([store.reserve_refund(payment, gbp(1_000))])
    with pytest.raises(RefundTooLarge):
        transact.commit([store.reserve_refund(payment, gbp(1))])
    assert now().refunded == gbp(5_000)


def test_a_refund_that_succeeds_moves_the_payment() -> None:
    payment = captured()
    refund = promised(payment, a_refund(1_000))
    transact.commit(store.settle_refund(now(), refund, RefundState.SUCCEEDED))
    assert (now().state, now().returned) == (PaymentState.PARTLY_REFUNDED, gbp(1_000))
    rest = promised(now(), a_refund(4_000))
    transact.commit(store.settle_refund(now(), rest, RefundState.SUCCEEDED))
    assert (now().state, now().returned) == (PaymentState.REFUNDED, gbp(5_000))
    assert told() == ["payments.PaymentCaptured", *["payments.RefundSucceeded"] * 2]
    _, refunds = store.payment_with_refunds(payment.id)
    assert [one.state for one in refunds] == [RefundState.SUCCEEDED] * 2


def test_a_refund_that_fails_gives_back_what_was_set_aside() -> None:
    payment = captured()
    refund = promised(payment, a_refund(1_000))
    transact.commit(store.settle_refund(now(), refund, RefundState.FAILED, reason="closed card"))
    after = now()
    assert (after.state, after.refunded, after.returned) == (
        PaymentState.CAPTURED,
        gbp(0),
        gbp(0),
    )
    fact = outbox.decode(list(outbox.history(PURCHASE))[-1].body, facts.RefundFailed)
    assert (fact.reason, fact.refund.state, fact.refund.amount) == (
        "closed card",
        RefundState.FAILED,
        gbp(1_000),
    )


def test_a_refund_ends_once() -> None:
    payment = captured()
    refund = promised(payment, a_refund(1_000))
    seen = now()
    transact.commit(store.settle_refund(seen, refund, RefundState.SUCCEEDED))
    for state in (RefundState.SUCCEEDED, RefundState.FAILED):
        with pytest.raises(PaymentMoved):
            transact.commit(store.settle_refund(now(), refund, state))
    assert (now().returned, now().refunded) == (gbp(1_000), gbp(1_000))


def test_a_flagged_callback_waits_for_a_person() -> None:
    payment = stored(a_payment())
    callback = a_callback(amount=gbp(4_999))
    transact.commit(store.flag(payment, callback))
    assert now().is_flagged
    assert now().state is PaymentState.CREATED
    waiting = store.under_review(10).items
    assert [(row.callback, row.outcome) for row in waiting] == [(callback, Outcome.FLAGGED)]
    assert told() == []


def test_a_decline_tells_and_leaves_the_way_open() -> None:
    payment = stored(a_payment())
    callback = a_callback(CallbackKind.FAILED, amount=None, reason="no funds")
    transact.commit(store.decline(payment, callback, PaymentState.FAILED))
    assert now().state is PaymentState.FAILED
    transact.commit(store.capture(now(), a_callback()))
    assert now().state is PaymentState.CAPTURED
    assert told() == ["payments.PaymentFailed", "payments.PaymentCaptured"]
