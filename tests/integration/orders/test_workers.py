"""Orders' handlers: the courier's news, the timeline, timers, and what companies gave back."""

import pytest

from chalicelib.contexts.orders import service
from chalicelib.contexts.orders.service import timers
from chalicelib.contexts.payments.facts import RefundFailed
from tests.makers import rows
from tests.makers.pump import Pump, strike
from tests.makers.shop import Shop, captured_data, gbp

pytestmark = pytest.mark.usefixtures("stage")
OURS = frozenset({"orders_on_shipment_fact", "orders_on_timeline_fact"})
WEEK_S = 7 * 86_400


@pytest.fixture
def shop(stage) -> Shop:
    return Shop()


@pytest.fixture
def pump() -> Pump:
    from infra.wiring import QUEUES

    return Pump(skip=frozenset(queue.handler for queue in QUEUES) - OURS)


def shipped(shop: Shop, quantity: int = 1):
    tea = shop.goods()
    purchase = shop.confirmed({tea: quantity})
    order = purchase["orders"][0]
    number = shop.ship(order, {tea: quantity}).json()["tracking_number"]
    return purchase, order, number


def steps(shop: Shop, purchase, **headers: str) -> list[dict]:
    path = f"/api/v1/orders/{purchase['orders'][0]['id']}/timeline"
    reply = shop.http.get(path, x_purchase_token=purchase["token"], **headers)
    assert reply.status == 200, reply.text
    return reply.json()["items"]


class TestShipments:
    def test_the_couriers_word_moves_the_order(self, shop: Shop, pump: Pump) -> None:
        _, order, number = shipped(shop)
        shop.courier("shipment.in_transit", number, place="Leeds")
        pump.drain()
        seen = shop.merchant_order(order)
        assert seen["state"] == "shipped"
        assert seen["shipments"][0]["state"] == "in_transit"
        assert seen["shipments"][0]["events"][0]["place"] == "Leeds"
        shop.courier("shipment.delivered", number)
        pump.drain()
        assert shop.merchant_order(order)["state"] == "delivered"
        assert len(rows.facts("orders.OrderDelivered")) == 1
        assert pump.dead == []

    def test_late_and_repeated_words_move_nothing_back(self, shop: Shop, pump: Pump) -> None:
        _, order, number = shipped(shop)
        for word in ("delivered", "in_transit", "delivered", "picked_up"):
            shop.courier(f"shipment.{word}", number)
            pump.drain()
        seen = shop.merchant_order(order)
        assert (seen["state"], seen["shipments"][0]["state"]) == ("delivered", "delivered")
        assert len(rows.facts("orders.OrderDelivered")) == 1

    def test_two_parcels(self, shop: Shop, pump: Pump) -> None:
        tea = shop.goods()
        order = shop.confirmed({tea: 2})["orders"][0]
        numbers = [shop.ship(order, {tea: 1}).json()["tracking_number"] for _ in range(2)]
        shop.courier("shipment.delivered", numbers[1])
        pump.drain()
        assert shop.merchant_order(order)["state"] == "partly_delivered"
        shop.courier("shipment.collected", numbers[0])
        pump.drain()
        assert shop.merchant_order(order)["state"] == "delivered"


