"""Points that nobody earned, and tiers that nobody told of."""

from tests.makers.corruptions.noting import breaks
from tests.makers.patient import Patient, add, put


@breaks("points.balance_is_its_statement")
def a_point_more_than_was_listed(it: Patient) -> None:
    add(it.row("members", "LOYALTY"), balance=1)


@breaks("points.lots_are_what_was_earned")
def a_month_has_more_than_was_earned(it: Patient) -> None:
    add(it.row("members", "LOT"), earned=1)


@breaks("points.orders_moved_what_they_say")
def an_order_says_that_it_earned_more(it: Patient) -> None:
    with it.edited(it.row("members", "TALLY", pk=_settled(it)), "tally") as tally:
        tally["earned"] += 1


@breaks("points.orders_are_known")
def an_order_does_not_know_that_it_is_completed(it: Patient) -> None:
    with it.edited(it.row("members", "TALLY", pk=_settled(it)), "tally") as tally:
        tally["refunds"] = {}


@breaks("points.spent_is_what_purchases_use")
def a_purchase_uses_more_points_than_it_took(it: Patient) -> None:
    with it.edited(it.row("promotions", "USES", pk=it.purchases["thrifty"]["id"]), "uses") as own:
        own["items"][-1]["units"] += 1


@breaks("tiers.months_are_what_orders_came_to")
def a_month_has_more_than_was_bought(it: Patient) -> None:
    add(it.row("members", "SPEND"), spend=1)


@breaks("tiers.tier_is_as_told")
def a_tier_that_nobody_told_of(it: Patient) -> None:
    put(it.row("members", "LOYALTY"), tier="gold")


@breaks("birthdays.once_a_year")
def a_birthday_that_was_wished_is_forgotten(it: Patient) -> None:
    with it.edited(it.row("members", "BIRTHDAY"), "document") as birthday:
        birthday["wished_in"] = 0


def _settled(it: Patient) -> str:
    return str(it.purchases["settled"]["orders"][0]["id"])
