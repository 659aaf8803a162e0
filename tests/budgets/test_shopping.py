"""Round trips of carts, checkout, purchases and orders; design.md's figures."""

from typing import Any

import pytest

from tests.makers.people import a_member
from tests.makers.pump import strike
from tests.makers.round_trips import counted
from tests.makers.shop import ADDRESS, Shop, checkout_body

pytestmark = pytest.mark.usefixtures("stage")

GET, BATCH, QUERY = "GetItem", "BatchGetItem", "Query"
WRITE, PUT = "TransactWriteItems", "PutItem"


@pytest.fixture
def shop(stage) -> Shop:
    return Shop()


def test_opening_a_cart(shop: Shop) -> None:
    with counted() as calls:
        shop.http.post("/api/v1/carts")
    assert calls == [PUT]


def test_looking_at_a_cart(shop: Shop) -> None:
    cart = shop.cart({shop.goods(): 1, shop.goods("bolt", "NUT"): 1})
    with counted() as calls:
        shop.look(cart)
    assert calls == [GET, BATCH]


def test_a_members_bearer_token_costs_a_cart_nothing(shop: Shop) -> None:
    cart = shop.cart({shop.goods(): 1})
    _, token = a_member()
    headers = {"x_cart_token": cart["token"], "authorization": f"Bearer {token}"}
    with counted() as calls:
        assert shop.http.get(f"/api/v1/carts/{cart['id']}", **headers).status == 200
    assert calls == [BATCH, BATCH]


def test_changing_a_cart(shop: Shop) -> None:
    tea, pot = shop.goods(), shop.goods(own_code="POT")
    cart = shop.cart()
    budgets = {"the first line of a merchant": WRITE, "the next": PUT, "another quantity": PUT}
    for (what, write), (sku, quantity) in zip(
        budgets.items(), ((tea, 1), (pot, 1), (tea, 2)), strict=True
    ):
        with counted() as calls:
            assert shop.put(cart, sku, quantity).status == 200
        assert calls == [GET, BATCH, write], what


def test_a_quote(shop: Shop) -> None:
    cart = shop.cart({shop.goods(): 1})
    with counted() as calls:
        assert shop.quote(cart).status == 200
    assert calls == [GET, BATCH, "UpdateItem"]
    with counted() as calls:
        assert shop.quote(cart).status == 200
    assert calls == [GET, BATCH]
    with counted() as calls:
        assert shop.look(cart)["estimated"] is False
    assert calls == [GET, BATCH]


def test_checkout(shop: Shop) -> None:
    cart = shop.cart({shop.goods(): 1, shop.goods("bolt", "NUT"): 2})
    with counted() as calls:
        assert shop.checkout(cart, key="k").status == 201
    assert calls == [BATCH, BATCH, WRITE]
    with counted() as calls:
        assert shop.checkout(cart, key="k").status == 201
    assert calls == [BATCH], "a repeat only looks the answer up"


def test_checkout_of_a_member(shop: Shop) -> None:
    cart = shop.cart({shop.goods(): 1})
    _, token = a_member()
    bearer = {"authorization": f"Bearer {token}"}
    with counted() as calls:
        assert shop.checkout(cart, headers=bearer).status == 201
    assert calls == [BATCH, BATCH, WRITE]


def test_a_payment_companys_callbacks(shop: Shop) -> None:
    purchase = shop.bought({shop.goods(): 1, shop.goods("bolt", "NUT"): 2})
    with counted() as calls:
        assert shop.capture(purchase).status == 200
    assert calls == [QUERY, BATCH, WRITE]
    with counted() as calls:
        assert shop.capture(purchase).status == 200
    assert len(calls) <= 3


def test_a_courier_callback(shop: Shop) -> None:
    tea = shop.goods()
    order = shop.confirmed({tea: 1})["orders"][0]
    number = shop.ship(order, {tea: 1}).json()["tracking_number"]
    with counted() as calls:
        assert shop.courier("shipment.delivered", number).status == 200
    assert len(calls) <= 3


