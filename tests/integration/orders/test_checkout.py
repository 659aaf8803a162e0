"""Checkout: one transaction or nothing, what was shown or a question, one answer a key."""

from typing import Any

import pytest
from msgspec.structs import replace

from chalicelib.aws import idempotency, transact
from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.inventory import service as inventory
from chalicelib.contexts.merchants import service as merchants
from chalicelib.kernel.actors import SYSTEM
from tests.makers import rows
from tests.makers.people import a_member
from tests.makers.refusals import refused, refused_without_a_trace
from tests.makers.shop import ADDRESS, Shop, a_product, checkout_body, delivers, gbp

pytestmark = pytest.mark.usefixtures("stage")


@pytest.fixture
def shop(stage) -> Shop:
    return Shop()


class TestPlacing:
    def test_makes_one_order_a_merchant_and_holds_the_goods(self, shop: Shop) -> None:
        tea, nut = shop.goods(price=1_999), shop.goods("bolt", "NUT", price=333, stock=3)
        cart = shop.cart({tea: 2, nut: 3})
        reply = shop.checkout(cart)
        purchase = reply.json()
        assert reply.status == 201
        assert reply.headers["location"] == f"/api/v1/purchases/{purchase['id']}"
        assert purchase["state"] == "awaiting_payment"
        assert purchase["total"] == purchase["payment"]["amount"] == gbp(2 * 1_999 + 999 + 800)
        assert purchase["created_at"] == "2026-03-02T09:00:00.000Z"
        assert purchase["expires_at"] == "2026-03-02T09:30:00.000Z"
        assert [order["merchant"]["name"] for order in purchase["orders"]] == ["Acme", "Bolt"]
        assert [order["totals"]["payable"] for order in purchase["orders"]] == [
            gbp(4_398),
            gbp(1_399),
        ]
        assert {order["state"] for order in purchase["orders"]} == {"awaiting_payment"}
        assert {order["payment_state"] for order in purchase["orders"]} == {"created"}
        assert purchase["payment"]["action"]["type"] == "redirect"
        assert (shop.stock(tea), shop.stock(nut)) == ((8, 2), (0, 3))
        assert shop.look(cart)["lines"] == []
        assert shop.seen(purchase) == purchase

    def test_tells_the_others(self, shop: Shop) -> None:
        shop.bought({shop.goods(): 2}, email=" Ada@Shopper.example ", locale="zh-CN")
        (placed,) = rows.facts("orders.PurchasePlaced")
        assert '"email":"ada@shopper.example"' in placed
        assert '"locale":"zh-CN"' in placed
        assert len(rows.facts("inventory.StockHeld")) == 1

    def test_the_largest_cart_fits_one_transaction(self, shop: Shop, monkeypatch) -> None:
        skus = [shop.goods(f"m{n % 8}", f"S{n}") for n in range(40)]
        cart = shop.cart(dict.fromkeys(skus, 1))
        sizes: list[int] = []
        commit = transact.commit
        monkeypatch.setattr(
            transact, "commit", lambda writes: (sizes.append(len(writes)), commit(writes))
        )
        purchase = shop.checkout(cart).json()
        assert len(purchase["orders"]) == 8
        assert shop.capture(purchase).status == 200
        assert shop.seen(purchase)["state"] == "paid"
        assert shop.shopper(purchase, f"/api/v1/purchases/{purchase['id']}/cancel").status == 200
        assert sizes == [55, 56, 75]
        assert max(sizes) <= transact.WRITES_MAX

    def test_a_cart_that_could_not_be_paid_for_is_refused(self, shop: Shop, monkeypatch) -> None:
        cart = shop.cart({shop.goods(): 1})
        monkeypatch.setattr(transact, "WRITES_MAX", 10)
        refused_without_a_trace(lambda: shop.checkout(cart), 422, "orders.cart_too_complex")

    def test_optional_fields_may_be_left_out(self, shop: Shop) -> None:
        address = {k: v for k, v in ADDRESS.items() if k not in {"line2", "region"}}
        assert shop.bought({shop.goods(): 1}, address=address)["state"] == "awaiting_payment"

    def test_the_chosen_delivery_is_charged(self, shop: Shop) -> None:
        shop.merchant(delivery_methods=(delivers(400), delivers(950, id="express")))
        purchase = shop.bought({shop.goods(): 1}, delivery_method="express")
        assert purchase["orders"][0]["totals"]["shipping"] == gbp(950)

    def test_a_members_bearer_token_makes_it_the_members(self, shop: Shop) -> None:
        _, token = a_member()
        bearer = {"authorization": f"Bearer {token}"}
        purchase = shop.checkout(shop.cart({shop.goods(): 1}), headers=bearer).json()
        seen = shop.http.get(f"/api/v1/purchases/{purchase['id']}", **bearer)
        assert seen.json() == purchase


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"email": "nobody"}, "email"),
            ({"email": "a\x00@b.example"}, "email"),
            ({"email": "a@b.example\nBcc: x@y.example"}, "email"),
            ({"email": "a" * 250 + "@b.example"}, "email"),
            ({"email": None}, "email"),
            ({"email": 1}, "email"),
            ({"address": None}, "address"),
            ({"address": {**ADDRESS, "country": "UK"}}, "address.country"),
            ({"address": {**ADDRESS, "country": "gb"}}, "address.country"),
            ({"address": {**ADDRESS, "country": "GBR"}}, "address.country"),
            ({"address": {**ADDRESS, "name": ""}}, "address.name"),
            ({"address": {**ADDRESS, "name": "  "}}, "address.name"),
            ({"address": {**ADDRESS, "city": "Lon\ndon"}}, "address.city"),
            ({"address": {**ADDRESS, "line1": "x\x07"}}, "address.line1"),
            ({"address": {**ADDRESS, "line1": "x" * 201}}, "address.line1"),
            ({"address": {**ADDRESS, "planet": "Mars"}}, "address.planet"),
            ({"delivery_method": None}, "delivery_method"),
            ({"delivery_method": ""}, "delivery_method"),
            ({"payment": None}, "payment"),
            ({"payment": {"provider": "sandbox", "x": 1}}, "payment.x"),
            ({"expected_total": 100}, "expected_total"),
            ({"expected_total": {"amount": -1, "currency": "GBP"}}, "expected_total.amount"),
            ({"expected_total": {"amount": 1.5, "currency": "GBP"}}, "expected_total.amount"),
            ({"expected_total": {"amount": 1, "currency": "pounds"}}, "expected_total.currency"),
            ({"locale": "fr"}, "locale"),
            ({"note": "x" * 501}, "note"),
            ({"note": "\x1b[2J"}, "note"),
            ({"quote_id": "made-up"}, "quote_id"),
            ({"coupon": "X"}, "coupon"),
        ],
    )
    def test_a_field_that_cannot_be_read_is_named(self, shop: Shop, changes, field) -> None:
        cart = shop.cart({shop.goods(): 1})
        reply = shop.checkout(cart, **changes)
        assert reply.status == 400, reply.text
        assert field in {error["field"] for error in reply.json()["errors"]}
        assert rows.of_kind("orders", "PURCHASE") == []

    def test_every_wrong_field_is_named_at_once(self, shop: Shop) -> None:
        address = {**ADDRESS, "name": "", "country": "XX"}
        reply = shop.checkout(shop.cart({shop.goods(): 1}), email="x", address=address)
        fields = [error["field"] for error in reply.json()["errors"]]
        assert fields == ["email", "address.name", "address.country"]

    def test_needs_a_key(self, shop: Shop) -> None:
        cart = shop.cart({shop.goods(): 1})
        path = f"/api/v1/carts/{cart['id']}/checkout"
        token = {"x_cart_token": cart["token"]}
        reply = shop.http.post(path, checkout_body(), **token)
        refused(reply, 400, "idempotency.key_missing")
        for key in ("", "é", "x" * 256, "a\tb"):
            reply = shop.http.post(path, checkout_body(), **token, idempotency_key=key)
            refused(reply, 400, "idempotency.key_wrong")

    def test_a_wrong_cart_token(self, shop: Shop) -> None:
        cart = shop.cart({shop.goods(): 1})
        refused_without_a_trace(
            lambda: shop.checkout({**cart, "token": "0" * 40}), 404, "cart.not_found"
        )

    def test_an_empty_cart(self, shop: Shop) -> None:
        cart = shop.cart()
        refused_without_a_trace(lambda: shop.checkout(cart), 422, "cart.empty")

    def test_a_company_that_is_not_here(self, shop: Shop) -> None:
        cart = shop.cart({shop.goods(): 1})
        refused_without_a_trace(
            lambda: shop.checkout(cart, payment={"provider": "stripe"}),
            422,
            "payments.unknown_provider",
        )

    def test_a_way_that_is_not_offered_and_a_place_nobody_delivers_to(self, shop: Shop) -> None:
        shop.merchant(delivery_methods=(delivers(400, countries=("GB",)),))
        cart = shop.cart({shop.goods(): 1})
        refused_without_a_trace(
            lambda: shop.checkout(cart, delivery_method="rocket"),
            422,
            "cart.delivery_not_offered",
        )
        abroad = {**ADDRESS, "country": "CN"}
        refused_without_a_trace(
            lambda: shop.checkout(cart, address=abroad), 422, "shipping.no_delivery"
        )

    def test_goods_sold_out_since_name_every_short_line(self, shop: Shop) -> None:
        tea, pot, cup = (shop.goods(own_code=code) for code in ("TEA", "POT", "CUP"))
        cart = shop.cart({tea: 2, pot: 2, cup: 2})
        seller = shop.sellers["acme"].actor
        inventory.put_stock(seller, tea, 1)
        inventory.put_stock(seller, pot, 0)
        problem = refused_without_a_trace(lambda: shop.checkout(cart), 409, "inventory.stock_short")
        assert problem["lines"] == [
            {"sku": tea, "available": 1},
            {"sku": pot, "available": 0},
        ]
        assert len(shop.look(cart)["lines"]) == 3

    def test_a_product_delisted_since_names_the_line(self, shop: Shop) -> None:
        tea, pot = shop.goods(), shop.goods(own_code="POT")
        cart = shop.cart({tea: 1, pot: 1})
        product = shop.look(cart)["lines"][0]["product_id"]
        catalog.remove(shop.sellers["acme"].actor, product)
        problem = refused_without_a_trace(lambda: shop.checkout(cart), 409, "cart.not_for_sale")
        assert problem["lines"] == [{"sku": tea, "available": 0}]
        assert "Product TEA" in problem["detail"]

    def test_a_suspended_merchant(self, shop: Shop) -> None:
        cart = shop.cart({shop.goods(): 1, shop.goods("bolt", "NUT"): 1})
        merchants.suspend(SYSTEM, shop.sellers["bolt"].id, "for a test")
        problem = refused_without_a_trace(lambda: shop.checkout(cart), 409, "cart.not_for_sale")
        assert problem["lines"] == [{"sku": "bolt.NUT", "available": 0}]

    def test_a_bearer_token_that_is_not_good(self, shop: Shop) -> None:
        cart = shop.cart({shop.goods(): 1})
        bearer = {"authorization": f"Bearer {shop.sellers['acme'].token}"}
        refused_without_a_trace(
            lambda: shop.checkout(cart, headers=bearer), 401, "identity.not_signed_in"
        )


