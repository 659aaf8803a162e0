"""Any story of shoppers, merchants, companies and clocks keeps what must always be true."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from chalicelib.aws.settings import settings
from tests.makers import invariants, rows
from tests.makers.pump import Pump, strike
from tests.makers.shop import Shop, captured_data

STEPS = 60
SHELF = {"acme.TEA": 8, "acme.POT": 3, "bolt.NUT": 5}
WORDS = ("picked_up", "in_transit", "delivered", "exception", "returned", "collected")
HARMLESS = {200, 201, 404, 409, 422}


class Story:
    """Everybody acts at random; nobody may break anything. Refusals are part of the story."""

    def __init__(self, shop: Shop, clock: Any, chance: Random) -> None:
        self.shop, self.clock, self.chance = shop, clock, chance
        self.purchases: list[Any] = []
        self.pump = Pump(chance=chance)

    def run(self) -> None:
        acts: list[Callable[[], Any]] = [
            self.buy,
            self.capture,
            self.capture,
            self.decline,
            self.cancel,
            self.merchant_acts,
            self.merchant_acts,
            self.ship,
            self.ship,
            self.courier_tells,
            self.courier_tells,
            self.refund,
            self.company_refunds,
            self.receive,
            self.time_passes,
            self.pump.run,
        ]
        self.buy()
        for _ in range(STEPS):
            answer = self.chance.choice(acts)()
            assert getattr(answer, "status", 200) in HARMLESS, answer.text

    def buy(self) -> Any:
        skus = self.chance.sample(sorted(SHELF), self.chance.randint(1, len(SHELF)))
        cart = self.shop.cart()
        for sku in skus:
            self.shop.put(cart, sku, self.chance.randint(1, 2))
        reply = self.shop.checkout(cart)
        if reply.status == 201:
            self.purchases.append(reply.json())
        return reply

    def capture(self) -> Any:
        purchase = self.shop.seen(self.a_purchase())
        if self.chance.random() < 0.2:
            return self.shop.capture(purchase, provider_reference=f"ch_{self.chance.random()}")
        return self.shop.capture(purchase)

    def decline(self) -> Any:
        purchase = self.shop.seen(self.a_purchase())
        self.shop.company("payment.failed", captured_data(purchase))
        path = f"/api/v1/purchases/{purchase['id']}/payments"
        return self.shop.shopper(purchase, path, {"provider": "sandbox"})

    def cancel(self) -> Any:
        purchase = self.a_purchase()
        path = f"/api/v1/purchases/{purchase['id']}/cancel"
        if self.chance.random() < 0.5:
            path = f"/api/v1/orders/{self.an_order(purchase)['id']}/cancel"
        return self.shop.shopper(purchase, path)

    def merchant_acts(self) -> Any:
        verb = self.chance.choice(("confirm", "confirm", "confirm", "cancel"))
        return self.shop.merchant_post(self.an_order(self.a_purchase()), verb)

    def ship(self) -> Any:
        order = self.an_order(self.a_purchase())
        line = self.chance.choice(order["lines"])
        return self.shop.ship(order, {line["sku"]: self.chance.randint(1, 2)})

    def courier_tells(self) -> Any:
        tracks = rows.of_kind("shipping", "TRACK")
        if not tracks:
            return None
        number = self.chance.choice(tracks)["pk"]["S"].rpartition("#")[2]
        return self.shop.courier(f"shipment.{self.chance.choice(WORDS)}", number)

    def refund(self) -> Any:
        order = self.an_order(self.a_purchase())
        line = self.chance.choice(order["lines"])
        return self.shop.refund(
            order,
            {line["sku"]: 1},
            shipping=self.chance.random() < 0.3,
            restock=self.chance.random() < 0.5,
        )

    def company_refunds(self) -> Any:
        purchase = self.shop.seen(self.a_purchase())
        refunds = purchase["payment"]["refunds"]
        if not refunds:
            return None
        refund = self.chance.choice(refunds)
        kind = self.chance.choice(("refund.succeeded", "refund.succeeded", "refund.failed"))
        amount = refund["amount"]["amount"]
        data = captured_data(purchase, refund_id=refund["id"], amount=amount)
        return self.shop.company(kind, data)

    def receive(self) -> Any:
        purchase = self.a_purchase()
        order = self.an_order(purchase)
        return self.shop.shopper(purchase, f"/api/v1/orders/{order['id']}/receive")

    def time_passes(self) -> None:
        self.clock.forward(self.chance.choice((1, 600, 1_800, 8 * 86_400)))
        strike("orders_sweep_due")

    def a_purchase(self) -> Any:
        return self.chance.choice(self.purchases)

    def an_order(self, purchase: Any) -> Any:
        return self.chance.choice(purchase["orders"])


@pytest.mark.parametrize("seed", range(6))
def test_keeps_every_invariant(stage, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.delenv("SOUK_SANDBOX_URL")
    settings.cache_clear()
    shop = Shop()
    for sku, units in SHELF.items():
        merchant, _, code = sku.partition(".")
        shop.goods(merchant, code, price=999, stock=units)
    story = Story(shop, stage, Random(seed))
    story.run()
    story.pump.run()
    assert story.pump.dead == []
    invariants.check(SHELF)
