"""The main job, through the contract, on the started stack: from a CSV to a settled order."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.client import Shop, follow, fresh_key, now
from tests.e2e.steps import ADDRESS, a_product, a_purchase, seen, stock_of

pytestmark = pytest.mark.stack

CATALOGUE = Path(__file__).resolve().parents[1] / "data" / "plain.csv"


@pytest.fixture
def shop(stack: dict[str, Any]) -> Shop:
    return Shop(stack)


def capture(shop: Shop, purchase: dict[str, Any], **kwargs: Any) -> int:
    data = {
        "payment_id": purchase["payment"]["id"],
        "provider_reference": f"ch_{purchase['id']}",
        "amount": purchase["total"]["amount"],
        "currency": purchase["total"]["currency"],
    }
    return shop.payment_event("payment.captured", data, **kwargs).status_code


def balanced(postings: list[dict[str, Any]], order: str) -> bool:
    own = [one for one in postings if one.get("order_id") == order]
    return bool(own) and sum(one["amount"]["amount"] for one in own) == 0


def test_from_a_cart_of_two_merchants_to_a_settled_order(shop: Shop) -> None:
    first = a_product(shop, 0, price=1999, stock=5)
    second = a_product(shop, 1, price=501, stock=3)
    purchase = a_purchase(shop, {first: 2, second: 1})
    assert purchase["state"] == "awaiting_payment"
    assert {order["merchant"]["id"] for order in purchase["orders"]} == {
        shop.stack["merchants"][n]["id"] for n in (0, 1)
    }
    assert stock_of(shop, 0, first) == (5, 2, 3)

    assert capture(shop, purchase) == 200
    assert capture(shop, purchase) == 200
    paid = seen(shop, purchase)
    assert paid["state"] == "paid"
    assert {order["state"] for order in paid["orders"]} == {"placed"}
    assert stock_of(shop, 0, first) == (3, 0, 3)

    order = next(
        o for o in paid["orders"] if o["merchant"]["id"] == shop.stack["merchants"][0]["id"]
    )
    path = f"/api/v1/merchant/orders/{order['id']}"
    key = shop.key(0)
    shop.call("POST", f"{path}/confirm", {}, token=key, expect=200)
    for _ in range(2):
        shipment = shop.call(
            "POST",
            f"{path}/shipments",
            {"courier": "sandbox", "lines": [{"sku": first, "quantity": 1}]},
            token=key,
            expect=201,
            Idempotency_Key=fresh_key(),
        )
        for kind in ("shipment.in_transit", "shipment.delivered", "shipment.in_transit"):
            data = {"tracking_number": shipment["tracking_number"], "occurred_at": now()}
            assert shop.courier_event(kind, data).status_code == 200
    token = {"X_Purchase_Token": purchase["token"]}
    follow(lambda: shop.call("GET", path, token=key)["state"], lambda state: state == "delivered")
    shop.call("POST", f"/api/v1/orders/{order['id']}/receive", **token, expect=200)
    assert shop.call("GET", path, token=key)["state"] == "completed"
    steps = follow(
        lambda: shop.call("GET", f"/api/v1/orders/{order['id']}/timeline", **token)["items"],
        lambda items: len(items) >= 6,
    )
    assert [step["at"] for step in steps] == sorted(step["at"] for step in steps)

    refund = shop.call(
        "POST",
        f"{path}/refunds",
        {"lines": [{"sku": first, "quantity": 1}], "reason": "A chipped spout"},
        token=key,
        expect=201,
        Idempotency_Key=fresh_key(),
    )
    assert refund["amount"]["amount"] == 1999
    data = {
        "payment_id": purchase["payment"]["id"],
        "provider_reference": f"ch_{purchase['id']}",
        "refund_id": refund["id"],
        "amount": refund["amount"]["amount"],
        "currency": refund["amount"]["currency"],
    }
    assert shop.payment_event("refund.succeeded", data).status_code == 200
    ledger = follow(
        lambda: shop.call("GET", "/api/v1/merchant/ledger?limit=100", token=key)["items"],
        lambda items: sum(one.get("order_id") == order["id"] for one in items) >= 7,
    )
    assert balanced(ledger, order["id"])


def test_an_import_of_a_catalogue_changes_nothing_the_second_time(shop: Shop) -> None:
    body = CATALOGUE.read_bytes()
    jobs = []
    for _ in range(2):
        started = shop.call(
            "POST",
            "/api/v1/merchant/imports",
            body,
            token=shop.key(1),
            expect=202,
            content_type="text/csv",
        )
        path = f"/api/v1/merchant/imports/{started['id']}"
        jobs.append(
            follow(
                lambda path=path: shop.call("GET", path, token=shop.key(1), expect=200),
                lambda job: job["state"] in {"done", "failed"},
            )
        )
    assert [job["state"] for job in jobs] == ["done", "done"]
    assert jobs[1]["created"] == jobs[1]["updated"] == 0
    assert jobs[1]["unchanged"] > 0


def test_a_forged_or_stale_callback_changes_nothing(shop: Shop) -> None:
    sku = a_product(shop, 0, price=700, stock=1)
    purchase = a_purchase(shop, {sku: 1})
    assert capture(shop, purchase, forge=True) == 401
    assert capture(shop, purchase, at=1_600_000_000) == 401
    assert seen(shop, purchase)["state"] == "awaiting_payment"


def test_the_same_key_gets_the_same_bytes(shop: Shop) -> None:
    sku = a_product(shop, 0, price=700, stock=5)
    cart = shop.call("POST", "/api/v1/carts", expect=201)
    token = {"X_Cart_Token": cart["token"]}
    shop.call(
        "PUT", f"/api/v1/carts/{cart['id']}/lines/{sku}", {"quantity": 1}, expect=200, **token
    )
    body = {
        "email": "ada@shopper.example",
        "address": ADDRESS,
        "delivery_method": "standard",
        "payment": {"provider": "sandbox"},
    }
    path, key = f"/api/v1/carts/{cart['id']}/checkout", fresh_key()
    answers = [shop.send("POST", path, body, Idempotency_Key=key, **token) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    other = shop.send("POST", path, {**body, "note": "other"}, Idempotency_Key=key, **token)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency.key_reused")
    assert stock_of(shop, 0, sku) == (5, 1, 4)


def test_a_merchant_sees_only_its_own(shop: Shop) -> None:
    sku = a_product(shop, 0, price=700, stock=5)
    purchase = a_purchase(shop, {sku: 1})
    capture(shop, purchase)
    order = purchase["orders"][0]["id"]
    for method, path, body in (
        ("GET", f"/api/v1/merchant/orders/{order}", None),
        ("POST", f"/api/v1/merchant/orders/{order}/confirm", {}),
        ("GET", f"/api/v1/merchant/stock/{sku}", None),
        ("PUT", f"/api/v1/merchant/stock/{sku}", {"on_hand": 0}),
    ):
        refused = shop.send(method, path, body, token=shop.key(1))
        assert refused.status_code == 404, (method, path, refused.text)
        assert "Ada" not in refused.text