class TestTimers:
    def test_a_week_after_delivery_the_order_completes(self, shop: Shop, pump: Pump, stage) -> None:
        _, order, number = shipped(shop)
        shop.courier("shipment.delivered", number)
        pump.drain()
        stage.forward(WEEK_S - 1)
        assert strike("orders_sweep_due") == {"done": 0, "moot": 0, "failed": 0}
        stage.forward(1)
        assert strike("orders_sweep_due") == {"done": 1, "moot": 0, "failed": 0}
        assert strike("orders_sweep_due") == {"done": 0, "moot": 0, "failed": 0}
        assert shop.merchant_order(order)["state"] == "completed"
        assert len(rows.facts("orders.OrderCompleted")) == 1

    def test_with_a_courier_that_tells_nothing_it_completes_later(self, shop: Shop, stage) -> None:
        tea = shop.goods()
        order = shop.confirmed({tea: 1})["orders"][0]
        shop.ship(order, {tea: 1}, courier="dhl", tracking_number="JD01")
        stage.forward(WEEK_S)
        assert strike("orders_sweep_due")["done"] == 0
        stage.forward(14 * 86_400)
        assert strike("orders_sweep_due")["done"] == 1
        assert shop.merchant_order(order)["state"] == "completed"

    def test_a_parcel_on_its_way_is_not_completed_by_waiting(self, shop: Shop, stage) -> None:
        _, order, number = shipped(shop)
        shop.courier("shipment.in_transit", number)
        stage.forward(100 * 86_400)
        assert strike("orders_sweep_due")["done"] == 0
        assert shop.merchant_order(order)["state"] == "shipped"

    def test_unpaid_purchases_expire_and_paid_ones_stay(self, shop: Shop, stage) -> None:
        tea = shop.goods()
        unpaid = [shop.bought({tea: 1}) for _ in range(3)]
        paid = shop.paid({tea: 1})
        stage.forward(1_800)
        assert strike("orders_sweep_due") == {"done": 3, "moot": 0, "failed": 0}
        assert {shop.seen(one)["state"] for one in unpaid} == {"expired"}
        assert shop.seen(paid)["state"] == "paid"
        assert shop.stock(tea) == (9, 0)

    def test_one_that_fails_never_stops_the_others(self, shop: Shop, stage, monkeypatch) -> None:
        tea = shop.goods()
        unpaid = [shop.bought({tea: 1}) for _ in range(3)]
        stage.forward(1_800)
        expire = timers.expire

        def breaking(purchase_id: str) -> bool:
            assert purchase_id != unpaid[1]["id"], "this one breaks"
            return expire(purchase_id)

        monkeypatch.setattr(timers, "expire", breaking)
        assert strike("orders_sweep_due") == {"done": 2, "moot": 0, "failed": 1}
        monkeypatch.undo()

    def test_a_sweep_has_an_end(self, shop: Shop, stage, monkeypatch) -> None:
        monkeypatch.setattr(timers, "PAGE_SIZE", 1)
        monkeypatch.setattr(timers, "ROWS_PER_SHARD_MAX", 2)
        tea = shop.goods(stock=100)
        for _ in range(40):
            shop.bought({tea: 1})
        stage.forward(1_800)
        first = strike("orders_sweep_due")["done"]
        assert 0 < first <= 16
        total = first
        while done := strike("orders_sweep_due")["done"]:
            total += done
        assert total == 40

    def test_a_row_that_the_index_still_shows_is_judged_by_a_fresh_read(
        self, shop: Shop, stage
    ) -> None:
        from chalicelib.contexts.orders import store

        purchase = shop.bought({shop.goods(): 1})
        stale = store.read_whole(purchase["id"])
        shop.capture(purchase)
        stage.forward(1_800)
        assert stale is not None
        row = store.create_purchase(stale.purchase).item
        assert timers._handle(row) == "moot"
        assert shop.seen(purchase)["state"] == "paid"


class TestTimeline:
    def test_tells_the_story_oldest_first(self, shop: Shop, pump: Pump, stage) -> None:
        tea = shop.goods()
        purchase = shop.bought({tea: 1})
        order = purchase["orders"][0]
        stage.forward(60)
        shop.capture(purchase)
        stage.forward(60)
        shop.merchant_post(order, "confirm")
        stage.forward(60)
        number = shop.ship(order, {tea: 1}).json()["tracking_number"]
        stage.forward(3_600)
        shop.courier("shipment.delivered", number)
        shop.courier("shipment.in_transit", number, at="2026-03-02T09:30:00+00:00", place="Leeds")
        pump.drain()
        shop.shopper(purchase, f"/api/v1/orders/{order['id']}/receive")
        pump.drain()
        story = steps(shop, purchase)
        assert [step["kind"] for step in story] == [
            "placed",
            "paid",
            "confirmed",
            "shipped",
            "in_transit",
            "delivered",
            "completed",
        ]
        assert [step["at"] for step in story] == sorted(step["at"] for step in story)
        assert story[4] == {
            "at": "2026-03-02T09:30:00.000Z",
            "kind": "in_transit",
            "text": "On its way",
            "place": "Leeds",
        }
        assert pump.dead == []

    def test_speaks_the_readers_language(self, shop: Shop, pump: Pump) -> None:
        purchase = shop.paid({shop.goods(): 1})
        pump.drain()
        told = steps(shop, purchase, accept_language="zh-CN")
        assert [step["text"] for step in told] == ["订单已提交", "付款成功"]

    def test_shows_no_other_orders_steps(self, shop: Shop, pump: Pump) -> None:
        purchase = shop.paid({shop.goods(): 1, shop.goods("bolt", "NUT"): 1})
        shop.merchant_post(purchase["orders"][1], "confirm")
        pump.drain()
        assert [step["kind"] for step in steps(shop, purchase)] == ["placed", "paid"]

    def test_a_fact_told_twice_is_one_step(self, shop: Shop, stage) -> None:
        from random import Random

        from infra.wiring import QUEUES

        purchase = shop.paid({shop.goods(): 1})
        others = frozenset(queue.handler for queue in QUEUES) - OURS
        for seed in range(3):
            Pump(chance=Random(seed), skip=others).drain()
        assert [step["kind"] for step in steps(shop, purchase)] == ["placed", "paid"]