def test_looking_at_a_purchase(shop: Shop) -> None:
    purchase = shop.bought({shop.goods(): 1})
    with counted() as calls:
        shop.seen(purchase)
    assert calls == [QUERY, QUERY]


def test_a_members_list_of_purchases(shop: Shop) -> None:
    _, token = a_member()
    bearer = {"authorization": f"Bearer {token}"}
    tea = shop.goods()
    for _ in range(3):
        shop.checkout(shop.cart({tea: 1}), headers=bearer)
    with counted() as calls:
        page = shop.http.get("/api/v1/me/purchases", **bearer).json()
    assert len(page["items"]) == 3
    assert calls == [GET, QUERY, BATCH]


def test_a_timeline(shop: Shop) -> None:
    purchase = shop.bought({shop.goods(): 1})
    path = f"/api/v1/orders/{purchase['orders'][0]['id']}/timeline"
    with counted() as calls:
        assert shop.http.get(path, x_purchase_token=purchase["token"]).status == 200
    assert calls == [QUERY]


def test_what_a_merchant_does(shop: Shop) -> None:
    tea = shop.goods()
    order = shop.paid({tea: 2})["orders"][0]
    headers = shop.sellers["acme"].authorization
    base = f"/api/v1/merchant/orders/{order['id']}"
    units = [{"sku": tea, "quantity": 1}]
    budget: list[tuple[str, str, Any, list[str]]] = [
        ("GET", "/api/v1/merchant/orders", None, [GET, QUERY]),
        ("GET", "/api/v1/merchant/orders?state=placed", None, [GET, QUERY]),
        ("GET", base, None, [GET, GET]),
        ("POST", f"{base}/confirm", {}, [GET, GET, GET, WRITE]),
        (
            "POST",
            f"{base}/shipments",
            {"courier": "sandbox", "lines": units},
            [GET, GET, GET, WRITE],
        ),
        (
            "POST",
            f"{base}/refunds",
            {"lines": units, "reason": "x"},
            [GET, GET, GET, GET, WRITE],
        ),
    ]
    for method, path, body, expected in budget:
        sent = {**headers, **({"idempotency_key": path} if method == "POST" else {})}
        with counted() as calls:
            reply = shop.http.send(method, path, body, headers=sent)
        assert reply.status in {200, 201}, reply.text
        assert calls == expected, path


def test_cancelling(shop: Shop) -> None:
    purchase = shop.paid({shop.goods(): 1, shop.goods("bolt", "NUT"): 1})
    with counted() as calls:
        path = f"/api/v1/purchases/{purchase['id']}/cancel"
        assert shop.shopper(purchase, path).status == 200
    assert calls == [QUERY, QUERY, WRITE]


def test_the_sweep_costs_nothing_but_looking_while_nothing_is_due(shop: Shop, stage) -> None:
    purchase = shop.bought({shop.goods(): 1})
    with counted() as calls:
        strike("orders_sweep_due")
    assert calls == [QUERY] * 8
    stage.forward(1_800)
    with counted() as calls:
        assert strike("orders_sweep_due")["done"] == 1
    assert sorted(calls) == sorted([QUERY] * 9 + [BATCH, WRITE])
    assert shop.seen(purchase)["state"] == "expired"


def test_costs_do_not_grow_with_what_was_sold_before(shop: Shop) -> None:
    tea = shop.goods(stock=100)
    counts = []
    for _ in range(5):
        cart = shop.cart({tea: 1})
        with counted() as calls:
            purchase = shop.http.post(
                f"/api/v1/carts/{cart['id']}/checkout",
                checkout_body(address=ADDRESS),
                x_cart_token=cart["token"],
                idempotency_key="k",
            ).json()
            shop.capture(purchase)
        counts.append(len(calls))
    assert len(set(counts)) == 1
