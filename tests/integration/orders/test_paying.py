"""Captured money: it pays once, whatever comes twice, late, wrong or at the same moment."""

from typing import Any

import pytest

from chalicelib.aws import transact
from chalicelib.aws.tables import connection
from chalicelib.contexts.inventory import service as inventory
from chalicelib.contexts.orders import service
from chalicelib.kernel.errors import Busy
from tests.makers import rows
from tests.makers.refusals import refused, refused_without_a_trace
from tests.makers.shop import Shop, captured_data, gbp

pytestmark = pytest.mark.usefixtures("stage")
HALF_AN_HOUR_S = 1_800


@pytest.fixture
def shop(stage) -> Shop:
    return Shop()


def outcome(reply) -> str:
    assert reply.status == 200, reply.text
    return reply.json()["outcome"]


def refund_requests() -> list[str]:
    return rows.facts("orders.RefundRequested")


def between(monkeypatch, act: Any, *, skip: int = 0) -> None:
    """Let something else happen just before a commit: the next one, or the one after `skip`."""
    commit = transact.commit
    seen = [0]

    def meanwhile(writes) -> None:
        seen[0] += 1
        if seen[0] > skip:
            monkeypatch.setattr(transact, "commit", commit)
            act()
        commit(writes)

    monkeypatch.setattr(transact, "commit", meanwhile)


