"""Shoppers and merchants: what they want, and how stubborn they are about it."""

from typing import Any

from tests.makers.people import Seller
from tests.simulator.world import HOUR_S, World

UNITS_MAX = 3


class Shopper:
    """Fills carts, pays or forgets, changes its mind, says that it has the goods."""

    def __init__(self, world: World, name: str) -> None:
        self.world, self.chance, self.name = world, world.chance, name
        self.purchases: list[Any] = []
        self._keys = 0
        self._plan(self.chance.uniform(0, HOUR_S), "goes shopping", self.shop)

    def shop(self) -> str:
        """Open a cart; the rest follows answer by answer."""
        if self.world.is_closing:
            return "stays at home"
        self._plan(self.chance.expovariate(1 / (3 * HOUR_S)), "goes shopping", self.shop)
        return self._insist("opens a cart", self._post("/api/v1/carts"), self._fill)

    def _fill(self, reply: Any) -> None:
        cart = reply.json()
        skus = self.chance.sample(self.world.skus, self.chance.randint(1, 3))
        wanted = [(sku, self.chance.randint(1, UNITS_MAX)) for sku in skus]
        self._plan(self.chance.uniform(5, 300), "fills the cart", lambda: self._put(cart, wanted))

    def _put(self, cart: Any, wanted: list[tuple[str, int]]) -> str:
        """The last line's answer leads to checkout; the others are put on the way."""
        for sku, quantity in wanted[:-1]:
            self.world.ask(lambda s=sku, q=quantity: self.world.shop.put(cart, s, q))
        sku, quantity = wanted[-1]
        return self._insist(
            f"puts {quantity} {sku}",
            lambda: self.world.shop.put(cart, sku, quantity),
            lambda _: self._plan(
                self.chance.uniform(5, 600), "checks out", lambda: self._check_out(cart)
            ),
        )

    def _check_out(self, cart: Any) -> str:
        key = self._key()
        self.world.keys.add(key)

        def call() -> Any:
            return self.world.shop.checkout(cart, key=key)

        if self.chance.random() < 0.15:
            self.world.count("double click")
            self._plan(self.chance.uniform(0, 5), "clicks again", lambda: self._click_again(call))
        return self._insist("checks out", call, self._placed)

    def _click_again(self, call: Any) -> str:
        return self._insist("clicks again", call)

    def _placed(self, reply: Any) -> None:
        if reply.status != 201:
            return
        purchase = reply.json()
        self.purchases.append(purchase)
        self.world.placed(purchase)
        drawn = self.chance.random()
        if drawn < 0.92:
            soon = self.chance.uniform(5, 1_200)
            self._plan(soon, "visits the company", lambda: self._pay(purchase))
        if drawn > 0.85:
            at = self.chance.uniform(60, 3_000)
            self._plan(at, "cancels", lambda: self._cancel(purchase))
        if self.chance.random() < 0.25:
            at = self.chance.uniform(HOUR_S, 90 * HOUR_S)
            self._plan(at, "cancels late", lambda: self._cancel(purchase))
        if self.chance.random() < 0.3:
            at = self.chance.uniform(20 * HOUR_S, 140 * HOUR_S)
            self._plan(at, "has it", lambda: self._receive(purchase))

    def _pay(self, purchase: Any) -> str:
        if self.chance.random() < 0.2:
            again = self.chance.uniform(200, 1_500)
            self._plan(again, "tries another payment", lambda: self._pay_again(purchase))
        return self.world.company.visit(purchase["payment"])

    def _pay_again(self, purchase: Any) -> str:
        path = f"/api/v1/purchases/{purchase['id']}/payments"

        def begun(reply: Any) -> None:
            if reply.status < 300:
                purchase["payment"] = reply.json()["payment"]
                self._plan(self.chance.uniform(5, 300), "visits again", lambda: self._pay(purchase))

        body = {"provider": "sandbox"}
        return self._insist(
            f"another payment for {purchase['id'][-8:]}",
            lambda: self.world.shop.shopper(purchase, path, body),
            begun,
        )

    def _cancel(self, purchase: Any) -> str:
        path = f"/api/v1/purchases/{purchase['id']}/cancel"
        if self.chance.random() < 0.5:
            path = f"/api/v1/orders/{self.chance.choice(purchase['orders'])['id']}/cancel"
        return self._insist(
            f"cancels {path[-15:]}", lambda: self.world.shop.shopper(purchase, path)
        )

    def _receive(self, purchase: Any) -> str:
        order = self.chance.choice(purchase["orders"])
        path = f"/api/v1/orders/{order['id']}/receive"
        return self._insist(
            f"has {order['id'][-8:]}", lambda: self.world.shop.shopper(purchase, path)
        )

    def _post(self, path: str) -> Any:
        key = self._key()
        return lambda: self.world.shop.http.post(path, idempotency_key=key)

    def _key(self) -> str:
        self._keys += 1
        return f"{self.name}-{self._keys}"

    def _plan(self, delay_s: float, what: str, act: Any) -> None:
        self.world.later(delay_s, self.name, what, act)

    def _insist(self, what: str, call: Any, then: Any = lambda _: None) -> str:
        return self.world.insist(self.name, what, call, then)