class TestWhatWasShown:
    def test_is_what_is_charged(self, shop: Shop) -> None:
        cart = shop.cart({shop.goods(): 1})
        quote = shop.quote(cart).json()
        reply = shop.checkout(
            cart, quote_id=quote["quote_id"], expected_total=quote["totals"]["payable"]
        )
        assert reply.json()["total"] == quote["totals"]["payable"] == gbp(1_400)

    @pytest.mark.parametrize("by", ["expected_total", "quote_id"])
    def test_or_the_shopper_is_asked_again(self, shop: Shop, by: str) -> None:
        tea = shop.goods()
        cart = shop.cart({tea: 1})
        quote = shop.quote(cart).json()
        shown = {"expected_total": quote["totals"]["payable"], "quote_id": quote["quote_id"]}[by]
        product = shop.look(cart)["lines"][0]["product_id"]
        dearer = replace(a_product(price=1_001), state=None)
        catalog.change(shop.sellers["acme"].actor, product, dearer)
        problem = refused_without_a_trace(
            lambda: shop.checkout(cart, **{by: shown}), 409, "orders.price_changed"
        )
        assert problem["totals"] == {
            "goods": gbp(1_001),
            "discount": gbp(0),
            "shipping": gbp(400),
            "tax": gbp(0),
            "payable": gbp(1_401),
        }
        agreed = shop.checkout(cart, expected_total=problem["totals"]["payable"])
        assert agreed.status == 201

    def test_another_currency_is_another_total(self, shop: Shop) -> None:
        cart = shop.cart({shop.goods(): 1})
        euros = {"amount": 1_400, "currency": "EUR"}
        refused_without_a_trace(
            lambda: shop.checkout(cart, expected_total=euros), 409, "orders.price_changed"
        )

    def test_another_carts_quote_is_not_this_ones(self, shop: Shop) -> None:
        tea = shop.goods()
        mine, other = shop.cart({tea: 1}), shop.cart({tea: 1})
        quote_id = shop.quote(other).json()["quote_id"]
        refused_without_a_trace(
            lambda: shop.checkout(mine, quote_id=quote_id), 409, "orders.price_changed"
        )

    def test_a_quote_whose_time_is_over_binds_nobody_but_may_still_fit(
        self, shop: Shop, stage
    ) -> None:
        cart = shop.cart({shop.goods(): 1})
        quote_id = shop.quote(cart).json()["quote_id"]
        stage.forward(901)
        assert shop.checkout(cart, quote_id=quote_id).status == 201