class TestRefundOutcomes:
    def refunded(self, shop: Shop):
        tea = shop.goods()
        purchase = shop.paid({tea: 2})
        made = shop.refund(purchase["orders"][0], {tea: 1}).json()
        data = captured_data(purchase, refund_id=made["id"], amount=made["amount"]["amount"])
        return purchase, purchase["orders"][0], data

    def test_what_the_company_gave_back_counts(self, shop: Shop, pump: Pump) -> None:
        purchase, order, data = self.refunded(shop)
        for _ in range(2):
            shop.company("refund.succeeded", data)
            pump.drain()
        assert shop.merchant_order(order)["payment_state"] == "partly_refunded"
        seen = shop.seen(purchase)
        assert seen["payment"]["state"] == "partly_refunded"
        assert seen["orders"][0]["payment_state"] == "partly_refunded"
        assert [step["kind"] for step in steps(shop, purchase)][-2:] == [
            "refund_requested",
            "refunded",
        ]

    def test_a_refund_that_failed_may_be_made_again(self, shop: Shop, pump: Pump) -> None:
        purchase, order, data = self.refunded(shop)
        shop.company("refund.failed", data)
        pump.drain()
        seen = shop.seen(purchase)
        assert seen["orders"][0]["lines"][0]["returned"] == 0
        assert seen["payment"]["refunded"] == gbp(0)
        assert shop.refund(order, {"TEA": 2}).json()["amount"] == gbp(2_000)
        (body,) = rows.facts(RefundFailed.name)
        assert order["id"] in body

    def test_money_that_no_order_took_counts_for_none(self, shop: Shop, pump: Pump) -> None:
        purchase = shop.paid({shop.goods(): 1})
        shop.capture(purchase, provider_reference="ch_other")
        refund = shop.seen(purchase)["payment"]["refunds"][0]
        data = captured_data(purchase, refund_id=refund["id"])
        shop.company("refund.succeeded", data)
        pump.drain()
        assert pump.dead == []
        assert shop.seen(purchase)["orders"][0]["payment_state"] == "captured"


def test_a_company_that_is_asked_tells_what_its_callback_would_have(
    shop: Shop, stage, monkeypatch
) -> None:
    from chalicelib.aws.settings import settings
    from tests.makers.companies.sandbox import SandboxCompany

    tea = shop.goods()
    company = SandboxCompany()
    with company.serving():
        monkeypatch.setenv("SOUK_SANDBOX_URL", company.url)
        settings.cache_clear()
        purchase = shop.bought({tea: 1})
        stage.forward(700)
        assert strike("payments_ask_provider")["told"] == 0
        clicked = {"type": "payment.captured", "data": captured_data(purchase)}
        company.clicked[purchase["payment"]["id"]] = clicked
        stage.forward(1_900)
        service.expire(purchase["id"])
        assert strike("payments_ask_provider")["told"] == 1
    assert shop.seen(purchase)["state"] == "paid"
    assert shop.stock(tea) == (9, 0)
    assert len(rows.facts("orders.PurchaseRevived")) == 1
