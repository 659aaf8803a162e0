"""For every invariant a way to break it by hand: `CORRUPTIONS` maps its name to what spoils a stage.

Each spoils one thing, as a bug would; other promises may break with it.
"""

from collections.abc import Callable
from typing import Any

from tests.makers.patient import Patient, add, put

Spoil = Callable[[Patient], Any]
CORRUPTIONS: dict[str, Spoil] = {}


def breaks(slug: str) -> Callable[[Spoil], Spoil]:
    """Say which invariant a corruption breaks."""

    def note(spoil: Spoil) -> Spoil:
        assert slug not in CORRUPTIONS
        CORRUPTIONS[slug] = spoil
        return spoil

    return note


@breaks("rows.can_be_read")
def an_amount_is_a_fraction(it: Patient) -> None:
    with it.edited(it.order("settled"), "order") as order:
        order["lines"][0]["total"]["amount"] = 10.5


@breaks("rows.lie_where_they_say")
def an_order_lies_in_another_purchase(it: Patient) -> None:
    put(it.order("settled"), pk=it.purchase("expired")["pk"]["S"], sk="ORDER#7")


@breaks("keys.order_is_its_merchants")
def an_order_is_in_anothers_list(it: Patient) -> None:
    put(it.order("settled"), owner=it.order("settled", "bolt")["owner"]["S"])


@breaks("keys.stock_is_its_merchants")
def stock_is_in_anothers_list(it: Patient) -> None:
    other = it.row("inventory", "ENTRY", sku="bolt.NUT")["pk"]["S"]
    put(it.row("inventory", "ENTRY", sku="acme.TEA"), pk=other)


@breaks("keys.product_is_its_merchants")
def a_product_is_in_anothers_list(it: Patient) -> None:
    mine, other = it.rows("catalog", "PRODUCT")[::2]
    put(mine, merchant_id=other["merchant_id"]["S"])


@breaks("keys.shipment_is_its_merchants")
def a_shipment_is_anothers(it: Patient) -> None:
    other = it.row("inventory", "STOCK", sku="bolt.NUT")["merchant_id"]["S"]
    with it.edited(it.order("settled"), "order") as order:
        shipment_id = order["shipments"][0]["id"]
    put(it.row("shipping", "SHIPMENT", pk=shipment_id), merchant_id=other)


@breaks("keys.refund_is_its_merchants")
def a_refund_is_anothers(it: Patient) -> None:
    other = it.row("inventory", "STOCK", sku="bolt.NUT")["merchant_id"]["S"]
    row = next(one for one in it.rows("payments", "REFUND") if "acme.TEA" in one["refund"]["S"])
    with it.edited(row, "refund") as refund:
        refund["merchant_id"] = other


@breaks("keys.journal_is_its_merchants")
def an_entry_is_in_anothers_ledger(it: Patient) -> None:
    mine, other = (
        it.row("settlement", "LEG", owner=it.row("inventory", "STOCK", sku=sku)["merchant_id"]["S"])
        for sku in ("acme.TEA", "bolt.NUT")
    )
    put(mine, owner=other["owner"]["S"])


@breaks("keys.fact_is_its_merchants")
def a_fact_names_another_merchant(it: Patient) -> None:
    with it.edited(it.fact("orders.OrderConfirmed"), "body") as fact:
        fact["merchant_id"] = "mer_another"


@breaks("keys.api_key_opens_its_merchant")
def a_key_opens_another_merchant(it: Patient) -> None:
    mine, other = it.rows("identity", "KEY")
    put(mine, merchant_id=other["merchant_id"]["S"])


@breaks("keys.merchant_has_its_code")
def a_code_changed_hands(it: Patient) -> None:
    put(it.row("merchants", "CODE", pk="#acme"), merchant_id="mer_another")


@breaks("idempotency.answer_is_of_its_subject")
def a_key_gives_anothers_answer(it: Patient) -> None:
    mine = it.row("idempotency", "KEY", subject=it.ulid("settled"))
    other = it.row("idempotency", "KEY", subject=it.ulid("expired"))
    put(mine, body=other["body"]["S"])


