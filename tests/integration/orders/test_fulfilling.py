"""Confirming, shipping in parts, the courier's news, receiving, and the merchant's lists."""

from typing import Any

import pytest

from chalicelib.contexts.orders import service
from tests.makers import rows
from tests.makers.refusals import refused, refused_without_a_trace
from tests.makers.shop import Shop, order_of

pytestmark = pytest.mark.usefixtures("stage")


@pytest.fixture
def shop(stage) -> Shop:
    return Shop()


class TestConfirming:
    def test_follows_payment_and_may_be_repeated(self, shop: Shop) -> None:
        order = shop.paid({shop.goods(): 1})["orders"][0]
        for _ in range(2):
            reply = shop.merchant_post(order, "confirm", {})
            assert (reply.status, reply.json()["state"]) == (200, "confirmed")
        assert len(rows.facts("orders.OrderConfirmed")) == 1

    def test_is_refused_before_payment(self, shop: Shop) -> None:
        order = shop.bought({shop.goods(): 1})["orders"][0]
        refused_without_a_trace(
            lambda: shop.merchant_post(order, "confirm"), 409, "orders.not_placed"
        )

    def test_takes_no_body_but_an_empty_one(self, shop: Shop) -> None:
        order = shop.paid({shop.goods(): 1})["orders"][0]
        refused(shop.merchant_post(order, "confirm", {"x": 1}), 400, "request.malformed")

    def test_the_same_key_gives_the_same_bytes(self, shop: Shop) -> None:
        tea = shop.goods()
        order = shop.paid({tea: 1})["orders"][0]
        first = shop.merchant_post(order, "confirm", {}, idempotency_key="k")
        shop.ship(order, {tea: 1})
        assert shop.merchant_post(order, "confirm", {}, idempotency_key="k").text == first.text
        refused(
            shop.merchant_post(order, "confirm", idempotency_key="k"),
            409,
            "idempotency.key_reused",
        )


class TestShipping:
    def test_in_parts(self, shop: Shop) -> None:
        tea, pot = shop.goods(), shop.goods(own_code="POT")
        order = shop.confirmed({tea: 2, pot: 1})["orders"][0]
        first = shop.ship(order, {"TEA": 1})
        assert first.status == 201
        shipment = first.json()
        assert shipment["id"].startswith("shp_")
        assert shipment["tracking_number"].startswith("SBX")
        assert shipment["lines"] == [{"sku": tea, "quantity": 1}]
        assert (shipment["courier"], shipment["state"], shipment["events"]) == (
            "sandbox",
            "created",
            [],
        )
        assert shop.merchant_order(order)["state"] == "partly_shipped"
        shop.ship(order, {tea: 1, pot: 1}, tracking_number="GIVEN 1")
        seen = shop.merchant_order(order)
        assert seen["state"] == "shipped"
        assert [one["tracking_number"] for one in seen["shipments"]][1] == "GIVEN 1"
        assert [line["shipped"] for line in seen["lines"]] == [2, 1]
        told = [name for name in rows.facts() if name.startswith("orders.Order")]
        assert told == ["orders.OrderConfirmed", "orders.OrderPartlyShipped", "orders.OrderShipped"]

    def test_needs_a_confirmed_order(self, shop: Shop) -> None:
        tea = shop.goods()
        order = shop.paid({tea: 1})["orders"][0]
        refused_without_a_trace(lambda: shop.ship(order, {tea: 1}), 409, "orders.not_confirmed")

    def test_refuses_more_than_is_left(self, shop: Shop) -> None:
        tea = shop.goods()
        order = shop.confirmed({tea: 2})["orders"][0]
        shop.ship(order, {tea: 1})
        problem = refused_without_a_trace(
            lambda: shop.ship(order, {tea: 2}), 422, "orders.nothing_to_ship"
        )
        assert problem["lines"] == [{"sku": tea, "left": 1}]

    def test_refuses_what_is_not_in_the_order(self, shop: Shop) -> None:
        order = shop.confirmed({shop.goods(): 2})["orders"][0]
        refused_without_a_trace(lambda: shop.ship(order, {"POT": 1}), 422, "orders.no_such_line")

    def test_a_tracking_number_is_used_once(self, shop: Shop) -> None:
        tea = shop.goods()
        order = shop.confirmed({tea: 2})["orders"][0]
        shop.ship(order, {tea: 1}, tracking_number="T1")
        refused_without_a_trace(
            lambda: shop.ship(order, {tea: 1}, tracking_number="T1"),
            409,
            "shipping.tracking_number_used",
        )

    def test_other_couriers_need_their_number(self, shop: Shop) -> None:
        tea = shop.goods()
        order = shop.confirmed({tea: 1})["orders"][0]
        refused_without_a_trace(
            lambda: shop.ship(order, {tea: 1}, courier="dhl"), 422, "shipping.number_missing"
        )
        refused_without_a_trace(
            lambda: shop.ship(order, {tea: 1}, courier="pigeon"), 422, "shipping.unknown_courier"
        )
        sent = shop.ship(order, {tea: 1}, courier="dhl", tracking_number="JD01").json()
        assert "JD01" in sent["tracking_url"]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"lines": []}, "lines"),
            ({"lines": [{"sku": "TEA", "quantity": 0}]}, "lines[0].quantity"),
            ({"courier": ""}, "courier"),
            ({"tracking_number": ""}, "tracking_number"),
            ({"tracking_number": "x\ny"}, "tracking_number"),
            ({"tracking_number": "x" * 65}, "tracking_number"),
            ({"weight": 1}, "weight"),
        ],
    )
    def test_a_field_that_cannot_be_read_is_named(self, shop: Shop, changes, field) -> None:
        tea = shop.goods()
        order = shop.confirmed({tea: 2})["orders"][0]
        reply = shop.ship(order, {tea: 1}, **changes)
        assert reply.status == 400, reply.text
        assert [error["field"] for error in reply.json()["errors"]] == [field]

    def test_the_same_key_ships_once(self, shop: Shop) -> None:
        tea = shop.goods()
        order = shop.confirmed({tea: 2})["orders"][0]
        first, again = (shop.ship(order, {tea: 1}, key="k") for _ in range(2))
        assert first.text == again.text
        assert shop.merchant_order(order)["lines"][0]["shipped"] == 1

    def test_needs_a_key(self, shop: Shop) -> None:
        order = shop.confirmed({shop.goods(): 2})["orders"][0]
        body = {"courier": "sandbox", "lines": [{"sku": "TEA", "quantity": 1}]}
        refused(shop.merchant_post(order, "shipments", body), 400, "idempotency.key_missing")

    def test_two_at_once_never_ship_a_unit_twice(self, shop: Shop, monkeypatch) -> None:
        from chalicelib.aws import transact

        tea = shop.goods()
        order = shop.confirmed({tea: 1})["orders"][0]
        commit = transact.commit

        def meanwhile(writes) -> None:
            monkeypatch.setattr(transact, "commit", commit)
            assert shop.ship(order, {tea: 1}).status == 201
            commit(writes)

        monkeypatch.setattr(transact, "commit", meanwhile)
        refused(shop.ship(order, {tea: 1}), 422, "orders.nothing_to_ship")
        assert len(shop.merchant_order(order)["shipments"]) == 1


