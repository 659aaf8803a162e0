"""Callers at the same moment: the last units, one checkout twice, refunds, ends of a purchase."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.aws.settings import settings
from chalicelib.contexts.orders import service
from chalicelib.contexts.orders.model.refusals import NothingToRefund
from tests.makers import invariants, rows
from tests.makers.racing import at_once
from tests.makers.shop import Shop

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
