"""Refunds by the merchant: exact, once, within what was paid, whoever asks at the same moment."""

from typing import Any

import pytest

from chalicelib.aws import retries, transact
from chalicelib.aws.settings import settings
from tests.makers import rows
from tests.makers.pump import Pump, strike
from tests.makers.refusals import refused, refused_without_a_trace
from tests.makers.shop import Shop, captured_data, gbp, order_of

pytestmark = pytest.mark.usefixtures("stage")


@pytest.fixture
def shop(stage) -> Shop:
    return Shop()


def test_is_computed_from_what_was_paid(shop: Shop) -> None:
    tea = shop.goods(price=1_999)
    purchase = shop.paid({tea: 3})
    order = purchase["orders"][0]
    reply = shop.refund(order, {tea: 1}, shipping=True)
    assert reply.status == 201
    made = reply.json()
    assert made["id"].startswith("ref_")
    assert made["state"] == "requested"
    assert made["amount"] == gbp(2_399)
    assert made["lines"] == [{"sku": tea, "quantity": 1, "amount": gbp(1_999)}]
    seen = shop.seen(purchase)
    assert seen["payment"]["refunded"] == gbp(2_399)
    assert seen["payment"]["refunds"][0] == {
        "id": made["id"],
        "state": "requested",
        "amount": gbp(2_399),
        "reason": "chipped",
        "created_at": "2026-03-02T09:00:00.000Z",
    }
    assert seen["orders"][0]["lines"][0]["returned"] == 1
    assert seen["orders"][0]["payment_state"] == "captured"
    (fact,) = rows.facts("orders.RefundRequested")
    assert '"commission":{"amount":200,"currency":"GBP"}' in fact


def test_the_merchants_own_code_alone_will_do(shop: Shop) -> None:
    tea = shop.goods()
    order = shop.paid({tea: 2})["orders"][0]
    made = shop.refund(order, {"TEA": 1}).json()
    assert made["lines"][0]["sku"] == tea


def test_units_named_twice_are_added_up(shop: Shop) -> None:
    tea = shop.goods()
    order = shop.paid({tea: 3})["orders"][0]
    body = {"lines": [{"sku": tea, "quantity": 1}, {"sku": "TEA", "quantity": 2}], "reason": "x"}
    made = shop.merchant_post(order, "refunds", body, idempotency_key="k").json()
    assert made["lines"] == [{"sku": tea, "quantity": 3, "amount": gbp(3_000)}]


def test_units_come_back_into_stock_when_asked(shop: Shop) -> None:
    tea = shop.goods(stock=5)
    order = shop.paid({tea: 3})["orders"][0]
    shop.refund(order, {tea: 1})
    assert shop.stock(tea) == (2, 0)
    shop.refund(order, {tea: 2}, restock=True)
    assert shop.stock(tea) == (4, 0)


def test_the_same_key_refunds_once(shop: Shop) -> None:
    tea = shop.goods()
    order = shop.paid({tea: 3})["orders"][0]
    first = shop.refund(order, {tea: 1}, key="k")
    again = shop.refund(order, {tea: 1}, key="k")
    assert first.text == again.text
    assert len(rows.of_kind("payments", "REFUND")) == 1
    refused(shop.refund(order, {tea: 2}, key="k"), 409, "idempotency.key_reused")


def test_more_than_is_left_is_refused(shop: Shop) -> None:
    tea = shop.goods()
    order = shop.paid({tea: 2})["orders"][0]
    code = "orders.nothing_to_refund"
    refused_without_a_trace(lambda: shop.refund(order, {tea: 3}), 422, code)
    refused_without_a_trace(lambda: shop.refund(order, {}), 422, code)
    shop.refund(order, {tea: 2}, shipping=True)
    for wish in ({tea: 1}, {}):
        refused_without_a_trace(lambda wish=wish: shop.refund(order, wish), 422, code)
    refused_without_a_trace(lambda: shop.refund(order, {}, shipping=True), 422, code)


