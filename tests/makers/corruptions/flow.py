"""Facts, callbacks and timers that got lost."""

from tests.makers.corruptions.noting import breaks
from tests.makers.patient import Patient, put


@breaks("events.published")
def a_fact_never_reached_the_bus(it: Patient) -> None:
    row = it.fact("orders.PurchasePaid", "settled")
    put(row, due_shard="UNSENT#1", due_at="2026-03-02T09:00:00.000Z")


@breaks("events.handled_once")
def a_marker_is_missing(it: Patient) -> None:
    it.drop("settlement", it.row("settlement", "DONE"))


@breaks("events.step_is_written")
def a_step_is_missing(it: Patient) -> None:
    it.drop("orders", it.row("orders", "STEP"))


@breaks("events.mail_is_sent")
def a_mail_was_never_sent(it: Patient) -> None:
    it.drop("notifications", it.row("notifications", "MAIL", sk="order_paid"))


@breaks("events.refund_is_sent")
def a_refund_never_went_out(it: Patient) -> None:
    put(it.row("payments", "REFUND", state="sent"), state="requested")


@breaks("events.order_is_completed")
def settlement_missed_a_completion(it: Patient) -> None:
    it.drop("settlement", it.row("settlement", "ORDER"))


@breaks("events.effect_has_cause")
def something_happened_that_nobody_told(it: Patient) -> None:
    it.drop("outbox", it.fact("orders.OrderConfirmed"))


@breaks("callbacks.have_their_effect")
def a_callback_is_lost_after_it_was_acknowledged(it: Patient) -> None:
    row = next(
        row for row in it.rows("payments", "CALLBACK") if "refund.succeeded" in row["callback"]["S"]
    )
    with it.edited(row, "callback") as callback:
        refund_id = callback["refund_id"]
    put(it.row("payments", "REFUND", sk=refund_id), state="sent")


@breaks("callbacks.are_kept")
def money_is_booked_that_nobody_told(it: Patient) -> None:
    row = next(
        row for row in it.rows("payments", "CALLBACK") if "payment.captured" in row["callback"]["S"]
    )
    it.drop("payments", row)


@breaks("callbacks.contradictions_wait")
def a_contradiction_is_swept_away(it: Patient) -> None:
    put(it.row("payments", "CALLBACK", outcome="flagged"), due_shard=None, due_at=None)


@breaks("callbacks.couriers_are_heard")
def a_couriers_word_is_lost(it: Patient) -> None:
    it.drop("shipping", it.row("shipping", "MOVE"))


@breaks("liveness.unpaid_purchase_ends")
def a_purchase_waits_for_ever(it: Patient) -> None:
    row = it.purchase("waiting")
    with it.edited(row, "purchase") as purchase:
        purchase["expires_at"] = purchase["created_at"]
    put(row, due_at=purchase["created_at"])


@breaks("liveness.order_completes")
def an_order_never_completes(it: Patient) -> None:
    with it.edited(it.order("sent"), "order") as order:
        order |= {"state": "delivered", "complete_at": ""}
        for line in order["lines"]:
            line |= {"shipped": line["quantity"], "delivered": line["quantity"]}


@breaks("liveness.timers_are_armed")
def a_timer_is_lost(it: Patient) -> None:
    put(it.purchase("waiting"), due_shard=None, due_at=None)


@breaks("liveness.pictures_come_in")
def a_picture_is_forgotten(it: Patient) -> None:
    row = it.row("catalog", "PRODUCT")
    with it.edited(row, "document") as product:
        product["content"]["media"] = [{"url": "", "source": "https://far.example/a.png"}]
    put(row, due_shard=None, due_at=None)


@breaks("liveness.mail_goes_out")
def a_mail_is_half_sent(it: Patient) -> None:
    put(it.row("notifications", "MAIL"), state="sending")


@breaks("liveness.nothing_is_dead")
def a_message_is_dead(it: Patient) -> None:
    it.dead = 1
