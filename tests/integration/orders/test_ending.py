"""Purchases and orders that end early: expired or cancelled, whole or singly."""

import pytest

from chalicelib.contexts.orders import service
from tests.makers import rows
from tests.makers.people import a_member
from tests.makers.refusals import refused_without_a_trace
from tests.makers.shop import Shop, gbp, order_of

pytestmark = pytest.mark.usefixtures("stage")
HALF_AN_HOUR_S = 1_800


@pytest.fixture
def shop(stage) -> Shop:
    return Shop()


def cancel(shop: Shop, purchase, **headers):
    return shop.shopper(purchase, f"/api/v1/purchases/{purchase['id']}/cancel", **headers)


def cancel_one(shop: Shop, purchase, order, **headers):
    return shop.shopper(purchase, f"/api/v1/orders/{order['id']}/cancel", **headers)


class TestExpiring:
    def test_gives_the_stock_back(self, shop: Shop, stage) -> None:
        tea, nut = shop.goods(), shop.goods("bolt", "NUT")
        purchase = shop.bought({tea: 2, nut: 3})
        stage.forward(HALF_AN_HOUR_S)
        assert service.expire(purchase["id"])
        seen = shop.seen(purchase)
        assert (seen["state"], seen["payment"]["state"]) == ("expired", "expired")
        assert {order["state"] for order in seen["orders"]} == {"expired"}
        assert {order["payment_state"] for order in seen["orders"]} == {"expired"}
        assert (shop.stock(tea), shop.stock(nut)) == ((10, 0), (10, 0))
        assert len(rows.facts("orders.PurchaseExpired")) == 1

    def test_comes_not_before_its_time_and_once(self, shop: Shop, stage) -> None:
        purchase = shop.bought({shop.goods(): 2})
        stage.forward(HALF_AN_HOUR_S - 1)
        before = rows.everything()
        assert not service.expire(purchase["id"])
        assert not service.expire("pur_01JNAAAAAAAAAAAAAAAAAAAAAA")
        assert rows.everything() == before
        stage.forward(1)
        assert [service.expire(purchase["id"]) for _ in range(2)] == [True, False]


class TestCancellingBeforePayment:
    def test_ends_all_of_it(self, shop: Shop) -> None:
        tea = shop.goods()
        purchase = shop.bought({tea: 2})
        reply = cancel(shop, purchase)
        assert reply.status == 200
        assert reply.json() == shop.seen(purchase)
        assert reply.json()["state"] == "cancelled"
        assert reply.json()["payment"]["state"] == "cancelled"
        assert reply.json()["orders"][0]["payment_state"] == "cancelled"
        assert shop.stock(tea) == (10, 0)
        (fact,) = rows.facts("orders.OrderCancelled")
        assert '"was_paid":false' in fact

    def test_again_changes_nothing(self, shop: Shop) -> None:
        purchase = shop.bought({shop.goods(): 2})
        first = cancel(shop, purchase)
        before = rows.everything()
        assert cancel(shop, purchase).json() == first.json()
        assert rows.everything() == before

    def test_one_order_leaves_the_others_total_to_pay(self, shop: Shop) -> None:
        tea, nut = shop.goods(), shop.goods("bolt", "NUT", price=500)
        purchase = shop.bought({tea: 1, nut: 1})
        reply = cancel_one(shop, purchase, order_of(purchase, tea))
        left = reply.json()
        assert left["state"] == "awaiting_payment"
        assert left["total"] == left["payment"]["amount"] == gbp(900)
        assert left["payment"]["id"] != purchase["payment"]["id"]
        assert left["payment"]["action"]["url"] != purchase["payment"]["action"]["url"]
        assert (shop.stock(tea), shop.stock(nut)) == ((10, 0), (9, 1))
        assert shop.capture(left).status == 200
        paid = shop.seen(purchase)
        assert paid["state"] == "paid"
        assert [order["state"] for order in paid["orders"]] == ["cancelled", "placed"]
        (fact,) = rows.facts("orders.PurchasePaid")
        assert order_of(purchase, tea)["id"] not in fact

    def test_money_for_the_former_total_goes_back(self, shop: Shop) -> None:
        tea, nut = shop.goods(), shop.goods("bolt", "NUT")
        purchase = shop.bought({tea: 1, nut: 1})
        cancel_one(shop, purchase, order_of(purchase, tea))
        shop.capture(purchase)
        assert shop.seen(purchase)["state"] == "awaiting_payment"
        assert len(rows.facts("orders.RefundRequested")) == 1

    def test_the_last_order_takes_the_purchase_with_it(self, shop: Shop) -> None:
        tea, nut = shop.goods(), shop.goods("bolt", "NUT")
        purchase = shop.bought({tea: 1, nut: 1})
        for order in purchase["orders"]:
            assert cancel_one(shop, purchase, order).status == 200
        assert shop.seen(purchase)["state"] == "cancelled"
        assert (shop.stock(tea), shop.stock(nut)) == ((10, 0), (10, 0))

    def test_is_refused_once_it_expired(self, shop: Shop, stage) -> None:
        purchase = shop.bought({shop.goods(): 1})
        stage.forward(HALF_AN_HOUR_S)
        service.expire(purchase["id"])
        refused_without_a_trace(lambda: cancel(shop, purchase), 409, "orders.not_cancellable")