class Merchant:
    """Confirms, ships in parts, refunds, sometimes cancels. At closing time it does all that is left."""

    def __init__(self, world: World, seller: Seller) -> None:
        self.world, self.chance, self.seller = world, world.chance, seller
        self.name = seller.merchant.code
        self.orders: list[Any] = []
        self._keys = 0
        self._plan(self.chance.uniform(0, 2 * HOUR_S), "comes to work", self.work)

    def work(self) -> str:
        """Take up one order."""
        if not self.world.is_closing:
            self._plan(self.chance.expovariate(1 / (2 * HOUR_S)), "works", self.work)
        if not self.orders:
            return "has nothing to do"
        order = self.chance.choice(self.orders[-8:])
        reply = self.world.ask(lambda: self._read(order))
        if reply is None or reply.status != 200:
            return self.world.said(reply)
        return self._treat(reply.json())

    def _treat(self, order: Any) -> str:
        drawn = self.chance.random()
        match order["state"]:
            case "placed":
                return self._verb(order, "cancel" if drawn < 0.08 else "confirm")
            case "confirmed" | "partly_shipped" if drawn < 0.8:
                return self._ship(order)
            case "awaiting_payment" | "expired" | "cancelled":
                if drawn < 0.5:
                    return order["state"]
                return self._verb(order, "confirm")
        if drawn < 0.4:
            return self._refund(order)
        return str(order["state"])

    def finish(self, order: Any) -> str:
        """Bring an order to its end, whatever that takes; each step asks how it stands first."""

        def seen(reply: Any) -> None:
            fresh = reply.json()
            match fresh["state"]:
                case "placed":
                    self._verb(fresh, "confirm")
                case "confirmed" | "partly_shipped" | "partly_delivered" if _left(fresh):
                    self._ship(fresh, _left(fresh))
                case _:
                    return
            self._plan(60, f"finishes {order['id'][-8:]}", lambda: self.finish(order))

        return self.world.insist(
            self.name, f"looks at {order['id'][-8:]}", lambda: self._read(order), seen
        )

    def _read(self, order: Any) -> Any:
        path = f"/api/v1/merchant/orders/{order['id']}"
        return self.world.shop.http.get(path, **self.seller.authorization)

    def _verb(self, order: Any, verb: str) -> str:
        return self._insist(
            f"{verb}s {order['id'][-8:]}", lambda: self.world.shop.merchant_post(order, verb)
        )

    def _ship(self, order: Any, wanted: dict[str, int] | None = None) -> str:
        key, left = self._key(), _left(order)
        if wanted is None:
            some = self.chance.random() < 0.3
            wanted = {sku: self.chance.randint(1, n) if some else n for sku, n in left.items()}
        if self.chance.random() < 0.04 and not self.world.is_closing:
            wanted = {sku: n + 1 for sku, n in wanted.items()}
        if not wanted:
            return "all is shipped"

        def shipped(reply: Any) -> None:
            if reply.status == 201:
                self.world.courier.carry(reply.json()["tracking_number"])

        return self._insist(
            f"ships {order['id'][-8:]}",
            lambda: self.world.shop.ship(order, wanted, key=key),
            shipped,
        )

    def _refund(self, order: Any) -> str:
        key, line = self._key(), self.chance.choice(order["lines"])
        wanted = {line["sku"]: self.chance.randint(1, line["quantity"])}
        more = {
            "shipping": self.chance.random() < 0.3,
            "restock": self.chance.random() < 0.5,
        }
        return self._insist(
            f"refunds {order['id'][-8:]}",
            lambda: self.world.shop.refund(order, wanted, key=key, **more),
        )

    def _key(self) -> str:
        self._keys += 1
        return f"{self.name}-{self._keys}"

    def _plan(self, delay_s: float, what: str, act: Any) -> None:
        self.world.later(delay_s, self.name, what, act)

    def _insist(self, what: str, call: Any, then: Any = lambda _: None) -> str:
        return self.world.insist(self.name, what, call, then)


def _left(order: Any) -> dict[str, int]:
    """Units of an order that are in no shipment and were not given back."""
    left = {
        line["sku"]: line["quantity"] - line["shipped"] - line["returned"]
        for line in order["lines"]
    }
    return {sku: count for sku, count in left.items() if count > 0}
