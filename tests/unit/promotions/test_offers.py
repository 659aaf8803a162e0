"""What an offer may say, and in which lane it runs."""

from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.contexts.promotions.model.offers import (
    NAMES_MAX,
    PARTS_MAX,
    Kind,
    Lane,
    OfferUnsound,
    OnReturn,
    Part,
    Threshold,
    lane_of,
    require_sound,
)
from tests.makers.prices import NOW, an_offer

TEA = Part(sku="a.TEA")
BUNDLE = {"kind": Kind.BUNDLE, "bundle": (TEA, Part(product_id="prd_rice", quantity=2))}
HALF = {"kind": Kind.PERCENT_OFF, "amount": 0, "percent_bps": 5_000}


@pytest.mark.parametrize(
    ("overrides", "field", "code"),
    [
        (HALF | {"percent_bps": 10_001}, "percent", "out_of_range"),
        (HALF | {"percent_bps": 0}, "percent", "out_of_range"),
        (HALF | {"cap": 0}, "percent", "out_of_range"),
        ({"percent_bps": 1}, "percent", "out_of_range"),
        ({"amount": 0}, "value", "out_of_range"),
        ({"kind": Kind.BUY_X_GET_Y, "buy": 1, "get": 0}, "value", "out_of_range"),
        ({"kind": Kind.GIFT}, "value", "out_of_range"),
        (BUNDLE | {"amount": 0}, "value", "out_of_range"),
        (BUNDLE | {"percent_bps": 100}, "value", "out_of_range"),
        (BUNDLE | {"cap": 100}, "percent", "out_of_range"),
        (BUNDLE | {"amount": 0, "percent_bps": 10_001}, "percent", "out_of_range"),
        (BUNDLE | {"bundle": ()}, "bundle", "out_of_range"),
        (BUNDLE | {"bundle": (Part(quantity=0),)}, "bundle", "out_of_range"),
        (BUNDLE | {"bundle": (TEA, Part(sku="a.TEA", quantity=2))}, "bundle", "out_of_range"),
        (BUNDLE | {"bundle": (Part(sku="a", product_id="p"),)}, "bundle", "out_of_range"),
        (
            BUNDLE | {"bundle": tuple(Part(sku=f"a.{n}") for n in range(PARTS_MAX + 1))},
            "bundle",
            "out_of_range",
        ),
        (BUNDLE | {"categories": frozenset({"tea"})}, "bundle", "out_of_range"),
        ({"bundle": (TEA,)}, "bundle", "out_of_range"),
        ({"threshold": Threshold()}, "threshold", "out_of_range"),
        ({"threshold": Threshold(amount=-1)}, "threshold", "out_of_range"),
        ({"threshold": Threshold(amount=100, quantity=1)}, "threshold", "out_of_range"),
        (
            HALF | {"lane": Lane.PRODUCT, "threshold": Threshold(amount=100)},
            "threshold",
            "out_of_range",
        ),
        ({"kind": Kind.FIXED_PRICE}, "kind", "not_in_lane"),
        ({"ends_at": NOW, "starts_at": NOW}, "ends_at", "before_start"),
        ({"currency": "EUR"}, "currency", "mixed"),
        ({"quota": 0}, "quota", "out_of_range"),
        ({"per_member": 0}, "per_member", "out_of_range"),
        ({"merchant_bps": 10_001}, "funding", "out_of_range"),
        ({"merchant_id": "", "lane": Lane.PLATFORM}, "funding", "not_its_own"),
        ({"on_return": OnReturn.RECLAIM}, "on_return", "not_its_own"),
        (
            {
                "on_return": OnReturn.RECLAIM,
                "threshold": Threshold(amount=1),
                "merchant_id": "",
                "merchant_bps": 0,
                "lane": Lane.PLATFORM,
            },
            "on_return",
            "not_its_own",
        ),
        (
            {"products": frozenset(f"prd_{n}" for n in range(NAMES_MAX + 1))},
            "products",
            "too_many",
        ),
    ],
)
def test_refuses_what_contradicts_itself(overrides: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(OfferUnsound) as refused:
        require_sound(an_offer(**overrides), currency="GBP")
    assert [(error.field, error.code) for error in refused.value.errors] == [(field, code)]


def test_names_all_that_is_wrong_at_once() -> None:
    offer = replace(an_offer(), amount=0, ends_at=NOW - (NOW - an_offer().starts_at), quota=0)
    with pytest.raises(OfferUnsound) as refused:
        require_sound(offer, currency="GBP")
    assert [error.field for error in refused.value.errors] == ["value", "ends_at", "quota"]


@pytest.mark.parametrize(
    "offer",
    [
        an_offer(),
        an_offer(**HALF, threshold=Threshold(amount=1)),
        an_offer(**BUNDLE),
        an_offer(on_return=OnReturn.RECLAIM, threshold=Threshold(quantity=2)),
        an_offer(**BUNDLE | HALF | {"kind": Kind.BUNDLE}),
        an_offer(**BUNDLE | {"bundle": (Part(quantity=3),), "categories": frozenset({"tea"})}),
    ],
)
def test_takes_what_is_sound(offer) -> None:
    assert require_sound(offer, currency="GBP") is offer


@pytest.mark.parametrize(
    ("kind", "threshold", "merchant_id", "is_coupon", "lane"),
    [
        (Kind.FIXED_PRICE, None, "mer_a", False, Lane.PRODUCT),
        (Kind.PERCENT_OFF, None, "", False, Lane.PRODUCT),
        (Kind.PERCENT_OFF, Threshold(quantity=2), "mer_a", False, Lane.PRODUCT),
        (Kind.PERCENT_OFF, Threshold(amount=2), "mer_a", False, Lane.MERCHANT),
        (Kind.PERCENT_OFF, Threshold(amount=2), "", False, Lane.PLATFORM),
        (Kind.AMOUNT_OFF, None, "mer_a", False, Lane.MERCHANT),
        (Kind.GIFT, None, "mer_a", False, Lane.MERCHANT),
        (Kind.BUNDLE, None, "mer_a", False, Lane.MERCHANT),
        (Kind.AMOUNT_OFF, None, "mer_a", True, Lane.COUPONS),
        (Kind.FREE_SHIPPING, None, "mer_a", True, Lane.SHIPPING),
    ],
)
def test_the_lane_follows_from_what_an_offer_does(
    kind: Kind, threshold: Threshold | None, merchant_id: str, is_coupon: bool, lane: Lane
) -> None:
    assert lane_of(kind, threshold, merchant_id, is_coupon=is_coupon) is lane
