"""Carts through the contract: opening, filling, quoting, and everything that is refused."""

import pytest
from msgspec.structs import replace

from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.inventory import service as inventory
from chalicelib.contexts.merchants import service as merchants
from chalicelib.contexts.merchants.model import MethodKind
from chalicelib.kernel.actors import SYSTEM
from chalicelib.kernel.money import Money
from tests.makers import rows
from tests.makers.people import a_member
from tests.makers.shop import ADDRESS, Shop, a_product, delivers, gbp

pytestmark = pytest.mark.usefixtures("stage")


@pytest.fixture
def shop(stage) -> Shop:
    return Shop()


def refused(reply, status: int, code: str):
    assert (reply.status, reply.json()["code"]) == (status, code), reply.text
    return reply.json()


class TestOpening:
    def test_gives_an_id_and_what_opens_it(self, shop: Shop) -> None:
        reply = shop.http.post("/api/v1/carts", {})
        assert reply.status == 201
        cart = reply.json()
        assert cart["id"].startswith("crt_")
        assert reply.headers["location"] == f"/api/v1/carts/{cart['id']}"
        assert shop.look(cart) == {
            "id": cart["id"],
            "lines": [],
            "totals": dict.fromkeys(("goods", "discount", "shipping", "tax", "payable"), gbp(0)),
            "estimated": True,
            "coupons": [],
            "notices": [],
        }

    def test_the_same_key_gives_the_same_cart(self, shop: Shop) -> None:
        first, again = (shop.http.post("/api/v1/carts", {}, idempotency_key="k") for _ in range(2))
        assert first.text == again.text
        assert first.headers["location"] == again.headers["location"]
        assert len(rows.of_kind("cart", "CART")) == 1
        refused(shop.http.post("/api/v1/carts", idempotency_key="k"), 409, "idempotency.key_reused")

    def test_refuses_unknown_fields(self, shop: Shop) -> None:
        wrong = refused(shop.http.post("/api/v1/carts", {"x": 1}), 400, "request.malformed")
        assert wrong["errors"][0]["field"] == "x"

    @pytest.mark.parametrize("token", ["", "x", "0" * 40, "é"])
    def test_a_wrong_token_and_a_missing_cart_look_the_same(self, shop: Shop, token: str) -> None:
        cart = shop.cart()
        path = f"/api/v1/carts/{cart['id']}"
        wrong = refused(shop.http.get(path, x_cart_token=token), 404, "cart.not_found")
        absent = shop.http.get("/api/v1/carts/crt_x", x_cart_token=cart["token"])
        gone = refused(absent, 404, "cart.not_found")
        assert {**wrong, "request_id": ""} == {**gone, "request_id": ""}

    def test_a_cart_whose_time_is_over_is_absent(self, shop: Shop, stage) -> None:
        cart = shop.cart()
        stage.forward(90 * 86_400 - 1)
        shop.look(cart)
        stage.forward(1)
        reply = shop.http.get(f"/api/v1/carts/{cart['id']}", x_cart_token=cart["token"])
        refused(reply, 404, "cart.not_found")


