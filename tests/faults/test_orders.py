"""Killed between any two calls and run again, every verb of orders ends the same."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.aws.settings import settings
from chalicelib.contexts.orders import service
from chalicelib.contexts.orders.model.refusals import NothingToRefund
from chalicelib.kernel import ids
from tests.makers import invariants, rows
from tests.makers.companies.stripe import KEY, StripeCompany
from tests.makers.crashes import every_crash
from tests.makers.pump import Pump, strike
from tests.makers.racing import at_once
from tests.makers.shop import Shop, captured_data

Work = Callable[[], object]
SHELF = 500

pytestmark = pytest.mark.usefixtures("stage")


class Case:
    """One shop, in which each run gets a purchase of its own."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.tea = self.shop.goods(stock=SHELF)
        self.nut = self.shop.goods("bolt", "NUT", stock=SHELF)
        self.purchase: Any = None

    @property
    def lines(self) -> dict[str, int]:
        return {self.tea: 2, self.nut: 1}

    def take(self, purchase: Any) -> Any:
        self.purchase = purchase
        return purchase

    def now(self) -> Any:
        return self.shop.seen(self.purchase)

    def check(self) -> None:
        invariants.check({self.tea: SHELF, self.nut: SHELF}, with_journal=False)


@pytest.fixture
def case(stage, monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.delenv("SOUK_SANDBOX_URL")
    settings.cache_clear()
    return Case()


def test_checkout(case: Case) -> None:
    key: list[str] = []

    def prepare() -> Work:
        cart = case.shop.cart(case.lines)
        key[:] = [ids.ulid()]
        return lambda: case.take(case.shop.checkout(cart, key=key[0]).json())

    def check() -> None:
        assert case.now() == case.purchase
        holds = rows.of_kind("inventory", "HOLDS")
        assert len(rows.of_kind("orders", "PURCHASE")) == len(holds)

    assert every_crash(prepare, check) == 6
    assert len(rows.of_kind("orders", "PURCHASE")) == 7
    case.check()


@pytest.fixture
def stripe(case: Case, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeCompany]:
    company = StripeCompany()
    with company.serving():
        monkeypatch.setenv("SOUK_STRIPE_KEY", KEY)
        monkeypatch.setenv("SOUK_STRIPE_WEBHOOK_SECRET", company.secret)
        monkeypatch.setenv("SOUK_STRIPE_URL", company.url)
        settings.cache_clear()
        yield company


def test_checkout_at_a_company_that_is_asked(case: Case, stripe: StripeCompany) -> None:
    def prepare() -> Work:
        cart, key = case.shop.cart(case.lines), ids.ulid()
        return lambda: case.take(
            case.shop.checkout(cart, key=key, payment={"provider": "stripe"}).json()
        )

    def check() -> None:
        assert case.now() == case.purchase
        assert case.purchase["payment"]["action"]["url"]

    assert every_crash(prepare, check) == 10
    assert len(rows.of_kind("orders", "PURCHASE")) == len(stripe.sessions) == 11


def test_late_money_that_revives(case: Case, stage) -> None:
    def prepare() -> Work:
        purchase = case.take(case.shop.bought(case.lines))
        stage.forward(1_800)
        service.expire(purchase["id"])
        data = captured_data(purchase)
        return lambda: case.shop.company("payment.captured", data, event_id=purchase["id"])

    def check() -> None:
        seen = case.now()
        assert (seen["state"], seen["payment"]["refunds"]) == ("paid", [])

    assert every_crash(prepare, check) == 6
    case.check()


def test_expiring(case: Case, stage) -> None:
    def prepare() -> Work:
        case.take(case.shop.bought(case.lines))
        stage.forward(1_800)
        return lambda: strike("orders_sweep_due")

    def check() -> None:
        assert case.now()["state"] == "expired"

    every_crash(prepare, check)
    case.check()
    assert case.shop.stock(case.tea) == (SHELF, 0)


def test_cancelling_what_was_paid(case: Case) -> None:
    def prepare() -> Work:
        purchase = case.take(case.shop.paid(case.lines))
        path = f"/api/v1/purchases/{purchase['id']}/cancel"
        return lambda: case.shop.shopper(purchase, path)

    def check() -> None:
        seen = case.now()
        assert (seen["state"], len(seen["payment"]["refunds"])) == ("cancelled", 2)
        assert seen["payment"]["refunded"] == seen["total"]

    assert every_crash(prepare, check) == 6
    case.check()
    assert case.shop.stock(case.tea) == (SHELF, 0)


def test_shipping_and_refunding(case: Case) -> None:
    def prepare() -> Work:
        purchase = case.take(case.shop.confirmed(case.lines))
        order, key = purchase["orders"][0], ids.ulid()

        def work() -> None:
            case.shop.ship(order, {case.tea: 1}, key=f"s{key}")
            case.shop.refund(order, {case.tea: 1}, key=f"r{key}", restock=True)

        return work

    def check() -> None:
        line = case.now()["orders"][0]["lines"][0]
        assert (line["shipped"], line["returned"]) == (1, 1)
        assert len(case.now()["payment"]["refunds"]) == 1

    every_crash(prepare, check)
    case.check()


def test_the_couriers_news(case: Case) -> None:
    def prepare() -> Work:
        purchase = case.take(case.shop.confirmed({case.tea: 1}))
        order = purchase["orders"][0]
        number = case.shop.ship(order, {case.tea: 1}).json()["tracking_number"]
        case.shop.courier("shipment.delivered", number)
        pump = Pump(skip=frozenset({"payments_on_refund_requested"}))
        return pump_of_one(pump)

    def check() -> None:
        assert case.now()["orders"][0]["state"] == "delivered"

    every_crash(prepare, check)
    told = rows.facts("orders.OrderDelivered")
    assert len(told) == len(rows.of_kind("orders", "PURCHASE"))
    case.check()


def pump_of_one(pump: Pump) -> Work:
    """The worker of shipments alone, with every message it has: the queue brings them again."""
    import app
    from infra.wiring import QUEUES

    queue = next(one for one in QUEUES if one.handler == "orders_on_shipment_fact")
    pump._collect()
    records = [
        {"messageId": str(place), "body": message["body"], "attributes": {}}
        for place, (one, message) in enumerate(pump._waiting)
        if one is queue
    ][-1:]
    return lambda: app.app.handler_map[queue.handler]({"Records": records}, None)


class TestAtOnce:
    def test_buyers_of_the_last_units(self, case: Case) -> None:
        cup = case.shop.goods(own_code="CUP", stock=3)
        carts = [case.shop.cart({cup: 1}) for _ in range(6)]
        replies = at_once(6, lambda n: case.shop.checkout(carts[n]))
        assert sorted(reply.status for reply in replies) == [201] * 3 + [409] * 3
        assert case.shop.stock(cup) == (0, 3)

    def test_twins_of_one_checkout(self, case: Case) -> None:
        cart = case.shop.cart(case.lines)
        replies = at_once(5, lambda _: case.shop.checkout(cart, key="k"))
        assert {reply.status for reply in replies} == {201}
        assert len({reply.text for reply in replies}) == 1
        assert len(rows.of_kind("orders", "PURCHASE")) == 1

    def test_refunds_of_the_last_units(self, case: Case) -> None:
        purchase = case.take(case.shop.paid({case.tea: 3}))
        order = purchase["orders"][0]
        wish = service.RefundWish(lines=[(case.tea, 1)], reason="x")
        actor = case.shop.sellers["acme"].actor
        outcomes = at_once(5, lambda _: service.refund(actor, order["id"], wish))
        assert [isinstance(one, NothingToRefund) for one in outcomes].count(True) == 2
        assert case.now()["orders"][0]["lines"][0]["returned"] == 3
        case.check()

    def test_a_capture_an_expiry_and_a_cancellation(self, case: Case, stage) -> None:
        for _ in range(3):
            purchase = case.take(case.shop.bought(case.lines))
            stage.forward(1_800)
            path = f"/api/v1/purchases/{purchase['id']}/cancel"
            acts: list[Work] = [
                lambda: case.shop.capture(case.purchase),
                lambda: service.expire(case.purchase["id"]),
                lambda path=path: case.shop.shopper(case.purchase, path),
            ]
            at_once(3, lambda n, acts=acts: acts[n]())
        case.check()
