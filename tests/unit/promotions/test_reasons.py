"""Why an offer applied or not, and what is missing."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.contexts.promotions.model.offers import (
    Audience,
    Kind,
    Lane,
    Offer,
    Part,
    Threshold,
)
from chalicelib.contexts.promotions.model.quotes import Moment, Shopper
from chalicelib.contexts.promotions.model.reasons import Reason, Verdict, explain
from chalicelib.contexts.promotions.model.shelf import Shelf
from tests.makers.prices import DAY, NOW, a_line, a_market, an_offer

USED = Moment(NOW, {"off_1": 4})


def verdicts(*offers: Offer, shopper: Shopper | None = None, **line: Any) -> list[Verdict]:
    market = a_market(*offers, lines=(a_line(**line),), shopper=shopper or Shopper())
    return explain(market.basket, Shelf(offers), USED, market.shopper)


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({}, Reason.APPLIED),
        ({"currency": "EUR"}, Reason.OTHER_CURRENCY),
        ({"starts_at": NOW + timedelta(seconds=1)}, Reason.NOT_STARTED),
        ({"ends_at": NOW}, Reason.ENDED),
        ({"audience": Audience(tiers=frozenset({"gold"}))}, Reason.NOT_FOR_YOU),
        ({"audience": Audience(channels=frozenset({"app"}))}, Reason.NOT_FOR_YOU),
        ({"products": frozenset({"prd_none"})}, Reason.NOTHING_REACHED),
        ({"quota": 4}, Reason.QUOTA_SHORT),
        ({"per_member": 2}, Reason.MEMBER_LIMIT),
        ({"threshold": Threshold(amount=1_001)}, Reason.BELOW_THRESHOLD),
    ],
)
def test_the_first_thing_against_it_is_named(overrides: dict[str, Any], reason: Reason) -> None:
    (verdict,) = verdicts(an_offer(**overrides), shopper=Shopper(uses={"off_1": 2}))
    assert (verdict.offer, verdict.reason) == ("off_1", reason)
    assert verdict.off == (200 if reason is Reason.APPLIED else 0)


def test_what_takes_more_outdoes() -> None:
    small, large = verdicts(an_offer(id="off_a"), an_offer(id="off_b", amount=201))
    assert (small.reason, large.reason) == (Reason.OUTDONE, Reason.APPLIED)


def test_thirty_more_save_twenty() -> None:
    offer = an_offer(amount=2_000, threshold=Threshold(amount=10_000))
    (verdict,) = verdicts(offer, quantity=7)
    assert (verdict.missing_amount, verdict.missing_units, verdict.saves) == (3_000, 0, 2_000)


def test_two_units_more_save_a_tenth() -> None:
    offer = an_offer(
        lane=Lane.PRODUCT,
        kind=Kind.PERCENT_OFF,
        amount=0,
        percent_bps=1_000,
        threshold=Threshold(quantity=5),
    )
    (verdict,) = verdicts(offer, quantity=3)
    assert (verdict.missing_amount, verdict.missing_units, verdict.saves) == (0, 2, 500)


def a_bundle(*parts: Part) -> Offer:
    return an_offer(kind=Kind.BUNDLE, amount=2_500, bundle=parts)


@pytest.mark.parametrize(
    ("offer", "missing", "saves"),
    [
        (an_offer(kind=Kind.BUY_X_GET_Y, amount=0, buy=2, get=1), 1, 1_000),
        (a_bundle(Part(quantity=3)), 1, 500),
        (a_bundle(Part(sku="a.TEA", quantity=2), Part(sku="a.RICE", quantity=2)), 2, 0),
    ],
)
def test_units_missing_in_the_first_set_are_told(offer: Offer, missing: int, saves: int) -> None:
    (verdict,) = verdicts(offer, quantity=2)
    assert verdict.reason is Reason.SET_SHORT
    assert (verdict.missing_units, verdict.saves) == (missing, saves)


def test_a_set_is_filled_up_with_the_cheapest_that_is_there() -> None:
    offer = an_offer(kind=Kind.BUY_X_GET_Y, amount=0, buy=2, get=1)
    market = a_market(offer, lines=(a_line(), a_line(sku="a.RICE", unit_price=300)))
    (verdict,) = explain(market.basket, Shelf([offer]), market.moment)
    assert (verdict.missing_units, verdict.saves) == (1, 300)


def test_units_missing_over_several_lines_are_counted_together() -> None:
    offer = an_offer(threshold=Threshold(quantity=4))
    market = a_market(offer, lines=(a_line(), a_line(sku="a.RICE", quantity=2)))
    (verdict,) = explain(market.basket, Shelf([offer]), market.moment)
    assert (verdict.missing_units, verdict.saves) == (1, 200)


def test_coupons_are_told_of_and_other_merchants_offers_are_not() -> None:
    coupon = an_offer(id="cpn_1", lane=Lane.COUPONS, starts_at=NOW - DAY, amount=5)
    told = verdicts(an_offer(id="off_b", merchant_id="mer_b"), shopper=Shopper(coupons=(coupon,)))
    assert [(one.offer, one.off) for one in told] == [("cpn_1", 5)]