class TestCancellingAfterPayment:
    def test_refunds_everything_and_puts_the_goods_back(self, shop: Shop) -> None:
        tea, nut = shop.goods(), shop.goods("bolt", "NUT")
        purchase = shop.paid({tea: 2, nut: 1})
        cancelled = cancel(shop, purchase).json()
        assert cancelled == shop.seen(purchase)
        assert cancelled["state"] == "cancelled"
        assert cancelled["payment"]["refunded"] == purchase["total"]
        amounts = [refund["amount"]["amount"] for refund in cancelled["payment"]["refunds"]]
        assert sorted(amounts) == [1_400, 2_400]
        assert {line["returned"] for o in cancelled["orders"] for line in o["lines"]} == {2, 1}
        assert (shop.stock(tea), shop.stock(nut)) == ((10, 0), (10, 0))
        assert len(rows.facts("orders.RefundRequested")) == 2

    def test_one_order_by_the_shopper_leaves_the_other(self, shop: Shop) -> None:
        tea, nut = shop.goods(), shop.goods("bolt", "NUT")
        purchase = shop.paid({tea: 2, nut: 1})
        after = cancel_one(shop, purchase, order_of(purchase, nut)).json()
        assert after["state"] == "paid"
        assert [order["state"] for order in after["orders"]] == ["placed", "cancelled"]
        assert after["payment"]["refunded"] == gbp(1_400)
        assert (shop.stock(tea), shop.stock(nut)) == ((8, 0), (10, 0))
        ended = cancel_one(shop, purchase, order_of(purchase, tea)).json()
        assert ended["state"] == "cancelled"
        assert ended["payment"]["refunded"] == purchase["total"]

    def test_by_the_merchant(self, shop: Shop) -> None:
        purchase = shop.confirmed({shop.goods(): 2})
        reply = shop.merchant_post(purchase["orders"][0], "cancel", {})
        assert (reply.status, reply.json()["state"]) == (200, "cancelled")
        assert reply.json()["purchase_id"] == purchase["id"]
        assert shop.seen(purchase)["state"] == "cancelled"
        (fact,) = rows.facts("orders.OrderCancelled")
        assert "cancelled by the merchant" in fact
        assert '"was_paid":true' in fact

    def test_refunds_only_what_is_left(self, shop: Shop) -> None:
        tea = shop.goods(price=1_000)
        purchase = shop.paid({tea: 3})
        order = purchase["orders"][0]
        assert shop.refund(order, {tea: 1}, restock=True).status == 201
        assert cancel(shop, purchase).status == 200
        seen = shop.seen(purchase)
        amounts = [refund["amount"]["amount"] for refund in seen["payment"]["refunds"]]
        assert sorted(amounts) == [1_000, 2_400]
        assert shop.stock(tea) == (10, 0)

    def test_is_refused_once_something_is_shipped(self, shop: Shop) -> None:
        tea, nut = shop.goods(), shop.goods("bolt", "NUT")
        purchase = shop.confirmed({tea: 2, nut: 1})
        order = order_of(purchase, tea)
        shop.ship(order, {tea: 1})
        code = "orders.already_shipped"
        refused_without_a_trace(lambda: cancel(shop, purchase), 409, code)
        refused_without_a_trace(lambda: cancel_one(shop, purchase, order), 409, code)
        refused_without_a_trace(lambda: shop.merchant_post(order, "cancel"), 409, code)
        assert cancel_one(shop, purchase, order_of(purchase, nut)).status == 200

    def test_the_same_key_gives_the_same_bytes(self, shop: Shop) -> None:
        purchase = shop.paid({shop.goods(): 2})
        first = cancel(shop, purchase, idempotency_key="k")
        shop.company(
            "refund.succeeded",
            {
                "payment_id": purchase["payment"]["id"],
                "refund_id": first.json()["payment"]["refunds"][0]["id"],
                "amount": purchase["total"]["amount"],
                "currency": "GBP",
            },
        )
        assert cancel(shop, purchase, idempotency_key="k").text == first.text
        assert shop.seen(purchase)["payment"]["state"] == "refunded"
        assert shop.seen(purchase)["orders"][0]["payment_state"] == "refunded"

    def test_two_at_once_cancel_once(self, shop: Shop, monkeypatch) -> None:
        from chalicelib.aws import transact

        purchase = shop.paid({shop.goods(): 2})
        commit = transact.commit

        def meanwhile(writes) -> None:
            monkeypatch.setattr(transact, "commit", commit)
            assert shop.merchant_post(purchase["orders"][0], "cancel").status == 200
            commit(writes)

        monkeypatch.setattr(transact, "commit", meanwhile)
        assert cancel(shop, purchase).json()["state"] == "cancelled"
        assert len(rows.facts("orders.RefundRequested")) == 1


