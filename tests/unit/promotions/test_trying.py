"""Which offers have to do with each other, and which of the two runs."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.offers import Kind, Lane, Offer, Part
from chalicelib.contexts.promotions.model.trying import Article, clashes, sampled, tried
from chalicelib.kernel.clock import parse
from chalicelib.kernel.money import Money

NOW = parse("2026-03-02T09:00:00Z")
KIN = {"prd_tea": ("cat_green", "cat_tea"), "prd_pot": ("cat_pots",), "acme.TEA": ("prd_tea",)}
TEA = Article("acme.TEA", "Tea", "prd_tea", "mer_acme", KIN["prd_tea"], Money(1_000, "GBP"))


def offer(name: str, **changes: Any) -> Offer:
    fields = {
        "titles": {"en": name},
        "lane": Lane.PRODUCT,
        "kind": Kind.PERCENT_OFF,
        "percent_bps": 1_000,
        "currency": "GBP",
        "merchant_id": "mer_acme",
        "starts_at": NOW,
        "ends_at": NOW + timedelta(days=7),
        **changes,
    }
    return Offer(id=name, **fields)


def found(mine: Offer, other: Offer) -> list[str]:
    basket = sampled(mine, [TEA], NOW, 0)
    standing = Standing(other, created_at="2026-03-02T09:00:00.000Z")
    return [one.winner for one in clashes(mine, [standing], KIN, basket, NOW)]


@pytest.mark.parametrize(
    ("mine", "other", "do_meet"),
    [
        ({}, {}, True),
        ({"products": {"prd_tea"}}, {}, True),
        ({"products": {"prd_tea"}}, {"products": {"prd_pot"}}, False),
        ({"products": {"prd_tea"}}, {"categories": {"cat_tea"}}, True),
        ({"categories": {"cat_pots"}}, {"products": {"prd_tea"}}, False),
        ({}, {"lane": Lane.MERCHANT, "kind": Kind.AMOUNT_OFF, "amount": 5}, False),
        ({}, {"starts_at": NOW + timedelta(days=7), "ends_at": NOW + timedelta(days=8)}, False),
        ({}, {"merchant_id": "mer_kiln"}, False),
        ({}, {"merchant_id": "", "merchant_bps": 0}, True),
        ({}, {"starts_at": NOW - timedelta(days=2), "ends_at": NOW}, False),
        (
            {"lane": Lane.MERCHANT, "kind": Kind.BUNDLE, "bundle": (Part(sku="acme.TEA"),)},
            {"lane": Lane.MERCHANT, "products": {"prd_tea"}},
            True,
        ),
        (
            {"lane": Lane.MERCHANT, "kind": Kind.BUNDLE, "bundle": (Part(sku="acme.TEA"),)},
            {"lane": Lane.MERCHANT, "products": {"prd_pot"}},
            False,
        ),
    ],
)
def test_offers_meet_about_the_same_goods_at_the_same_time(mine, other, do_meet) -> None:
    one, two = offer("one", **_frozen(mine)), offer("two", **_frozen(other))
    assert bool(found(one, two)) is do_meet
    assert bool(found(two, one)) is (do_meet and two.ends_at > NOW)


def test_the_one_that_takes_more_runs() -> None:
    assert found(offer("one", percent_bps=500), offer("two")) == ["two"]
    assert found(offer("one"), offer("two", percent_bps=500)) == ["one"]
    both = frozenset({Lane.PRODUCT})
    combined = offer("one", combines_with=both), offer("two", combines_with=both)
    assert found(*combined) == [""]


def test_a_sample_holds_as_few_as_the_offer_needs() -> None:
    free = offer("one", lane=Lane.MERCHANT, kind=Kind.BUY_X_GET_Y, percent_bps=0, buy=4, get=2)
    basket = sampled(free, [TEA], NOW, 0)
    assert [line.quantity for line in basket.lines] == [6]
    trial = tried(free, [replace(free, titles={})], basket, NOW)
    assert (trial.saved.amount, trial.before.payable.amount) == (2_000, 6_000)


def test_an_offer_of_the_future_is_tried_at_its_beginning() -> None:
    later = offer("one", starts_at=NOW + timedelta(days=9), ends_at=NOW + timedelta(days=10))
    over = offer("two", percent_bps=9_000)
    trial = tried(later, [over], sampled(later, [TEA], NOW, 0), NOW)
    assert trial.saved.amount == 100


def _frozen(changes: dict[str, Any]) -> dict[str, Any]:
    return {
        name: frozenset(value) if isinstance(value, set) else value
        for name, value in changes.items()
    }