class TestLines:
    def test_are_priced_as_they_are_now(self, shop: Shop) -> None:
        tea, nut = shop.goods(price=1_999), shop.goods("bolt", "NUT", price=5, stock=3)
        cart = shop.cart({tea: 2, nut: 3})
        seen = shop.look(cart)
        assert [(one["sku"], one["quantity"], one["available"]) for one in seen["lines"]] == [
            (tea, 2, 10),
            (nut, 3, 3),
        ]
        assert seen["lines"][0]["title"] == "Product TEA"
        assert seen["lines"][0]["merchant_id"] == shop.sellers["acme"].id
        assert seen["lines"][0]["unit_price"] == gbp(1_999)
        assert seen["lines"][0]["total"] == gbp(3_998)
        assert seen["totals"]["payable"] == gbp(4_013)
        assert seen["notices"] == []

    def test_setting_a_quantity_replaces_it_and_zero_removes_the_line(self, shop: Shop) -> None:
        tea = shop.goods()
        cart = shop.cart({tea: 2})
        assert shop.put(cart, tea, 5).json()["lines"][0]["quantity"] == 5
        assert shop.put(cart, tea, 0).json()["lines"] == []
        assert shop.put(cart, "nobody.X", 0).status == 200

    @pytest.mark.parametrize("quantity", [-1, 10_000, 10**30, 1.5, 1.0, "2", None, True, [], {}])
    def test_refuse_quantities_that_are_none(self, shop: Shop, quantity) -> None:
        tea = shop.goods()
        cart = shop.cart()
        before = rows.everything()
        wrong = refused(shop.put(cart, tea, quantity), 400, "request.malformed")
        assert wrong["errors"][0]["field"] == "quantity"
        assert rows.everything() == before

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'"\\ud800"', b"[" * 100_000])
    def test_refuse_bodies_that_are_none(self, shop: Shop, body: bytes) -> None:
        cart = shop.cart()
        reply = shop.http.send(
            "PUT",
            f"/api/v1/carts/{cart['id']}/lines/acme.TEA",
            body,
            headers={"x-cart-token": cart["token"], "content-type": "application/json"},
        )
        refused(reply, 400, "request.malformed")

    def test_refuse_another_media_type(self, shop: Shop) -> None:
        cart = shop.cart()
        reply = shop.http.put(
            f"/api/v1/carts/{cart['id']}/lines/acme.TEA",
            b"quantity=1",
            x_cart_token=cart["token"],
            content_type="application/x-www-form-urlencoded",
        )
        refused(reply, 415, "request.unsupported_media")

    @pytest.mark.parametrize("sku", ["acme.NONE", "nobody.TEA", "x", "x" * 3_000])
    def test_refuse_what_is_not_for_sale(self, shop: Shop, sku: str) -> None:
        shop.goods()
        refused(shop.put(shop.cart(), sku, 1), 404, "cart.no_such_sku")

    def test_refuse_more_than_is_left_and_say_how_much_that_is(self, shop: Shop) -> None:
        tea = shop.goods(stock=3)
        cart = shop.cart({tea: 2})
        before = rows.everything()
        wrong = refused(shop.put(cart, tea, 4), 409, "inventory.stock_short")
        assert wrong["lines"] == [{"sku": tea, "available": 3}]
        assert rows.everything() == before

    def test_a_variant_without_stock_is_short_by_all(self, shop: Shop) -> None:
        shop.goods()
        catalog.create(shop.sellers["acme"].actor, a_product("NEW"))
        wrong = refused(shop.put(shop.cart(), "acme.NEW", 1), 409, "inventory.stock_short")
        assert wrong["lines"] == [{"sku": "acme.NEW", "available": 0}]

    def test_changes_of_price_stock_and_listing_are_seen_at_the_next_call(self, shop: Shop) -> None:
        tea = shop.goods()
        cart = shop.cart({tea: 4})
        seller = shop.sellers["acme"].actor
        product_id = shop.look(cart)["lines"][0]["product_id"]
        catalog.change(seller, product_id, replace(a_product(price=900), state=None))
        inventory.put_stock(seller, tea, 3)
        seen = shop.look(cart)
        assert seen["lines"][0]["unit_price"] == gbp(900)
        assert seen["notices"][0]["code"] == "cart.fewer_left"
        inventory.put_stock(seller, tea, 0)
        assert shop.look(cart)["notices"][0]["code"] == "cart.sold_out"
        catalog.remove(seller, product_id)
        seen = shop.look(cart)
        assert [(n["code"], n["sku"]) for n in seen["notices"]] == [("cart.not_for_sale", tea)]
        refused(shop.put(cart, tea, 1), 409, "cart.not_for_sale")
        assert shop.put(cart, tea, 0).json()["lines"] == []

    def test_a_suspended_merchants_goods_are_not_for_sale(self, shop: Shop) -> None:
        tea = shop.goods()
        cart, other = shop.cart({tea: 1}), shop.cart()
        merchants.suspend(SYSTEM, shop.sellers["acme"].id, "for a test")
        assert shop.look(cart)["notices"][0]["code"] == "cart.not_for_sale"
        refused(shop.put(cart, tea, 2), 409, "cart.not_for_sale")
        refused(shop.put(other, tea, 1), 409, "cart.not_for_sale")
        assert shop.look(other)["lines"] == []

    def test_refuse_the_41st_line(self, shop: Shop) -> None:
        skus = [shop.goods("acme", f"S{n}") for n in range(41)]
        cart = shop.cart(dict.fromkeys(skus[:40], 1))
        refused(shop.put(cart, skus[40], 1), 422, "cart.too_many_lines")
        assert len(shop.look(cart)["lines"]) == 40

    def test_refuse_the_ninth_merchant(self, shop: Shop) -> None:
        skus = [shop.goods(f"m{n}", "X") for n in range(9)]
        cart = shop.cart(dict.fromkeys(skus[:8], 1))
        refused(shop.put(cart, skus[8], 1), 422, "cart.too_many_merchants")

    def test_notices_speak_the_shoppers_language(self, shop: Shop) -> None:
        tea = shop.goods(stock=1)
        cart = shop.cart({tea: 1})
        inventory.put_stock(shop.sellers["acme"].actor, tea, 0)
        path = f"/api/v1/carts/{cart['id']}"
        reply = shop.http.get(path, x_cart_token=cart["token"], accept_language="zh-CN,zh")
        assert reply.json()["notices"][0]["text"] == "已售罄"

    def test_two_changes_at_once_both_count(self, shop: Shop, monkeypatch) -> None:
        from chalicelib.aws import transact

        tea, pot = shop.goods(), shop.goods(own_code="POT")
        cart = shop.cart()
        commit = transact.commit

        def meanwhile(writes) -> None:
            monkeypatch.setattr(transact, "commit", commit)
            assert shop.put(cart, pot, 2).status == 200
            commit(writes)

        monkeypatch.setattr(transact, "commit", meanwhile)
        assert shop.put(cart, tea, 1).status == 200
        assert {one["sku"]: one["quantity"] for one in shop.look(cart)["lines"]} == {tea: 1, pot: 2}


