"""Offers that give more than they have, and uses that nobody has."""

from tests.makers.corruptions.noting import breaks
from tests.makers.patient import Patient, add, put


@breaks("offers.quota_is_never_passed")
def more_is_left_than_the_quota_has(it: Patient) -> None:
    add(it.row("promotions", "QUOTA"), left=1)


@breaks("offers.quota_is_what_purchases_use")
def a_use_is_not_counted(it: Patient) -> None:
    rows = it.rows("promotions", "QUOTA")
    row = next(one for one in rows if int(one["used"]["N"]) > 0)
    add(row, used=-1, left=1)


@breaks("offers.shopper_has_what_purchases_use")
def a_shopper_had_more_than_was_bought(it: Patient) -> None:
    add(it.row("promotions", "HAD"), used=1)


@breaks("offers.uses_follow_orders")
def what_a_cancelled_purchase_used_is_kept(it: Patient) -> None:
    with it.edited(it.row("promotions", "USES", pk=it.purchases["cancelled"]["id"]), "uses") as own:
        own["items"][0]["state"] = "taken"


@breaks("offers.sales_are_counted")
def a_sale_is_not_known_to_statistics(it: Patient) -> None:
    with it.edited(
        it.row("promotions", "COUNTED", pk=it.purchases["settled"]["id"]), "counted"
    ) as own:
        own["lines"] = own["lines"][1:]


@breaks("offers.figures_are_what_was_counted")
def an_offer_cost_more_than_was_counted(it: Patient) -> None:
    add(it.row("promotions", "TALLY"), off=1)


@breaks("offers.board_shows_what_may_run")
def a_stopped_offer_goes_on(it: Patient) -> None:
    with it.edited(it.row("promotions", "BOARD", pk="acme"), "standings") as standings:
        standings[0]["offer"]["percent_bps"] += 1


@breaks("coupons.are_what_was_issued")
def a_coupon_more_is_gone(it: Patient) -> None:
    add(it.row("promotions", "QUOTA", pk=it.campaign()), used=1, left=-1)


@breaks("coupons.are_handed_out_once")
def an_issue_says_that_it_gave_more(it: Patient) -> None:
    add(it.row("promotions", "ISSUE_SHARD", pk=it.issue()), issued=1)


@breaks("coupons.used_by_their_purchase")
def a_used_coupon_is_held_again(it: Patient) -> None:
    row = it.row("promotions", "COUPON", state="used")
    put(row, state="held")
