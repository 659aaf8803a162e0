"""Two that do what only one may do, at the same moment, and do it eight times each."""

from collections.abc import Callable, Iterator

import pytest

from tests.makers import rows
from tests.makers.engines.crowd import PROCESSES
from tests.makers.engines.market import HOLD_S, Market, count, mixed, strikes
from tests.makers.scale import pick, tell
from tests.makers.shop import order_of

SUITE = "engines"
EACH = PROCESSES // 2
WEEK_S = 7 * 86_400
Rounds = Callable[[str], Iterator[str]]


@pytest.fixture
def market(world, crowd) -> Iterator[Market]:
    made = Market(world, crowd)
    with made.machine.running():
        yield made


@pytest.fixture
def rounds(market: Market, engine_name: str) -> Rounds:
    """Go through the rounds of a race; after each, every invariant must hold."""

    def run(race: str) -> Iterator[str]:
        times = pick(3, 20)
        for number in range(times):
            yield f"N{number}"
            market.rest()
        found = f"{times}/{times} ({market.conflicts} tried again, {market.busy} busy)"
        tell(SUITE, f"{race} on {engine_name}, rounds without a violation", found)

    return run


def test_a_double_click_on_checkout_is_one_purchase(market, rounds):
    for code in rounds("double-click on checkout"):
        sku = market.goods(code, 5)
        (cart,) = market.carts(sku, 1)
        answers = market.race([market.pen.checkout(cart, key="one click")] * PROCESSES)
        assert count(answers) == {(201, ""): PROCESSES}
        assert all(answer.value == answers[0].value for answer in answers)
        assert market.shop.stock(sku) == (4, 1)


def test_two_webhooks_of_one_payment_capture_once(market, rounds):
    for code in rounds("two webhooks of one payment"):
        sku = market.goods(code, 5)
        purchase = market.shop.bought({sku: 2})
        calls = [market.pen.capture(purchase) for _ in range(2)]
        assert calls[0].headers["webhook_id"] != calls[1].headers["webhook_id"]
        answers = market.race(mixed([calls[0]] * EACH, [calls[1]] * EACH))
        assert count(answers) == {(200, ""): PROCESSES}
        assert market.shop.stock(sku) == (3, 0)
        seen = market.shop.seen(purchase)
        assert (seen["state"], seen["payment"]["state"]) == ("paid", "captured")
        for fact in ("payments.PaymentCaptured", "orders.PurchasePaid"):
            assert sum(purchase["id"] in body for body in rows.facts(fact)) == 1


def test_expiry_capture_and_another_buyer_leave_one_owner(market, rounds, clock):
    for code in rounds("expiry against capture and another buyer"):
        sku = market.goods(code, 1)
        purchase = market.shop.bought({sku: 1})
        clock.forward(HOLD_S)
        others = market.carts(sku, 5)
        answers = market.race(
            mixed(
                strikes("orders_sweep_due", 5),
                [market.pen.capture(purchase) for _ in others],
                [market.pen.checkout(cart) for cart in others],
            )
        )
        assert count(answers[1::3]) == {(200, ""): 5}
        sold = [answer for answer in answers[2::3] if answer.status == 201]
        refused = count([answer for answer in answers[2::3] if answer.status != 201])
        assert refused == {(409, "inventory.stock_short"): 5 - len(sold)}
        seen = market.shop.seen(purchase)
        if sold:
            assert (seen["state"], len(sold)) == ("expired", 1)
            assert seen["payment"]["refunded"] == purchase["total"]
        else:
            assert seen["state"] == "paid"
        assert market.shop.stock(sku) == (0, len(sold))


def test_an_order_is_cancelled_or_shipped(market, rounds):
    for code in rounds("cancel against ship"):
        sku = market.goods(code, 2)
        purchase = market.shop.confirmed({sku: 2})
        (order,) = purchase["orders"]
        path = f"/api/v1/purchases/{purchase['id']}/cancel"
        answers = market.race(
            mixed(
                [market.pen.shopper(purchase, path) for _ in range(EACH)],
                [market.pen.ship(order, {sku: 1}) for _ in range(EACH)],
            )
        )
        cancelled, shipped = count(answers[0::2]), count(answers[1::2])
        state = market.shop.merchant_order(order)["state"]
        if state == "cancelled":
            assert cancelled == {(200, ""): EACH}
            assert {status for status, _ in shipped} == {409}
        else:
            assert state == "shipped"
            assert cancelled == {(409, "orders.already_shipped"): EACH}
            assert shipped[201, ""] == 2
            assert {status for status, _ in shipped} == {201, 422}


def test_refunds_that_exceed_the_capture_together_are_not_all_made(market, rounds):
    for code in rounds("refunds that together exceed the capture"):
        sku = market.goods(code, 3)
        purchase = market.shop.confirmed({sku: 3})
        (order,) = purchase["orders"]
        answers = market.race([market.pen.refund(order, {sku: 2}) for _ in range(PROCESSES)])
        assert count(answers)[201, ""] == 1
        assert {answer.status for answer in answers} <= {201, 409, 422}
        (made,) = market.shop.seen(purchase)["payment"]["refunds"]
        assert made["amount"]["amount"] == 2_000


def test_statements_closed_twice_at_once_hold_each_entry_once(market, rounds, clock):
    for code in rounds("two statement closings"):
        skus = [market.goods(code, 2, merchant) for merchant in ("acme", "bolt")]
        purchase = market.shop.confirmed(dict.fromkeys(skus, 2))
        for sku in skus:
            shipped = market.shop.ship(order_of(purchase, sku), {sku: 2}).json()
            market.shop.courier("shipment.delivered", shipped["tracking_number"])
        market.machine.drain()
        clock.forward(WEEK_S)
        market.machine.strike("orders_sweep_due")
        market.machine.drain()
        market.race(strikes("settlement_close_statements", PROCESSES))
        for merchant in ("acme", "bolt"):
            headers = market.shop.sellers[merchant].authorization
            found = market.shop.http.get("/api/v1/merchant/statements", **headers).json()["items"]
            assert found[0]["owed"]["amount"] == 2_000 - 200 + 400
            assert len(found) == int(code[1:]) + 1