class TestKeys:
    def test_the_same_request_gets_the_same_bytes(self, shop: Shop, stage) -> None:
        tea = shop.goods()
        cart = shop.cart({tea: 1})
        first = shop.checkout(cart, key="k")
        stage.forward(3_600)
        again = shop.checkout(cart, key="k")
        assert (first.status, again.status) == (201, 201)
        assert first.text == again.text
        assert first.headers["location"] == again.headers["location"]
        assert shop.stock(tea) == (9, 1)

    def test_another_body_under_the_same_key(self, shop: Shop) -> None:
        cart = shop.cart({shop.goods(): 1})
        shop.checkout(cart, key="k")
        refused_without_a_trace(
            lambda: shop.checkout(cart, key="k", note="other"), 409, "idempotency.key_reused"
        )

    def test_a_refusal_leaves_the_key_free(self, shop: Shop) -> None:
        tea = shop.goods(stock=2)
        cart = shop.cart({tea: 2})
        seller = shop.sellers["acme"].actor
        inventory.put_stock(seller, tea, 1)
        refused(shop.checkout(cart, key="k"), 409, "inventory.stock_short")
        inventory.put_stock(seller, tea, 2)
        assert shop.checkout(cart, key="k").status == 201

    def test_is_free_again_after_a_day(self, shop: Shop, stage) -> None:
        tea = shop.goods()
        cart = shop.cart({tea: 1})
        first = shop.checkout(cart, key="k").json()
        stage.forward(idempotency.TTL_S)
        shop.put(cart, tea, 1)
        assert shop.checkout(cart, key="k").json()["id"] != first["id"]

    def test_belongs_to_its_cart(self, shop: Shop) -> None:
        tea = shop.goods()
        ids = {shop.checkout(shop.cart({tea: 1}), key="k").json()["id"] for _ in range(2)}
        assert len(ids) == 2

    @pytest.mark.parametrize("moment", ["before it reads the goods", "before it commits"])
    def test_a_twin_gets_the_first_ones_answer(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch, moment: str
    ) -> None:
        """The twin read the key before the first one's commit, and meets it at some later call."""
        from chalicelib.aws import reads

        tea = shop.goods()
        cart = shop.cart({tea: 1})
        module, name = {
            "before it reads the goods": (reads, "batch"),
            "before it commits": (transact, "commit"),
        }[moment]
        original = getattr(module, name)
        first: list[Any] = []

        def meanwhile(argument):
            monkeypatch.setattr(module, name, original)
            answer = original(argument) if name == "batch" else None
            first.append(shop.checkout(cart, key="k"))
            return answer if name == "batch" else original(argument)

        monkeypatch.setattr(module, name, meanwhile)
        twin = shop.checkout(cart, key="k")
        assert twin.status == first[0].status == 201
        assert twin.text == first[0].text
        assert shop.stock(tea) == (9, 1)

    def test_the_same_cart_under_two_keys_is_bought_once(self, shop: Shop, monkeypatch) -> None:
        tea = shop.goods()
        cart = shop.cart({tea: 1})
        commit = transact.commit

        def meanwhile(writes) -> None:
            monkeypatch.setattr(transact, "commit", commit)
            assert shop.checkout(cart, key="first").status == 201
            commit(writes)

        monkeypatch.setattr(transact, "commit", meanwhile)
        refused(shop.checkout(cart, key="second"), 409, "cart.changed")
        assert shop.stock(tea) == (9, 1)
        assert len(rows.of_kind("orders", "PURCHASE")) == 1


def test_n_buyers_of_k_units_make_k_purchases(shop: Shop) -> None:
    tea = shop.goods(stock=3)
    carts = [shop.cart({tea: 1}) for _ in range(6)]
    statuses = [shop.checkout(cart).status for cart in carts]
    assert statuses == [201] * 3 + [409] * 3
    assert shop.stock(tea) == (0, 3)
