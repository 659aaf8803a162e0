"""Payments, refunds, the journal and statements that do not add up."""

from tests.makers.corruptions.noting import breaks
from tests.makers.patient import Patient, add, put


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