class TestBusy:
    def test_the_company_hears_success_after_the_commit_alone(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        purchase = shop.bought({shop.goods(): 2})

        def crowded(_writes: Any) -> None:
            raise Busy

        before = rows.everything()
        with monkeypatch.context() as crowd:
            crowd.setattr(transact, "commit", crowded)
            reply = shop.capture(purchase)
        assert (reply.status, reply.json()["code"]) == (503, Busy.code)
        assert int(reply.headers["retry-after"]) > 0
        assert rows.everything() == before
        assert outcome(shop.capture(purchase)) == "accepted"
        assert shop.seen(purchase)["state"] == "paid"


class TestInTime:
    def test_pays_and_lets_the_goods_leave_the_stock(self, shop: Shop) -> None:
        tea, nut = shop.goods(), shop.goods("bolt", "NUT", stock=3)
        purchase = shop.bought({tea: 2, nut: 3})
        assert outcome(shop.capture(purchase)) == "accepted"
        paid = shop.seen(purchase)
        assert paid["state"] == "paid"
        assert paid["payment"]["state"] == "captured"
        assert {order["state"] for order in paid["orders"]} == {"placed"}
        assert {order["payment_state"] for order in paid["orders"]} == {"captured"}
        assert (shop.stock(tea), shop.stock(nut)) == ((8, 0), (0, 0))
        assert rows.facts()[-3:] == [
            "payments.PaymentCaptured",
            "orders.PurchasePaid",
            "inventory.HoldConsumed",
        ] or set(rows.facts()[-3:]) == {
            "payments.PaymentCaptured",
            "orders.PurchasePaid",
            "inventory.HoldConsumed",
        }

    def test_the_same_callback_again_changes_nothing(self, shop: Shop) -> None:
        purchase = shop.bought({shop.goods(): 1})
        data = captured_data(purchase)
        assert outcome(shop.company("payment.captured", data, event_id="msg_1")) == "accepted"
        before = rows.everything()
        assert outcome(shop.company("payment.captured", data, event_id="msg_1")) == "duplicate"
        assert rows.everything() == before

    def test_the_same_money_under_another_callback_changes_nothing(self, shop: Shop) -> None:
        purchase = shop.bought({shop.goods(): 1})
        shop.capture(purchase)
        facts = rows.facts()
        assert outcome(shop.capture(purchase)) == "duplicate"
        assert rows.facts() == facts
        assert shop.seen(purchase)["payment"]["refunded"] == gbp(0)

    def test_other_money_on_top_goes_back(self, shop: Shop) -> None:
        purchase = shop.bought({shop.goods(): 1})
        shop.capture(purchase)
        for _ in range(2):
            shop.capture(purchase, provider_reference="ch_other")
        seen = shop.seen(purchase)
        assert seen["state"] == "paid"
        assert [refund["amount"] for refund in seen["payment"]["refunds"]] == [seen["total"]]
        assert seen["payment"]["refunded"] == seen["total"]
        assert len(refund_requests()) == 1
        assert len(rows.facts("orders.PurchasePaid")) == 1
        assert {order["payment_state"] for order in seen["orders"]} == {"captured"}

    @pytest.mark.parametrize(
        "changes", [{"amount": 1}, {"amount": 10**9}, {"amount": 0}, {"currency": "EUR"}]
    )
    def test_another_amount_or_currency_is_flagged_and_pays_nothing(
        self, shop: Shop, changes
    ) -> None:
        purchase = shop.bought({shop.goods(): 1})
        assert outcome(shop.capture(purchase, **changes)) == "flagged"
        assert shop.seen(purchase)["state"] == "awaiting_payment"
        assert len(rows.of_kind("payments", "CALLBACK")) == 1
        assert outcome(shop.capture(purchase)) == "accepted"
        assert shop.seen(purchase)["state"] == "paid"

    def test_a_forged_stale_or_future_callback_changes_nothing(self, shop: Shop, stage) -> None:
        purchase = shop.bought({shop.goods(): 1})
        data = captured_data(purchase)
        now = int(stage.moment.timestamp())
        for stamp in ({"forge": True}, {"at": now - 301}, {"at": now + 301}):
            refused_without_a_trace(
                lambda stamp=stamp: shop.company("payment.captured", data, **stamp),
                401,
                "webhooks.bad_signature",
            )

    def test_an_unknown_payment_is_not_found(self, shop: Shop) -> None:
        purchase = shop.bought({shop.goods(): 1})
        other = purchase["payment"]["id"][:-1] + "7"
        refused_without_a_trace(
            lambda: shop.capture(purchase, payment_id=other), 404, "payments.unknown"
        )
        for payment_id in ("pay_", "x", "pay_x_1", ""):
            reply = shop.capture(purchase, payment_id=payment_id)
            assert reply.status == 404, reply.text

    def test_a_promise_of_money_is_no_money(self, shop: Shop) -> None:
        purchase = shop.bought({shop.goods(): 1})
        shop.company("payment.authorized", captured_data(purchase))
        seen = shop.seen(purchase)
        assert (seen["state"], seen["payment"]["state"]) == ("awaiting_payment", "authorized")


class TestAfterADecline:
    def test_another_try_pays(self, shop: Shop) -> None:
        purchase = shop.bought({shop.goods(): 1})
        shop.company("payment.failed", captured_data(purchase, reason="insufficient funds"))
        assert shop.seen(purchase)["payment"]["state"] == "failed"
        path = f"/api/v1/purchases/{purchase['id']}/payments"
        reply = shop.shopper(purchase, path, {"provider": "sandbox"})
        assert reply.status == 201
        again = reply.json()
        assert again["payment"]["id"] != purchase["payment"]["id"]
        assert again["payment"]["state"] == "created"
        assert again["payment"]["action"]["url"] != purchase["payment"]["action"]["url"]
        assert outcome(shop.capture(again)) == "accepted"
        assert shop.seen(purchase)["state"] == "paid"

    def test_the_same_key_makes_one_more_payment(self, shop: Shop) -> None:
        purchase = shop.bought({shop.goods(): 1})
        shop.company("payment.failed", captured_data(purchase))
        path = f"/api/v1/purchases/{purchase['id']}/payments"
        replies = [
            shop.shopper(purchase, path, {"provider": "sandbox"}, idempotency_key="k")
            for _ in range(2)
        ]
        assert replies[0].text == replies[1].text
        assert len(rows.of_kind("payments", "PAYMENT")) == 2

    def test_one_that_is_still_open_is_kept(self, shop: Shop) -> None:
        purchase = shop.bought({shop.goods(): 1})
        path = f"/api/v1/purchases/{purchase['id']}/payments"
        reply = shop.shopper(purchase, path, {"provider": "sandbox"})
        assert reply.json() == purchase

    def test_a_late_approval_of_the_first_try_pays_and_the_second_goes_back(
        self, shop: Shop
    ) -> None:
        purchase = shop.bought({shop.goods(): 1})
        shop.company("payment.failed", captured_data(purchase))
        path = f"/api/v1/purchases/{purchase['id']}/payments"
        second = shop.shopper(purchase, path, {"provider": "sandbox"}).json()
        shop.capture(purchase)
        seen = shop.seen(purchase)
        assert (seen["state"], seen["payment"]["id"]) == ("paid", purchase["payment"]["id"])
        assert outcome(shop.capture(second)) == "accepted"
        assert len(refund_requests()) == 1
        assert second["payment"]["id"] in refund_requests()[0]
        assert shop.seen(purchase)["payment"]["refunded"] == gbp(0)

    def test_a_decline_after_the_money_moves_nothing(self, shop: Shop) -> None:
        purchase = shop.paid({shop.goods(): 1})
        for kind in ("payment.failed", "payment.expired", "payment.authorized"):
            shop.company(kind, captured_data(purchase))
        assert shop.seen(purchase)["payment"]["state"] == "captured"

    def test_is_refused_once_it_is_over(self, shop: Shop, stage) -> None:
        paid, late = shop.paid({shop.goods(): 1}), shop.bought({shop.goods(own_code="POT"): 1})
        stage.forward(HALF_AN_HOUR_S)
        for purchase in (paid, late):
            path = f"/api/v1/purchases/{purchase['id']}/payments"
            refused_without_a_trace(
                lambda path=path, purchase=purchase: shop.shopper(
                    purchase, path, {"provider": "sandbox"}
                ),
                409,
                "orders.not_awaiting_payment",
            )

    def test_refuses_a_company_that_is_not_here(self, shop: Shop) -> None:
        purchase = shop.bought({shop.goods(): 1})
        path = f"/api/v1/purchases/{purchase['id']}/payments"
        reply = shop.shopper(purchase, path, {"provider": "paypal"})
        refused(reply, 422, "payments.unknown_provider")


class TestTooLate:
    def test_takes_the_stock_again_and_revives(self, shop: Shop, stage) -> None:
        tea = shop.goods(stock=3)
        purchase = shop.bought({tea: 2})
        stage.forward(HALF_AN_HOUR_S)
        assert service.expire(purchase["id"])
        assert shop.stock(tea) == (3, 0)
        assert outcome(shop.capture(purchase)) == "accepted"
        seen = shop.seen(purchase)
        assert (seen["state"], seen["orders"][0]["state"]) == ("paid", "placed")
        assert shop.stock(tea) == (1, 0)
        assert len(rows.facts("orders.PurchaseRevived")) == 1
        assert len(rows.facts("orders.PurchasePaid")) == 1
        assert refund_requests() == []

    def test_is_refunded_where_the_goods_are_gone(self, shop: Shop, stage) -> None:
        tea = shop.goods(stock=3)
        purchase = shop.bought({tea: 2})
        stage.forward(HALF_AN_HOUR_S)
        service.expire(purchase["id"])
        inventory.put_stock(shop.sellers["acme"].actor, tea, 1)
        for _ in range(2):
            shop.capture(purchase)
        seen = shop.seen(purchase)
        assert seen["state"] == "expired"
        assert seen["payment"]["state"] == "captured"
        assert seen["payment"]["refunded"] == seen["total"]
        assert [refund["state"] for refund in seen["payment"]["refunds"]] == ["requested"]
        assert len(refund_requests()) == 1
        assert rows.facts("orders.PurchasePaid") == []
        assert '"applied":false' in rows.facts("payments.PaymentCaptured")[0]
        assert shop.stock(tea) == (1, 0)

    def test_is_refunded_where_the_goods_lie_on_too_many_shelves(
        self, shop: Shop, stage, monkeypatch
    ) -> None:
        purchase = shop.bought({shop.goods(stock=3): 2})
        stage.forward(HALF_AN_HOUR_S)
        service.expire(purchase["id"])
        monkeypatch.setattr(transact, "WRITES_MAX", 10)
        shop.capture(purchase)
        assert shop.seen(purchase)["state"] == "expired"
        assert len(refund_requests()) == 1

    def test_money_for_a_cancelled_purchase_always_goes_back(self, shop: Shop) -> None:
        tea = shop.goods()
        purchase = shop.bought({tea: 2})
        shop.shopper(purchase, f"/api/v1/purchases/{purchase['id']}/cancel")
        shop.capture(purchase)
        seen = shop.seen(purchase)
        assert seen["state"] == "cancelled"
        assert len(refund_requests()) == 1
        assert shop.stock(tea) == (10, 0)

    def test_before_the_sweep_it_simply_pays(self, shop: Shop, stage) -> None:
        purchase = shop.bought({shop.goods(): 1})
        stage.forward(10 * HALF_AN_HOUR_S)
        shop.capture(purchase)
        assert not service.expire(purchase["id"])
        assert shop.seen(purchase)["state"] == "paid"
        assert rows.facts("orders.PurchaseRevived") == []


class TestAtTheSameMoment:
    def test_an_expiry_that_wins_leaves_the_capture_to_revive(
        self, shop: Shop, stage, monkeypatch
    ) -> None:
        tea = shop.goods()
        purchase = shop.bought({tea: 2})
        stage.forward(HALF_AN_HOUR_S)
        between(monkeypatch, lambda: service.expire(purchase["id"]))
        shop.capture(purchase)
        assert shop.seen(purchase)["state"] == "paid"
        assert shop.stock(tea) == (8, 0)
        assert len(rows.facts("orders.PurchaseRevived")) == 1

    def test_a_capture_that_wins_leaves_the_expiry_nothing(
        self, shop: Shop, stage, monkeypatch
    ) -> None:
        tea = shop.goods()
        purchase = shop.bought({tea: 2})
        stage.forward(HALF_AN_HOUR_S)
        between(monkeypatch, lambda: shop.capture(purchase))
        assert not service.expire(purchase["id"])
        assert shop.seen(purchase)["state"] == "paid"
        assert shop.stock(tea) == (8, 0)
        assert rows.facts("orders.PurchaseExpired") == []

    def test_a_cancellation_that_wins_sends_the_money_back(self, shop: Shop, monkeypatch) -> None:
        tea = shop.goods()
        purchase = shop.bought({tea: 2})
        cancel = f"/api/v1/purchases/{purchase['id']}/cancel"
        between(monkeypatch, lambda: shop.shopper(purchase, cancel))
        shop.capture(purchase)
        assert shop.seen(purchase)["state"] == "cancelled"
        assert len(refund_requests()) == 1
        assert shop.stock(tea) == (10, 0)

    def test_a_capture_that_wins_makes_the_cancellation_refund(
        self, shop: Shop, monkeypatch
    ) -> None:
        tea = shop.goods()
        purchase = shop.bought({tea: 2})
        between(monkeypatch, lambda: shop.capture(purchase))
        reply = shop.shopper(purchase, f"/api/v1/purchases/{purchase['id']}/cancel")
        assert reply.json()["state"] == "cancelled"
        assert len(refund_requests()) == 1
        assert shop.stock(tea) == (10, 0)

    def test_two_captures_of_the_same_money_are_one(self, shop: Shop, monkeypatch) -> None:
        purchase = shop.bought({shop.goods(): 1})
        between(monkeypatch, lambda: shop.capture(purchase))
        assert outcome(shop.capture(purchase)) == "duplicate"
        assert len(rows.facts("orders.PurchasePaid")) == 1
        assert refund_requests() == []

    def test_an_expiry_that_wins_leaves_nothing_to_pay_again(
        self, shop: Shop, stage, monkeypatch
    ) -> None:
        tea = shop.goods()
        purchase = shop.bought({tea: 2})
        shop.company("payment.failed", captured_data(purchase))

        def expire() -> None:
            stage.forward(HALF_AN_HOUR_S)
            assert service.expire(purchase["id"])

        between(monkeypatch, expire)
        path = f"/api/v1/purchases/{purchase['id']}/payments"
        for code in ("orders.changed_meanwhile", "orders.not_awaiting_payment"):
            refused(shop.shopper(purchase, path, {"provider": "sandbox"}), 409, code)
        assert shop.seen(purchase)["state"] == "expired"
        assert len(rows.of_kind("payments", "PAYMENT")) == 1
        assert shop.stock(tea) == (10, 0)

    @pytest.mark.parametrize("call", [1, 2, 3])
    def test_an_expiry_between_any_two_calls_never_sells_the_goods_twice(
        self, shop: Shop, stage, monkeypatch, call: int
    ) -> None:
        tea = shop.goods(stock=1)
        purchase = shop.bought({tea: 1})
        stage.forward(HALF_AN_HOUR_S)
        dispatch, seen = connection().dispatch, [0]

        def meanwhile(operation: str, request: Any) -> Any:
            seen[0] += 1
            if seen[0] == call:
                assert service.expire(purchase["id"])
                shop.bought({tea: 1})
            return dispatch(operation, request)

        with monkeypatch.context() as crossed:
            crossed.setattr(connection(), "dispatch", meanwhile)
            shop.capture(purchase)
        assert shop.seen(purchase)["state"] == "expired"
        assert len(refund_requests()) == 1
        assert shop.stock(tea) == (0, 1)