def test_what_was_not_paid_is_not_refunded(shop: Shop) -> None:
    tea = shop.goods()
    order = shop.bought({tea: 2})["orders"][0]
    refused_without_a_trace(lambda: shop.refund(order, {tea: 1}), 422, "orders.nothing_to_refund")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"lines": [{"sku": "TEA", "quantity": 0}], "reason": "x"}, "lines[0].quantity"),
        ({"lines": [{"sku": "TEA", "quantity": -1}], "reason": "x"}, "lines[0].quantity"),
        ({"lines": [{"sku": "TEA", "quantity": 1.5}], "reason": "x"}, "lines[0].quantity"),
        ({"lines": [{"sku": "TEA", "quantity": 10**12}], "reason": "x"}, "lines[0].quantity"),
        ({"lines": [{"sku": "", "quantity": 1}], "reason": "x"}, "lines[0].sku"),
        ({"lines": [{"sku": "TEA", "quantity": 1}]}, "reason"),
        ({"lines": [{"sku": "TEA", "quantity": 1}], "reason": ""}, "reason"),
        ({"lines": [{"sku": "TEA", "quantity": 1}], "reason": " "}, "reason"),
        ({"lines": [{"sku": "TEA", "quantity": 1}], "reason": "x\x00"}, "reason"),
        ({"lines": [{"sku": "TEA", "quantity": 1}], "reason": "x", "amount": 5}, "amount"),
        ({"reason": "x"}, "lines"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(shop: Shop, body, field) -> None:
    order = shop.paid({shop.goods(): 2})["orders"][0]
    reply = shop.merchant_post(order, "refunds", body, idempotency_key="k")
    assert reply.status == 400, reply.text
    assert [error["field"] for error in reply.json()["errors"]] == [field]


def test_a_sku_that_is_not_in_the_order(shop: Shop) -> None:
    tea, nut = shop.goods(), shop.goods("bolt", "NUT")
    purchase = shop.paid({tea: 2, nut: 1})
    order = order_of(purchase, tea)
    refused_without_a_trace(lambda: shop.refund(order, {nut: 1}), 422, "orders.no_such_line")


def test_needs_a_key(shop: Shop) -> None:
    order = shop.paid({shop.goods(): 2})["orders"][0]
    body = {"lines": [{"sku": "TEA", "quantity": 1}], "reason": "x"}
    refused(shop.merchant_post(order, "refunds", body), 400, "idempotency.key_missing")


def test_of_five_refunds_of_one_unit_at_once_the_three_that_fit_pass(
    shop: Shop, monkeypatch
) -> None:
    """Each runs inside the one before it, between that one's read and its write."""
    tea = shop.goods(price=1_000)
    purchase = shop.paid({tea: 3})
    order = purchase["orders"][0]
    monkeypatch.setattr(retries, "sleep_s", lambda _s: None)
    commit, replies, started = transact.commit, [], [1]

    def meanwhile(writes) -> None:
        if started[0] < 5:
            started[0] += 1
            replies.append(shop.refund(order, {tea: 1}))
        commit(writes)

    monkeypatch.setattr(transact, "commit", meanwhile)
    replies.append(shop.refund(order, {tea: 1}))
    assert sorted(reply.status for reply in replies) == [201, 201, 201, 422, 422]
    seen = shop.seen(purchase)
    assert seen["payment"]["refunded"] == gbp(3_000)
    assert seen["orders"][0]["lines"][0]["returned"] == 3


def test_cents_that_do_not_divide_are_given_back_whole(shop: Shop) -> None:
    shop.merchant(commission_bps=333)
    tea = shop.goods(price=101)
    purchase = shop.paid({tea: 7})
    order = purchase["orders"][0]
    amounts = [shop.refund(order, {tea: 1}).json()["amount"]["amount"] for _ in range(7)]
    assert sum(amounts) == 707
    commissions = [
        fact.partition('"commission":{"amount":')[2].partition(",")[0]
        for fact in rows.facts("orders.RefundRequested")
    ]
    assert sum(map(int, commissions)) == 24  # 3.33% of 707, rounded half up


class TestARefundThatFails:
    """The company cannot pay it out: it may be asked for again, or the goods be sent after all."""

    def failed(self, shop: Shop, purchase: Any, order: Any, units: dict[str, int]) -> None:
        made = shop.refund(order, units, restock=True).json()
        data = captured_data(purchase, refund_id=made["id"], amount=made["amount"]["amount"])
        assert shop.company("refund.failed", data).status == 200
        Pump(skip=frozenset({"payments_on_refund_requested"})).drain()

    def test_puts_its_units_into_stock_once_however_often_it_is_asked_for(
        self, shop: Shop, no_company: None
    ) -> None:
        tea = shop.goods(stock=5)
        purchase = shop.paid({tea: 3})
        order = purchase["orders"][0]
        for _ in range(2):
            self.failed(shop, purchase, order, {tea: 1})
            assert shop.stock(tea) == (3, 0)
        shop.refund(order, {tea: 2}, restock=True)
        assert shop.stock(tea) == (4, 0)
        assert shop.merchant_post(order, "cancel").status == 200
        assert shop.stock(tea) == (5, 0)

    def test_leaves_units_to_be_sent_and_the_order_does_not_complete_before(
        self, shop: Shop, stage, no_company: None
    ) -> None:
        tea = shop.goods(stock=5)
        purchase = shop.confirmed({tea: 2})
        order, pump = purchase["orders"][0], Pump(skip=frozenset({"payments_on_refund_requested"}))
        first = shop.ship(order, {tea: 1}).json()["tracking_number"]
        shop.courier("shipment.delivered", first)
        pump.drain()
        self.failed(shop, purchase, order, {tea: 1})
        assert shop.merchant_order(order)["state"] == "delivered"
        stage.forward(30 * 86_400)
        assert strike("orders_sweep_due") == {"done": 0, "moot": 0, "failed": 0}
        receive = f"/api/v1/orders/{order['id']}/receive"
        assert shop.shopper(purchase, receive).json()["code"] == "orders.not_shipped"

        assert shop.ship(order, {tea: 2}).json()["code"] == "orders.nothing_to_ship"
        second = shop.ship(order, {tea: 1}).json()["tracking_number"]
        assert shop.ship(order, {tea: 1}).json()["code"] == "orders.not_confirmed"
        shop.courier("shipment.delivered", second)
        pump.drain()
        stage.forward(8 * 86_400)
        assert strike("orders_sweep_due") == {"done": 1, "moot": 0, "failed": 0}
        assert shop.merchant_order(order)["state"] == "completed"


@pytest.fixture
def no_company(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """No sandbox company runs here: its refunds are sent and wait for its word."""
    monkeypatch.delenv("SOUK_SANDBOX_URL")
    settings.cache_clear()
