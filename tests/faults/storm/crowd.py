"""A crowd of shoppers, merchants and companies, each in the middle of something all the time."""

from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from chalicelib.kernel import ids
from tests.makers.http import Reply
from tests.makers.shop import Shop, captured_data

SERVER_ERROR = 500
Step = tuple[str, Callable[[], Reply]]
Story = Generator[Step, Reply, None]


@dataclass
class Visitor:
    """One story, the step it is at, and how often that was tried."""

    story: Story
    step: Step
    is_done: bool = False


@dataclass
class Crowd:
    """Steps that meet a server error are tried again with the same key, as the contract asks."""

    shop: Shop
    skus: list[str]
    chance: Random
    visitors: list[Visitor] = field(default_factory=list)
    requests: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    begun: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)

    def come(self) -> None:
        """Another shopper begins."""
        story = self._buys()
        self.visitors.append(Visitor(story, next(story)))
        self.begun["cart"] += 1

    @property
    def waiting(self) -> list[Visitor]:
        return [one for one in self.visitors if not one.is_done]

    def move(self) -> None:
        """Let someone try the next step."""
        one = self.chance.choice(self.waiting)
        name, send = one.step
        reply = send()
        self.requests += 1
        if reply.status >= SERVER_ERROR:
            self.failures[f"{name} {reply.status}"] += 1
            return
        self.done[name] += 1
        if reply.status >= 400:
            self.refused.append(f"{name} {reply.text}")
        try:
            one.step = one.story.send(reply)
            self.begun[one.step[0]] += 1
        except StopIteration:
            one.is_done = True

    def _buys(self) -> Story:
        shop, chance = self.shop, self.chance
        reply = yield "cart", lambda: shop.http.post("/api/v1/carts")
        cart = reply.json()
        for sku in chance.sample(self.skus, chance.randint(1, 2)):
            quantity = chance.randint(1, 3)
            yield "line", lambda sku=sku, n=quantity: shop.put(cart, sku, n)
        yield "quote", lambda: shop.quote(cart)
        key = ids.ulid()
        reply = yield "checkout", lambda: shop.checkout(cart, key=key)
        purchase = reply.json()
        fate = chance.random()
        if fate < 0.1:
            return
        if fate < 0.2:
            yield "cancel", lambda: self._cancel(purchase)
        for _ in range(chance.randint(1, 3)):
            event = f"evt_{purchase['id']}"
            data = captured_data(purchase)
            yield (
                "capture",
                lambda event=event, data=data: shop.company(
                    "payment.captured", data, event_id=event
                ),
            )
        if 0.2 < fate < 0.3:
            yield "cancel", lambda: self._cancel(purchase)
        elif fate >= 0.3:
            for order in purchase["orders"]:
                yield from self._fulfils(purchase, order)

    def _cancel(self, purchase: Any) -> Reply:
        return self.shop.shopper(purchase, f"/api/v1/purchases/{purchase['id']}/cancel")

    def _fulfils(self, purchase: Any, order: Any) -> Story:
        shop, chance = self.shop, self.chance
        yield "confirm", lambda: shop.merchant_post(order, "confirm")
        units = {line["sku"]: line["quantity"] for line in order["lines"]}
        key = ids.ulid()
        reply = yield "ship", lambda: shop.ship(order, units, key=key)
        number = reply.json()["tracking_number"]
        kinds = ["shipment.picked_up", "shipment.in_transit", "shipment.delivered"]
        for kind in kinds:
            for _ in range(chance.randint(1, 2)):
                yield "courier", lambda kind=kind: shop.courier(kind, number)
        if chance.random() < 0.5:
            sku = next(iter(units))
            again = ids.ulid()
            yield "refund", lambda: shop.refund(order, {sku: 1}, key=again, restock=True)
        path = f"/api/v1/orders/{order['id']}/receive"
        yield "receive", lambda: shop.shopper(purchase, path)