class TestReceiving:
    def test_completes(self, shop: Shop) -> None:
        tea = shop.goods()
        purchase = shop.confirmed({tea: 1})
        order = purchase["orders"][0]
        shop.ship(order, {tea: 1})
        path = f"/api/v1/orders/{order['id']}/receive"
        for _ in range(2):
            reply = shop.shopper(purchase, path)
            assert (reply.status, reply.json()) == (200, {"id": order["id"], "state": "completed"})
        assert len(rows.facts("orders.OrderCompleted")) == 1
        assert shop.merchant_order(order)["state"] == "completed"

    def test_is_refused_while_something_is_still_to_come(self, shop: Shop) -> None:
        tea = shop.goods()
        purchase = shop.confirmed({tea: 2})
        order = purchase["orders"][0]
        path = f"/api/v1/orders/{order['id']}/receive"
        refused_without_a_trace(lambda: shop.shopper(purchase, path), 409, "orders.not_shipped")
        shop.ship(order, {tea: 1})
        refused_without_a_trace(lambda: shop.shopper(purchase, path), 409, "orders.not_shipped")


class TestLists:
    def test_newest_first_in_pages(self, shop: Shop, stage) -> None:
        tea = shop.goods()
        made = []
        for _ in range(5):
            made.append(shop.bought({tea: 1})["orders"][0]["id"])
            stage.forward(1)
        headers = shop.sellers["acme"].authorization
        seen: list[str] = []
        path = "/api/v1/merchant/orders?limit=2"
        while path:
            page = shop.http.get(path, **headers).json()
            seen += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            path = f"/api/v1/merchant/orders?limit=2&cursor={cursor}" if cursor else ""
        assert seen == made[::-1]

    def test_by_state(self, shop: Shop) -> None:
        tea = shop.goods()
        shop.bought({tea: 1})
        paid, confirmed = shop.paid({tea: 1}), shop.confirmed({tea: 1})
        headers = shop.sellers["acme"].authorization

        def listed(state: str) -> list[str]:
            page = shop.http.get(f"/api/v1/merchant/orders?state={state}", **headers).json()
            return [item["purchase_id"] for item in page["items"]]

        assert listed("placed") == [paid["id"]]
        assert listed("confirmed") == [confirmed["id"]]
        assert len(listed("awaiting_payment")) == 1
        assert listed("completed") == []

    @pytest.mark.parametrize(
        "query", ["state=nonsense", "limit=0", "limit=101", "limit=x", "cursor=x", "page=2"]
    )
    def test_refuse_what_cannot_be_read(self, shop: Shop, query: str) -> None:
        headers = shop.merchant().authorization
        reply = shop.http.get(f"/api/v1/merchant/orders?{query}", **headers)
        assert (reply.status, reply.json()["code"]) in {
            (400, "request.malformed"),
            (400, "request.bad_cursor"),
        }

    def test_one_order_carries_what_shipping_needs(self, shop: Shop) -> None:
        purchase = shop.paid({shop.goods(): 1}, note="Ring twice")
        order = shop.merchant_order(purchase["orders"][0])
        assert order["purchase_id"] == purchase["id"]
        assert order["address"]["postal_code"] == "N1 1AA"
        assert order["note"] == "Ring twice"
        assert order["created_at"] == purchase["created_at"]

    def test_of_a_member(self, shop: Shop, stage) -> None:
        from tests.makers.people import a_member

        _, token = a_member()
        bearer = {"authorization": f"Bearer {token}"}
        tea = shop.goods()
        made = []
        for _ in range(3):
            made.append(shop.checkout(shop.cart({tea: 1}), headers=bearer).json())
            stage.forward(1)
        shop.bought({tea: 1})
        page = shop.http.get("/api/v1/me/purchases?limit=2", **bearer).json()
        assert [item["id"] for item in page["items"]] == [made[2]["id"], made[1]["id"]]
        rest = shop.http.get(f"/api/v1/me/purchases?cursor={page['next_cursor']}", **bearer).json()
        assert [item["id"] for item in rest["items"]] == [made[0]["id"]]
        assert rest["next_cursor"] is None
        first = rest["items"][0]
        assert first["total"] == made[0]["total"]
        assert first["token"] == made[0]["token"]
        assert first["orders"] == made[0]["orders"]
        assert first["payment"]["state"] == "created"
        refused(shop.http.get("/api/v1/me/purchases"), 401, "identity.not_signed_in")


