"""A tier's free deliveries: so many a month, taken by checkouts, given back, never twice."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.contexts.identity import service as identity
from tests.conftest import Clock
from tests.makers import rows
from tests.makers.offers import an_offer
from tests.makers.people import PASSWORD, a_member
from tests.makers.points import bearer, earned, require_books, tier_of, told
from tests.makers.pump import strike
from tests.makers.round_trips import counted
from tests.makers.shop import Shop, gbp

TEA, NUT = "acme.TEA", "bolt.NUT"
FREE, PAID = gbp(10_000), gbp(10_400)
HALF_AN_HOUR_S = 1_800
OFFER = "tier#2026-03"


@pytest.fixture
def shop(stage: Clock) -> Shop:
    shop = Shop()
    shop.goods(price=10_000, stock=90)
    return shop


@pytest.fixture
def silver(shop: Shop) -> str:
    """A member of the tier that brings one a month."""
    token = a_member()[1]
    earned(shop, token, {TEA: 6})
    return token


def bought(shop: Shop, token: str, **changes: Any) -> Any:
    cart = shop.cart({TEA: 1})
    return shop.checkout(cart, headers=bearer(token), **changes).json()


def left(shop: Shop, token: str) -> int:
    found: int = tier_of(shop, token)["free_deliveries"]["left"]
    return found


def test_a_tier_brings_so_many_a_month(shop: Shop, silver: str, stage: Clock) -> None:
    assert tier_of(shop, silver)["free_deliveries"] == {
        "each_month": 1,
        "left": 1,
        "ends_at": "2026-04-01T00:00:00.000Z",
    }
    first = bought(shop, silver)
    assert first["total"] == FREE
    assert first["orders"][0]["totals"]["shipping"] == gbp(0)
    assert left(shop, silver) == 0
    assert bought(shop, silver)["total"] == PAID
    other = a_member("eve@shop.example")[1]
    assert tier_of(shop, other)["free_deliveries"] is None
    assert bought(shop, other)["total"] == PAID
    stage.moment += timedelta(days=31)
    again = identity.sign_in("ada@shop.example", PASSWORD, address="")[1]
    assert left(shop, again) == 1
    told()
    require_books()


def test_what_was_had_counts_on_with_another_tier(shop: Shop, silver: str) -> None:
    bought(shop, silver)
    earned(shop, silver, {TEA: 20})
    assert tier_of(shop, silver)["tier"]["code"] == "gold"
    assert tier_of(shop, silver)["free_deliveries"]["each_month"] == 3
    assert left(shop, silver) == 2
    assert [bought(shop, silver)["total"] for _ in range(3)] == [FREE, FREE, PAID]


def test_one_that_comes_to_nothing_comes_back(shop: Shop, silver: str, stage: Clock) -> None:
    expired = bought(shop, silver)
    stage.forward(HALF_AN_HOUR_S)
    for _ in range(2):
        strike("orders_sweep_due")
    assert left(shop, silver) == 1
    again = bought(shop, silver)
    shop.capture(again)
    assert shop.shopper(again, f"/api/v1/purchases/{again['id']}/cancel").status == 200
    assert left(shop, silver) == 1
    shop.capture(expired)
    assert (shop.seen(expired)["state"], left(shop, silver)) == ("paid", 0)
    told()
    require_books()


def test_two_carts_do_not_have_the_same_one(shop: Shop, silver: str) -> None:
    shop.cart({TEA: 1})
    one = bought(shop, silver, expected_total=FREE)
    two = bought(shop, silver, expected_total=FREE)
    assert (one["total"], two["code"]) == (FREE, "orders.price_changed")
    assert two["totals"]["payable"] == PAID


def test_what_is_free_anyway_leaves_it(shop: Shop, silver: str) -> None:
    an_offer(shop, shop.merchant(), "free_shipping", value=None)
    assert bought(shop, silver)["total"] == FREE
    assert left(shop, silver) == 1


def test_it_frees_all_merchants_and_the_platform_pays(shop: Shop, silver: str) -> None:
    shop.goods("bolt", "NUT", price=10_000)
    purchase = shop.checkout(shop.cart({TEA: 1, NUT: 1}), headers=bearer(silver)).json()
    assert purchase["total"] == gbp(20_000)
    shop.capture(purchase)
    (uses,) = [row for row in rows.of_kind("promotions", "USES") if OFFER in row["uses"]["S"]]
    assert purchase["id"] in uses["pk"]["S"]
    assert rows.of_kind("promotions", "COUNTED") == []
    told()
    require_books()


def test_nothing_is_asked_for_it(shop: Shop, silver: str) -> None:
    cart = shop.cart({TEA: 1})
    path, headers = f"/api/v1/carts/{cart['id']}", {"x_cart_token": cart["token"], **bearer(silver)}
    with counted() as calls:
        assert shop.http.get(path, **headers).status == 200
    assert len(calls) == 2
    with counted() as calls:
        assert shop.checkout(cart, headers=bearer(silver)).status == 201
    assert len(calls) == 3