class TestMembers:
    def test_a_good_bearer_token_may_come_along(self, shop: Shop) -> None:
        tea = shop.goods()
        cart = shop.cart({tea: 1})
        _, token = a_member()
        headers = {"x_cart_token": cart["token"], "authorization": f"Bearer {token}"}
        assert shop.http.get(f"/api/v1/carts/{cart['id']}", **headers).status == 200

    def test_a_bad_one_is_refused(self, shop: Shop) -> None:
        seller = shop.merchant()
        cart = shop.cart()
        for token in ("mbr_nobody", seller.token, "x"):
            headers = {"x_cart_token": cart["token"], "authorization": f"Bearer {token}"}
            reply = shop.http.get(f"/api/v1/carts/{cart['id']}", **headers)
            refused(reply, 401, "identity.not_signed_in")


class TestQuotes:
    def test_every_merchants_cheapest_home_delivery_is_the_standard_one(self, shop: Shop) -> None:
        shop.merchant("acme", delivery_methods=(delivers(700), delivers(450, id="slow")))
        shop.merchant("bolt", delivery_methods=(delivers(300),))
        cart = shop.cart({shop.goods(price=1_000): 1, shop.goods("bolt", "NUT", price=10): 2})
        quote = shop.quote(cart).json()
        assert quote["delivery_methods"][0]["id"] == "standard"
        assert quote["delivery_methods"][0]["price"] == gbp(750)
        assert quote["totals"] == {
            "goods": gbp(1_020),
            "discount": gbp(0),
            "shipping": gbp(750),
            "tax": gbp(0),
            "payable": gbp(1_770),
        }
        assert quote["expires_at"] == "2026-03-02T09:15:00.000Z"

    def test_the_chosen_way_counts(self, shop: Shop) -> None:
        express = delivers(900, id="express", name={"en": "Express"})
        shop.merchant(delivery_methods=(delivers(400), express))
        cart = shop.cart({shop.goods(): 1})
        quote = shop.quote(cart, delivery_method="express").json()
        assert quote["totals"]["shipping"] == gbp(900)
        refused(shop.quote(cart, delivery_method="rocket"), 422, "cart.delivery_not_offered")

    def test_the_cart_shows_what_was_quoted_from_then_on(self, shop: Shop) -> None:
        express = delivers(900, id="express", name={"en": "Express"})
        shop.merchant(delivery_methods=(delivers(400), express))
        tea, pot = shop.goods(), shop.goods(own_code="POT")
        cart = shop.cart({tea: 1})
        assert shop.look(cart)["estimated"] is True
        quote = shop.quote(cart, delivery_method="express").json()
        seen = shop.look(cart)
        assert (seen["totals"], seen["estimated"]) == (quote["totals"], False)
        changed = shop.put(cart, pot, 1).json()
        assert changed["totals"]["shipping"] == gbp(900)
        assert changed["totals"]["payable"] == gbp(2_900)
        nut = shop.goods("bolt", "NUT")
        shop.put(cart, nut, 1)
        seen = shop.look(cart)
        assert (seen["estimated"], seen["totals"]["shipping"]) == (True, gbp(0))
        shop.put(cart, nut, 0)
        assert shop.checkout(cart, delivery_method="express").status == 201
        assert shop.look(cart)["estimated"] is True

    def test_a_quote_is_no_change_of_the_cart(self, shop: Shop, monkeypatch) -> None:
        from chalicelib.aws import transact

        cart = shop.cart({shop.goods(): 1})
        commit = transact.commit

        def meanwhile(writes) -> None:
            monkeypatch.setattr(transact, "commit", commit)
            assert shop.quote(cart).status == 200
            commit(writes)

        monkeypatch.setattr(transact, "commit", meanwhile)
        assert shop.checkout(cart).status == 201

    def test_refuses_where_nobody_delivers(self, shop: Shop) -> None:
        shop.merchant(delivery_methods=(delivers(400, countries=("GB",)),))
        cart = shop.cart({shop.goods(): 1})
        abroad = {**ADDRESS, "country": "CN"}
        refused(shop.quote(cart, address=abroad), 422, "shipping.no_delivery")

    def test_refuses_an_empty_cart_and_goods_that_left(self, shop: Shop) -> None:
        refused(shop.quote(shop.cart()), 422, "cart.empty")
        cart = shop.cart({shop.goods(): 1})
        merchants.suspend(SYSTEM, shop.sellers["acme"].id, "for a test")
        refused(shop.quote(cart), 409, "cart.not_for_sale")

    @pytest.mark.parametrize("country", ["gb", "GBR", "XX", "", 1, None])
    def test_refuses_what_is_no_country(self, shop: Shop, country) -> None:
        cart = shop.cart({shop.goods(): 1})
        wrong = refused(shop.quote(cart, address={"country": country}), 400, "request.malformed")
        assert wrong["errors"][0]["field"] == "address.country"

    def test_a_country_is_enough(self, shop: Shop) -> None:
        cart = shop.cart({shop.goods(): 1})
        assert shop.quote(cart, address={"country": "GB"}).status == 200

    def test_the_same_key_gives_the_same_quote(self, shop: Shop, stage) -> None:
        cart = shop.cart({shop.goods(): 1})
        path = f"/api/v1/carts/{cart['id']}/quote"
        replies = []
        for _ in range(2):
            headers = {"x_cart_token": cart["token"], "idempotency_key": "q"}
            replies.append(shop.http.post(path, {"address": ADDRESS}, **headers))
            stage.forward(60)
        assert replies[0].text == replies[1].text
        assert replies[0].status == replies[1].status == 200

    def test_free_delivery_from_a_threshold_is_each_merchants_own(self, shop: Shop) -> None:
        free = delivers(400, free_from=Money(1_000, "GBP"))
        shop.merchant("acme", delivery_methods=(free,))
        shop.merchant("bolt", delivery_methods=(free,))
        cart = shop.cart({shop.goods(price=1_000): 1, shop.goods("bolt", "NUT", price=999): 1})
        assert shop.quote(cart).json()["totals"]["shipping"] == gbp(400)

    def test_pickup_alone_is_no_standard_delivery(self, shop: Shop) -> None:
        pickup = delivers(0, id="pickup", kind=MethodKind.PICKUP, name={"en": "Pick up"})
        shop.merchant(delivery_methods=(pickup,))
        quote = shop.quote(shop.cart({shop.goods(): 1})).json()
        assert [one["id"] for one in quote["delivery_methods"]] == ["pickup"]
