"""Checkout at a company that is asked for its page: after the commit, and again if need be."""

from collections.abc import Iterator

import pytest

from chalicelib.aws.settings import settings
from chalicelib.providers import http
from tests.makers import rows
from tests.makers.companies.stripe import KEY, StripeCompany
from tests.makers.refusals import refused
from tests.makers.round_trips import counted
from tests.makers.shop import Shop, captured_data

STRIPE = {"provider": "stripe"}


@pytest.fixture
def stripe(stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeCompany]:
    company = StripeCompany()
    with company.serving():
        monkeypatch.setenv("SOUK_STRIPE_KEY", KEY)
        monkeypatch.setenv("SOUK_STRIPE_WEBHOOK_SECRET", company.secret)
        monkeypatch.setenv("SOUK_STRIPE_URL", company.url)
        settings.cache_clear()
        yield company


@pytest.fixture
def shop(stripe: StripeCompany) -> Shop:
    return Shop()


def silent(*_args, **_kwargs):
    raise http.ProviderUnavailable


def test_costs_four_round_trips_and_gives_the_page(shop: Shop, stripe: StripeCompany) -> None:
    cart = shop.cart({shop.goods(): 1})
    with counted() as calls:
        reply = shop.checkout(cart, payment=STRIPE, key="k")
    assert calls == ["BatchGetItem", "BatchGetItem", "TransactWriteItems", "TransactWriteItems"]
    payment = reply.json()["payment"]
    assert (reply.status, payment["state"]) == (201, "requires_action")
    assert payment["action"]["type"] == "redirect"
    assert payment["action"]["url"] in {one["url"] for one in stripe.sessions.values()}
    assert "reference" not in payment["action"]
    assert shop.seen(reply.json()) == reply.json()
    assert shop.checkout(cart, payment=STRIPE, key="k").text == reply.text
    assert len(stripe.sessions) == 1


def test_a_repeat_finishes_what_the_companys_silence_left_open(
    shop: Shop, stripe: StripeCompany, monkeypatch
) -> None:
    cart = shop.cart({shop.goods(): 1})
    with monkeypatch.context() as down:
        down.setattr(http, "call", silent)
        refused(shop.checkout(cart, payment=STRIPE, key="k"), 503, "providers.unavailable")
    assert len(rows.of_kind("orders", "PURCHASE")) == 1
    replies = [shop.checkout(cart, payment=STRIPE, key="k") for _ in range(2)]
    assert {reply.status for reply in replies} == {201}
    assert replies[0].text == replies[1].text
    assert replies[0].json()["payment"]["action"]["url"]
    assert len(rows.of_kind("orders", "PURCHASE")) == 1


def test_another_try_after_a_decline(shop: Shop, stripe: StripeCompany, monkeypatch) -> None:
    purchase = shop.bought({shop.goods(): 1})
    shop.company("payment.failed", captured_data(purchase))
    path = f"/api/v1/purchases/{purchase['id']}/payments"
    with monkeypatch.context() as down:
        down.setattr(http, "call", silent)
        reply = shop.shopper(purchase, path, STRIPE, idempotency_key="k")
        refused(reply, 503, "providers.unavailable")
    replies = [shop.shopper(purchase, path, STRIPE, idempotency_key="k") for _ in range(2)]
    assert replies[0].text == replies[1].text
    assert replies[0].json()["payment"]["provider"] == "stripe"
    assert replies[0].json()["payment"]["action"]["url"]
    assert len(rows.of_kind("payments", "PAYMENT")) == 2
    assert len(stripe.sessions) == 1


def test_cancelling_one_order_asks_for_a_page_for_the_rest(
    shop: Shop, stripe: StripeCompany
) -> None:
    tea, nut = shop.goods(), shop.goods("bolt", "NUT")
    purchase = shop.bought({tea: 1, nut: 1}, payment=STRIPE)
    path = f"/api/v1/orders/{purchase['orders'][0]['id']}/cancel"
    first, again = (shop.shopper(purchase, path, {}, idempotency_key="k") for _ in range(2))
    assert first.text == again.text
    left = first.json()
    assert left["payment"]["action"]["url"] != purchase["payment"]["action"]["url"]
    assert left["payment"]["amount"] == left["orders"][1]["totals"]["payable"]
    assert len(stripe.sessions) == 2


def test_a_merchants_cancellation_does_the_same(shop: Shop, stripe: StripeCompany) -> None:
    tea, nut = shop.goods(), shop.goods("bolt", "NUT")
    purchase = shop.bought({tea: 1, nut: 1}, payment=STRIPE)
    order = purchase["orders"][0]
    first, again = (shop.merchant_post(order, "cancel", {}, idempotency_key="k") for _ in range(2))
    assert (first.status, first.json()["state"]) == (200, "cancelled")
    assert first.text == again.text
    assert len(stripe.sessions) == 2


def test_nobody_is_asked_for_a_purchase_that_is_over(
    shop: Shop, stripe: StripeCompany, monkeypatch
) -> None:
    cart = shop.cart({shop.goods(): 1})
    with monkeypatch.context() as down:
        down.setattr(http, "call", silent)
        shop.checkout(cart, payment=STRIPE, key="k")
    purchase_id = rows.of_kind("orders", "PURCHASE")[0]["pk"]["S"].replace("PURCHASE#", "pur_")
    from chalicelib.contexts.orders import service

    token = service.token_of(purchase_id)
    purchase = {"id": purchase_id, "token": token}
    assert shop.shopper(purchase, f"/api/v1/purchases/{purchase_id}/cancel").status == 200
    reply = shop.checkout(cart, payment=STRIPE, key="k")
    assert reply.json()["state"] == "cancelled"
    assert reply.json()["payment"]["action"] == {"type": "none"}
    assert stripe.sessions == {}