class TestWhoMay:
    def test_the_token_opens_its_purchase_alone(self, shop: Shop) -> None:
        tea = shop.goods()
        mine, other = shop.bought({tea: 1}), shop.bought({tea: 1})
        thief = {**mine, "token": other["token"]}
        order = mine["orders"][0]["id"]
        for path in (f"/api/v1/purchases/{mine['id']}", f"/api/v1/orders/{order}/timeline"):
            reply = shop.http.get(path, x_purchase_token=other["token"])
            assert (reply.status, reply.json()["code"]) == (404, "orders.purchase_not_found")
        for path in (
            f"/api/v1/purchases/{mine['id']}/cancel",
            f"/api/v1/orders/{order}/cancel",
            f"/api/v1/orders/{order}/receive",
        ):
            refused_without_a_trace(
                lambda path=path: shop.shopper(thief, path), 404, "orders.purchase_not_found"
            )

    @pytest.mark.parametrize(
        "path",
        [
            "/api/v1/purchases/pur_01JNAAAAAAAAAAAAAAAAAAAAAA",
            "/api/v1/purchases/x",
            "/api/v1/purchases/pur_" + "9" * 2_500,
            "/api/v1/orders/ord_01JNAAAAAAAAAAAAAAAAAAAAAA_1/timeline",
            "/api/v1/orders/ord_x_y/timeline",
        ],
    )
    def test_what_is_not_there_looks_like_what_is_anothers(self, shop: Shop, path: str) -> None:
        assert shop.http.get(path, x_purchase_token="0" * 40).status == 404
        assert shop.http.get(path).status == 404

    def test_a_member_opens_its_own_purchases_alone(self, shop: Shop) -> None:
        (_, ada), (_, bob) = a_member(), a_member("bob@shop.example")
        headers = {"authorization": f"Bearer {ada}"}
        purchase = shop.checkout(shop.cart({shop.goods(): 1}), headers=headers).json()
        path = f"/api/v1/purchases/{purchase['id']}"
        assert shop.http.get(path, **headers).status == 200
        others = {"authorization": f"Bearer {bob}"}
        assert shop.http.get(path, **others).status == 404
        refused_without_a_trace(
            lambda: shop.http.post(f"{path}/cancel", **others), 404, "orders.purchase_not_found"
        )
        assert shop.http.post(f"{path}/cancel", **headers).status == 200

    def test_an_order_that_the_purchase_has_not(self, shop: Shop) -> None:
        purchase = shop.bought({shop.goods(): 1})
        absent = purchase["orders"][0]["id"][:-1] + "2"
        reply = shop.http.get(
            f"/api/v1/orders/{absent}/timeline", x_purchase_token=purchase["token"]
        )
        assert (reply.status, reply.json()["code"]) == (404, "orders.order_not_found")