@breaks("payments.refunded_within_captured")
def more_went_back_than_came(it: Patient) -> None:
    put(it.payment("settled"), refunded=10**6)


@breaks("payments.refunds_add_up")
def a_failed_refund_still_counts(it: Patient) -> None:
    add(it.payment("settled"), refunded=1)


@breaks("payments.refund_has_payment")
def a_payment_is_gone(it: Patient) -> None:
    it.drop("payments", it.payment("settled"))


@breaks("payments.state_says_money")
def money_came_and_nobody_says_so(it: Patient) -> None:
    put(it.payment("sent"), state="requires_action")


@breaks("payments.captured_is_told")
def a_capture_was_not_told(it: Patient) -> None:
    it.drop("outbox", it.fact("payments.PaymentCaptured", "sent"))


@breaks("payments.money_is_known_again")
def a_reference_is_lost(it: Patient) -> None:
    with it.edited(it.purchase("sent"), "purchase") as purchase:
        it.drop("payments", it.row("payments", "REFERENCE", payment_id=purchase["payment_id"]))


@breaks("payments.captured_once")
def money_on_top_is_kept(it: Patient) -> None:
    found = it.rows("outbox", "FACT", name="payments.PaymentCaptured", pk=it.ulid("twice"))
    for row in found:
        with it.edited(row, "body") as fact:
            fact["applied"] = True


@breaks("payments.purchase_paid_once")
def a_purchase_is_told_paid_twice(it: Patient) -> None:
    row = it.add("outbox", it.fact("orders.PurchasePaid", "sent"), sk="01ZZZZZZZZZZZZZZZZZZZZZZZZ")
    with it.edited(row, "body") as fact:
        fact["id"] = row["sk"]["S"]


@breaks("payments.amount_is_total")
def another_amount_is_asked_for(it: Patient) -> None:
    add(it.payment("waiting"), amount=1)


@breaks("payments.cancelled_goes_back")
def a_cancelled_order_keeps_its_money(it: Patient) -> None:
    with it.edited(it.order("returned"), "order") as order:
        order["lines"][0] |= {"refunded": 0, "refunded_amount": 0, "refunded_commission": 0}


@breaks("payments.refund_is_its_parts")
def a_refund_is_more_than_its_parts(it: Patient) -> None:
    row = next(one for one in it.rows("payments", "REFUND") if "acme.TEA" in one["refund"]["S"])
    with it.edited(row, "refund") as refund:
        refund["amount"]["amount"] += 1


@breaks("payments.order_refunds_add_up")
def an_order_forgets_a_refund(it: Patient) -> None:
    with it.edited(it.order("settled"), "order") as order:
        order["returned"] = 0


@breaks("money.entry_balances")
def a_leg_is_a_cent_off(it: Patient) -> None:
    with it.edited(it.row("settlement", "LEG", sk="LEG#1"), "posting") as posting:
        posting["amount"]["amount"] += 1


@breaks("money.accounts_add_up_to_zero")
def a_balance_is_added_to_twice(it: Patient) -> None:
    add(it.row("settlement", "BALANCE", sk="commission#GBP"), amount=-200)


@breaks("money.balance_is_sum_of_entries")
def two_balances_are_off(it: Patient) -> None:
    first, second = it.rows("settlement", "BALANCE")[:2]
    add(first, amount=5)
    add(second, amount=-5)


@breaks("money.entry_is_as_posted")
def an_entry_was_changed_and_still_balances(it: Patient) -> None:
    legs = it.rows("settlement", "LEG", pk=it.row("settlement", "LEG")["pk"]["S"])
    for row, amount in zip(legs[:2], (7, -7), strict=True):
        with it.edited(row, "posting") as posting:
            posting["amount"]["amount"] += amount


@breaks("money.fact_is_posted")
def an_entry_is_gone(it: Patient) -> None:
    for row in it.rows("settlement", "LEG", pk=it.row("settlement", "LEG")["pk"]["S"]):
        it.drop("settlement", row)


