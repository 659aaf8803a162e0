"""Offers that hold back what they gave where too little of what they asked for is kept."""

from typing import Any

import pytest

from tests.conftest import Clock
from tests.makers.facts import deliver
from tests.makers.offers import an_offer, patch_offer, post_offer
from tests.makers.points import require_books, succeeded, told
from tests.makers.shop import Shop, captured_data, gbp

TEA, CUP = "acme.TEA", "acme.CUP"


@pytest.fixture
def shop(stage: Clock) -> Shop:
    shop = Shop()
    shop.goods(price=1_000, stock=50)
    shop.goods(own_code="CUP", price=2_000, stock=50)
    return shop


def confirmed(shop: Shop, **changes: Any) -> Any:
    """Two teas and a cup, of which £6 were taken off from £30 on."""
    fields = {"threshold": {"amount": gbp(3_000)}, "on_return": "reclaim", **changes}
    an_offer(shop, shop.merchant(), "amount_off", gbp(600), **fields)
    return shop.confirmed({TEA: 2, CUP: 1})


def back(shop: Shop, order: Any, units: dict[str, int], **changes: Any) -> int:
    made = shop.refund(order, units, **changes)
    assert made.status == 201, made.text
    return int(made.json()["amount"]["amount"])


def test_what_an_offer_gave_is_held_back_until_all_has_gone_back(shop: Shop) -> None:
    purchase = confirmed(shop)
    order = purchase["orders"][0]
    assert purchase["total"] == gbp(4_000 - 600 + 400)
    first = back(shop, order, {CUP: 1})
    assert first == 1_700 - 300
    assert back(shop, order, {TEA: 1}) == 850 + 150
    assert back(shop, order, {TEA: 1}, shipping=True) == 850 + 150 + 400
    told()
    require_books()


def test_as_long_as_enough_is_kept_nothing_is_held_back(shop: Shop) -> None:
    order = confirmed(shop)["orders"][0]
    assert back(shop, order, {TEA: 1}) == 850
    assert back(shop, order, {TEA: 1}) == 850 - 300


def test_an_offer_that_keeps_takes_nothing_back(shop: Shop) -> None:
    order = confirmed(shop, on_return="keep")["orders"][0]
    assert back(shop, order, {CUP: 1}) == 1_700


def test_terms_are_those_of_the_purchase_whatever_becomes_of_the_offer(shop: Shop) -> None:
    order = confirmed(shop)["orders"][0]
    (offer,) = shop.http.get("/api/v1/merchant/offers", **shop.merchant().authorization).json()[
        "items"
    ]
    assert offer["on_return"] == "reclaim"
    patched = patch_offer(shop, shop.merchant(), offer["id"], on_return="keep", stopped=True)
    assert patched.json()["on_return"] == "keep"
    assert back(shop, order, {CUP: 1}) == 1_400


def test_a_cancelled_purchase_gives_everything_back(shop: Shop) -> None:
    purchase = confirmed(shop)
    order = purchase["orders"][0]
    back(shop, order, {CUP: 1})
    assert shop.merchant_post(order, "cancel").status == 200
    seen = shop.seen(purchase)["payment"]
    assert seen["refunded"] == seen["amount"]


def test_a_refund_that_failed_leaves_a_sound_plan(shop: Shop) -> None:
    from chalicelib.contexts.orders.workers import orders_on_timeline_fact

    purchase = confirmed(shop)
    order = purchase["orders"][0]
    first = shop.refund(order, {CUP: 1}).json()
    second = shop.refund(order, {TEA: 2}).json()
    amount = first["amount"]["amount"]
    data = captured_data(purchase, refund_id=first["id"], amount=amount)
    assert shop.company("refund.failed", data).status == 200
    deliver(orders_on_timeline_fact, "payments.RefundFailed")
    succeeded(shop, purchase, second)
    rest = back(shop, order, {CUP: 1}, shipping=True)
    assert rest + second["amount"]["amount"] == purchase["total"]["amount"]


def test_only_a_merchants_offer_with_a_threshold_reclaims(shop: Shop) -> None:
    refused = post_offer(shop, shop.merchant(), on_return="reclaim")
    assert (refused.status, refused.json()["errors"][0]["field"]) == (422, "on_return")
    assert post_offer(shop, shop.merchant(), on_return="maybe").status == 400
