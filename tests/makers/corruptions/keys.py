"""Rows that lie in the wrong place or belong to somebody else."""

from tests.makers.corruptions.noting import breaks
from tests.makers.patient import Patient, put


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


@breaks("keys.session_is_listed")
def a_session_is_in_anothers_list(it: Patient) -> None:
    put(it.rows("identity", "SESSION_ENTRY")[0], pk="ACCOUNT#acc_another")


@breaks("keys.credential_is_an_accounts")
def a_password_of_nobody(it: Patient) -> None:
    put(it.rows("identity", "CREDENTIAL")[0], pk="ACCOUNT#acc_nobody")


@breaks("keys.merchant_has_its_code")
def a_code_changed_hands(it: Patient) -> None:
    put(it.row("merchants", "CODE", pk="#acme"), merchant_id="mer_another")


@breaks("idempotency.answer_is_of_its_subject")
def a_key_gives_anothers_answer(it: Patient) -> None:
    mine = it.row("idempotency", "KEY", subject=it.ulid("settled"))
    other = it.row("idempotency", "KEY", subject=it.ulid("expired"))
    put(mine, body=other["body"]["S"])
