"""The main job: from a cart to a settled order, with duplicates and reorderings injected."""

from collections.abc import Iterator
from random import Random

import pytest

from chalicelib.aws.settings import settings
from tests.makers import invariants, rows
from tests.makers.companies.sandbox import SandboxCompany
from tests.makers.pump import Pump, strike
from tests.makers.shop import Shop, captured_data, gbp, order_of

pytestmark = pytest.mark.usefixtures("stage")
WEEK_S = 7 * 86_400


@pytest.fixture
def company(stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxCompany]:
    sandbox = SandboxCompany()
    with sandbox.serving():
        monkeypatch.setenv("SOUK_SANDBOX_URL", sandbox.url)
        settings.cache_clear()
        yield sandbox


@pytest.fixture
def shop(company: SandboxCompany) -> Shop:
    return Shop()


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_a_purchase_of_two_merchants_is_settled(
    shop: Shop, company: SandboxCompany, stage, seed: int | None
) -> None:
    pump = Pump(chance=Random(seed) if seed else None)
    tea, nut = shop.goods(price=1_999, stock=5), shop.goods("bolt", "NUT", price=501, stock=3)
    purchase = shop.bought({tea: 2, nut: 1})
    pump.drain()
    for _ in range(2 if seed else 1):
        assert shop.capture(purchase).status == 200
    pump.drain()

    first, second = order_of(purchase, tea), order_of(purchase, nut)
    for order in (first, second):
        assert shop.merchant_post(order, "confirm").status == 200
    numbers = [shop.ship(first, {tea: 1}).json()["tracking_number"] for _ in range(2)]
    numbers.append(shop.ship(second, {nut: 1}).json()["tracking_number"])
    for number in numbers:
        for word in ("in_transit", "delivered", "in_transit"):
            assert shop.courier(f"shipment.{word}", number).status == 200
    pump.drain()
    assert [shop.merchant_order(one)["state"] for one in (first, second)] == ["delivered"] * 2

    made = shop.refund(first, {tea: 1}).json()
    pump.drain()
    assert company.orders[made["id"]]["amount"] == 1_999
    told = captured_data(purchase, refund_id=made["id"], amount=1_999)
    assert shop.company("refund.succeeded", told).status == 200
    shop.shopper(purchase, f"/api/v1/orders/{first['id']}/receive")
    stage.forward(WEEK_S)
    strike("orders_sweep_due")
    pump.drain()
    assert [shop.merchant_order(one)["state"] for one in (first, second)] == ["completed"] * 2
    assert shop.merchant_order(first)["payment_state"] == "partly_refunded"

    strike("settlement_close_statements")
    assert pump.dead == []
    assert _owed(shop, "acme") == 1_999 - 200 + 400
    assert _owed(shop, "bolt") == 501 - 50 + 400
    invariants.check({tea: 5, nut: 3})


def test_the_shopper_is_told_once_a_step(shop: Shop, stage) -> None:
    import boto3

    pump = Pump(chance=Random(7))
    tea = shop.goods()
    purchase = shop.confirmed({tea: 1})
    number = shop.ship(purchase["orders"][0], {tea: 1}).json()["tracking_number"]
    shop.courier("shipment.delivered", number)
    pump.drain()
    assert pump.dead == []
    quota = boto3.client("ses", region_name="eu-west-1").get_send_quota()
    assert quota["SentLast24Hours"] == 4


def test_unpaid_goods_are_for_sale_again_and_late_money_is_not_lost(
    shop: Shop, company: SandboxCompany, stage
) -> None:
    pump = Pump()
    tea = shop.goods(stock=1)
    late = shop.bought({tea: 1})
    pump.drain()
    stage.forward(1_800)
    strike("orders_sweep_due")
    other = shop.paid({tea: 1})
    pump.drain()
    assert shop.capture(late).status == 200
    pump.drain()
    seen = shop.seen(late)
    assert (seen["state"], seen["payment"]["refunded"]) == ("expired", late["total"])
    (refund,) = seen["payment"]["refunds"]
    assert list(company.orders) == [refund["id"]]
    assert (
        shop.company("refund.succeeded", captured_data(late, refund_id=refund["id"])).status == 200
    )
    pump.drain()
    assert shop.seen(late)["payment"]["state"] == "refunded"
    assert shop.seen(other)["state"] == "paid"
    assert pump.dead == []
    invariants.check({tea: 1})


def test_a_cancelled_purchase_gives_everything_back(
    shop: Shop, company: SandboxCompany, stage
) -> None:
    pump = Pump(chance=Random(3))
    tea, nut = shop.goods(), shop.goods("bolt", "NUT")
    purchase = shop.paid({tea: 3, nut: 2})
    cancelled = shop.shopper(purchase, f"/api/v1/purchases/{purchase['id']}/cancel").json()
    pump.drain()
    assert set(company.orders) == {refund["id"] for refund in cancelled["payment"]["refunds"]}
    for refund in cancelled["payment"]["refunds"]:
        data = captured_data(purchase, refund_id=refund["id"], amount=refund["amount"]["amount"])
        for _ in range(2):
            shop.company("refund.succeeded", data)
    pump.drain()
    seen = shop.seen(purchase)
    assert (seen["state"], seen["payment"]["state"]) == ("cancelled", "refunded")
    assert {order["payment_state"] for order in seen["orders"]} == {"refunded"}
    assert (shop.stock(tea), shop.stock(nut)) == ((10, 0), (10, 0))
    assert pump.dead == []
    invariants.check({tea: 10, nut: 10})


def test_a_company_that_does_not_answer_is_asked_again(
    shop: Shop, company: SandboxCompany, stage, monkeypatch
) -> None:
    tea = shop.goods()
    purchase = shop.paid({tea: 1})
    made = shop.refund(purchase["orders"][0], {tea: 1}).json()
    with monkeypatch.context() as unreachable:
        unreachable.setenv("SOUK_SANDBOX_URL", "http://127.0.0.1:9")
        settings.cache_clear()
        pump = Pump()
        pump.drain()
        assert [message.queue.handler for message in pump.dead] == ["payments_on_refund_requested"]
    settings.cache_clear()
    stage.forward(901)
    strike("payments_ask_provider")
    assert list(company.orders) == [made["id"]]
    assert rows.of_kind("payments", "REFUND")[0]["state"]["S"] == "sent"


def _owed(shop: Shop, merchant: str) -> int:
    reply = shop.http.get("/api/v1/merchant/statements", **shop.sellers[merchant].authorization)
    (statement,) = reply.json()["items"]
    path = f"/api/v1/merchant/statements/{statement['id']}"
    whole = shop.http.get(path, **shop.sellers[merchant].authorization).json()
    assert whole["owed"]["currency"] == gbp(0)["currency"]
    owed: int = whole["owed"]["amount"]
    return owed