@breaks("money.order_is_conserved")
def commission_goes_to_another_order(it: Patient) -> None:
    with it.edited(it.order("sent"), "order") as order:
        other = order["id"]
    for row in it.rows("settlement", "LEG", sk="LEG#2"):
        with it.edited(row, "posting") as posting:
            posting["order_id"] = other


@breaks("money.company_owes_what_it_kept")
def a_company_kept_more(it: Patient) -> None:
    add(it.payment("sent"), captured=100)


@breaks("statements.entry_in_one")
def an_entry_is_in_a_statement_and_waits(it: Patient) -> None:
    line = it.row("settlement", "LINE")
    waiting = it.row("settlement", "OPEN")
    it.add("settlement", waiting, sk="ord_again#entry", entry=line["entry"]["S"])


@breaks("statements.entry_is_as_posted")
def a_line_was_changed(it: Patient) -> None:
    with it.edited(it.row("settlement", "LINE"), "entry") as entry:
        entry["legs"][0]["amount"]["amount"] += 9
        entry["legs"][1]["amount"]["amount"] -= 9


@breaks("statements.add_up")
def a_statement_owes_a_cent_more(it: Patient) -> None:
    add(it.row("settlement", "STATEMENT"), merchant_payable=-1)


@breaks("statements.only_completed")
def an_order_is_settled_before_it_is_completed(it: Patient) -> None:
    it.drop("settlement", it.row("settlement", "ORDER"))


@breaks("statements.numbered")
def a_number_is_left_out(it: Patient) -> None:
    add(it.row("settlement", "NUMBER"), closed=1)


@breaks("statements.closing_is_told")
def a_closing_was_not_told(it: Patient) -> None:
    it.drop("outbox", it.fact("settlement.StatementClosed"))


@breaks("statements.nobody_is_forgotten")
def a_merchant_is_on_no_list(it: Patient) -> None:
    waiting = it.row("settlement", "OPEN")["pk"]["S"].removeprefix("OPEN#")
    it.drop("settlement", it.row("settlement", "OWED", sk=waiting))


@breaks("statements.are_closed_in_time")
def a_completed_order_is_never_settled(it: Patient) -> None:
    with it.edited(it.order("sent"), "order") as order:
        it.add("settlement", it.row("settlement", "ORDER"), pk=f"ORDER#{order['id']}")


@breaks("stock.never_negative")
def stock_is_oversold(it: Patient) -> None:
    put(it.row("inventory", "STOCK", sku="acme.TEA"), available=-1)


@breaks("stock.held_is_open_holds")
def a_hold_is_kept_twice(it: Patient) -> None:
    add(it.row("inventory", "STOCK", sku="acme.TEA"), held=1, available=-1)


@breaks("stock.units_are_conserved")
def a_unit_is_lost(it: Patient) -> None:
    add(it.row("inventory", "STOCK", sku="bolt.NUT"), available=-1)


@breaks("stock.hold_follows_order")
def what_is_paid_for_is_only_held(it: Patient) -> None:
    with it.edited(it.holds("sent"), "states") as states:
        states[next(iter(states))] = "released"


@breaks("stock.hold_ends_once")
def units_are_freed_that_were_sold(it: Patient) -> None:
    sold = it.fact("inventory.HoldConsumed", "sent")
    freed = it.add("outbox", it.fact("inventory.HoldReleased"), sk="01ZZZZZZZZZZZZZZZZZZZZZZZZ")
    with it.edited(sold, "body") as what, it.edited(freed, "body") as fact:
        fact |= {"id": freed["sk"]["S"], "lines": what["lines"]}


@breaks("stock.given_back_once")
def a_refund_fills_the_shelf_twice(it: Patient) -> None:
    again = it.add("outbox", it.fact("inventory.StockGivenBack"), sk="01ZZZZZZZZZZZZZZZZZZZZZZZZ")
    with it.edited(again, "body") as fact:
        fact["id"] = again["sk"]["S"]


@breaks("stock.hold_does_not_outlive_expiry")
def a_purchase_expires_and_keeps_its_goods(it: Patient) -> None:
    with it.edited(it.purchase("waiting"), "purchase") as purchase:
        purchase |= {"state": "expired", "expires_at": purchase["created_at"]}


