"""Stock, orders and parcels that contradict each other."""

from tests.makers.corruptions.noting import breaks
from tests.makers.patient import Patient, add, put


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