def _attempts(order: Any) -> list[tuple[str, str, Any]]:
    base = f"/api/v1/merchant/orders/{order['id']}"
    units = [{"sku": "TEA", "quantity": 1}]
    return [
        ("GET", base, None),
        ("POST", f"{base}/confirm", {}),
        ("POST", f"{base}/cancel", {}),
        ("POST", f"{base}/shipments", {"courier": "sandbox", "lines": units}),
        ("POST", f"{base}/refunds", {"lines": units, "reason": "x"}),
    ]


class TestWhoMay:
    @pytest.mark.parametrize(
        ("who", "status", "code"),
        [
            ("another merchant", 404, "orders.order_not_found"),
            ("a member", 401, "identity.not_signed_in"),
            ("nobody", 401, "identity.not_signed_in"),
            ("a made-up key", 401, "identity.not_signed_in"),
        ],
    )
    def test_a_merchants_orders_are_its_own(self, shop: Shop, who, status, code) -> None:
        from tests.makers.people import a_member

        tea, nut = shop.goods(), shop.goods("bolt", "NUT")
        purchase = shop.paid({tea: 1, nut: 1})
        order = order_of(purchase, tea)
        token = {
            "another merchant": shop.sellers["bolt"].token,
            "a member": a_member()[1],
            "nobody": "",
            "a made-up key": "key_0000",
        }[who]
        headers = {"authorization": f"Bearer {token}"} if token else {}
        before = rows.everything()
        for method, path, body in _attempts(order):
            keyed = {**headers, "idempotency_key": f"k {method} {path}"}
            reply = shop.http.send(method, path, body, headers=keyed)
            assert refused(reply, status, code)
            assert "Ada" not in reply.text
        page = shop.http.get("/api/v1/merchant/orders", **headers)
        assert tea not in page.text
        assert rows.everything() == before

    @pytest.mark.parametrize("order_id", ["x", "ord_x", "ord_" + "9" * 3_000, "ord_/../x"])
    def test_ids_that_cannot_be(self, shop: Shop, order_id: str) -> None:
        headers = shop.merchant().authorization
        reply = shop.http.get(f"/api/v1/merchant/orders/{order_id}", **headers)
        assert reply.status == 404

    def test_the_shops_own_people_are_not_merchants(self, shop: Shop) -> None:
        from chalicelib.kernel.actors import ANONYMOUS, SYSTEM, Actor, ActorKind
        from chalicelib.kernel.errors import Forbidden, NotSignedIn

        order = shop.paid({shop.goods(): 1})["orders"][0]
        platform = Actor(ActorKind.PLATFORM, "acc_1", role="platform")
        member = Actor(ActorKind.MEMBER, "acc_2")
        before = rows.everything()
        for actor, refusal in (
            (ANONYMOUS, NotSignedIn),
            (SYSTEM, Forbidden),
            (platform, Forbidden),
            (member, Forbidden),
        ):
            for verb in (service.confirm, service.cancel_as_merchant, service.get_order):
                with pytest.raises(refusal):
                    verb(actor, order["id"])
        assert rows.everything() == before