@breaks("stock.shards_are_there")
def a_shard_is_lost(it: Patient) -> None:
    it.drop("inventory", it.row("inventory", "STOCK", sk="AT#main#2"))


@breaks("stock.told_is_true")
def nobody_was_told_of_new_stock(it: Patient) -> None:
    put(it.row("inventory", "STOCK", sku="bolt.NUT"), announced="out")


@breaks("stock.catalogue_knows")
def the_catalogue_missed_a_telling(it: Patient) -> None:
    put(it.row("catalog", "SKU", pk="bolt.NUT"), has_stock=None)


@breaks("orders.moves_along_edges")
def an_order_goes_back(it: Patient) -> None:
    with it.edited(it.order("settled"), "order") as order:
        order["state"] = "confirmed"


@breaks("orders.purchase_moves_along_edges")
def a_purchase_is_told_expired_after_it_was_paid(it: Patient) -> None:
    with it.edited(it.purchase("sent"), "purchase") as purchase:
        purchase["state"] = "expired"


@breaks("orders.agree_with_purchase")
def an_order_is_missing(it: Patient) -> None:
    it.drop("orders", it.order("cancelled"))


@breaks("orders.totals_are_recomputed")
def a_total_is_another(it: Patient) -> None:
    with it.edited(it.order("sent"), "order") as order:
        order["totals"]["payable"]["amount"] += 1


@breaks("orders.agreement_is_kept")
def a_price_changes_after_the_purchase(it: Patient) -> None:
    with it.edited(it.order("sent"), "order") as order:
        order["lines"][0]["unit_price"]["amount"] -= 1
        order["lines"][0]["total"]["amount"] -= order["lines"][0]["quantity"]


@breaks("orders.refunded_within_lines")
def a_line_gives_back_more_than_its_own(it: Patient) -> None:
    with it.edited(it.order("settled"), "order") as order:
        order["lines"][0]["refunded_amount"] = order["lines"][0]["total"]["amount"] + 1


@breaks("orders.commission_is_given_back_in_proportion")
def commission_stays_when_money_goes_back(it: Patient) -> None:
    with it.edited(it.order("settled"), "order") as order:
        order["lines"][0]["refunded_commission"] = 0


@breaks("orders.shipped_is_paid")
def what_is_not_paid_is_sent(it: Patient) -> None:
    with it.edited(it.order("waiting"), "order") as order:
        order["lines"][0]["shipped"] = 1


@breaks("shipments.agree_with_order")
def a_shipment_is_unknown_to_its_order(it: Patient) -> None:
    with it.edited(it.order("sent"), "order") as order:
        order["shipments"] = []


@breaks("shipments.order_counts_them")
def a_parcel_is_counted_twice(it: Patient) -> None:
    with it.edited(it.order("sent"), "order") as order:
        order["lines"][0]["shipped"] += 1


@breaks("shipments.units_within_order")
def more_arrived_than_was_sent(it: Patient) -> None:
    with it.edited(it.order("sent"), "order") as order:
        order["lines"][0]["delivered"] = 2


@breaks("shipments.rank_never_falls")
def a_late_word_moves_a_parcel_back(it: Patient) -> None:
    with it.edited(it.order("settled"), "order") as order:
        shipment_id = order["shipments"][0]["id"]
    put(it.row("shipping", "SHIPMENT", pk=shipment_id), state="in_transit", rank=30)


@breaks("shipments.order_follows_courier")
def an_order_missed_its_couriers_word(it: Patient) -> None:
    with it.edited(it.order("sent"), "order") as order:
        order["shipments"][0] |= {"state": "created", "told": [0, ""]}


@breaks("shipments.created_once")
def a_tracking_number_leads_elsewhere(it: Patient) -> None:
    first, second = it.rows("shipping", "TRACK")[:2]
    put(first, shipment_id=second["shipment_id"]["S"])


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


@breaks("liveness.mail_goes_out")
def a_mail_is_half_sent(it: Patient) -> None:
    put(it.row("notifications", "MAIL"), state="sending")


@breaks("liveness.nothing_is_dead")
def a_message_is_dead(it: Patient) -> None:
    it.dead = 1
