"""For every route that takes an Idempotency-Key: a request that it can fulfil, made to order."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import app
from chalicelib.web.endpoint import Keys
from tests.faults.crashes.workflows.catalogue import SHEET
from tests.makers.http import Http, Reply
from tests.makers.offers import a_campaign, campaign_body, offer_body
from tests.makers.people import a_member
from tests.makers.shop import ADDRESS, CATEGORIES, Shop, checkout_body

JSON = "application/json"
ADDRESSES = {"acme": "203.0.113.9", "bolt": "198.51.100.7"}
"""Callers: merchants by their codes; shoppers, who have no name, by their addresses."""


@dataclass(frozen=True)
class Ask:
    """One request. `other` is a body that means something else, or is written otherwise."""

    path: str
    body: Any
    other: Any
    headers: dict[str, str]
    address: str = ADDRESSES["acme"]

    def send(self, key: str | None = None, *, other: bool = False) -> Reply:
        headers = dict(self.headers) if key is None else {**self.headers, "idempotency-key": key}
        body = self.other if other else self.body
        return Http(address=self.address).send("POST", self.path, body, headers=headers)


class Desk:
    """Makes what a request needs; each call makes it anew."""

    def __init__(self) -> None:
        from chalicelib.contexts.catalog import service as catalog
        from chalicelib.kernel.actors import SYSTEM

        catalog.load_categories(SYSTEM, CATEGORIES)
        self.shop = Shop()
        self.goods = {code: self.shop.goods(code, "TEA", stock=1_000) for code in ADDRESSES}
        self._numbers = count()

    def ask(self, route: str, caller: str = "acme") -> Ask:
        made: Ask = MAKERS[route](self, caller)
        return replace(made, address=ADDRESSES[caller])

    def cart(self, caller: str) -> dict[str, str]:
        return self.shop.cart({self.goods[caller]: 2})

    def purchase(self, caller: str, state: str = "bought") -> Any:
        made: Any = getattr(self.shop, state)({self.goods[caller]: 2})
        return made

    def of_cart(self, caller: str, verb: str, body: dict[str, Any], other: dict[str, Any]) -> Ask:
        cart = self.cart(caller)
        path = f"/api/v1/carts/{cart['id']}/{verb}"
        return Ask(path, body, other, {"x-cart-token": cart["token"]})

    def of_shopper(self, caller: str, state: str, path: str, body: Any, other: Any) -> Ask:
        purchase = self.purchase(caller, state)
        where = path.format(purchase=purchase["id"], order=purchase["orders"][0]["id"])
        headers = {"x-purchase-token": purchase["token"], "content-type": JSON}
        return Ask(where, body, other, headers)

    def of_order(self, caller: str, state: str, verb: str, body: Any, other: Any) -> Ask:
        order = self.purchase(caller, state)["orders"][0]
        headers = {**self.shop.seller_of(order).authorization, "content-type": JSON}
        return Ask(f"/api/v1/merchant/orders/{order['id']}/{verb}", body, other, headers)

    def of_merchant(self, caller: str, thing: str, body: Any, other: Any, kind: str) -> Ask:
        headers = {**self.shop.sellers[caller].authorization, "content-type": kind}
        return Ask(f"/api/v1/merchant/{thing}", body, other, headers)

    def product(self, caller: str, amount: int) -> dict[str, Any]:
        price = {"amount": amount, "currency": "GBP"}
        return {
            "title": "Kettle",
            "description": "For tests.",
            "category": "other",
            "state": "listed",
            "variants": [{"sku": f"KET{next(self._numbers)}", "price": price}],
        }

    def sent(self, caller: str) -> Ask:
        purchase = self.purchase(caller, "confirmed")
        order = purchase["orders"][0]
        assert self.shop.ship(order, {self.goods[caller]: 2}).status == 201
        headers = {"x-purchase-token": purchase["token"], "content-type": JSON}
        return Ask(f"/api/v1/orders/{order['id']}/receive", b"{}", b"{ }", headers)

    def claim(self, caller: str) -> Ask:
        """A member who was never here claims of a campaign that is new."""
        campaign = a_campaign(self.shop, self.shop.sellers[caller])["id"]
        _, token = a_member(f"{caller}{next(self._numbers)}@b.example")
        headers = {"authorization": f"Bearer {token}", "content-type": JSON}
        return Ask(f"/api/v1/campaigns/{campaign}/claim", *NOTHING, headers)

    def codes(self, caller: str) -> Ask:
        campaign = a_campaign(self.shop, self.shop.sellers[caller], single_codes=True)["id"]
        place = f"campaigns/{campaign}/codes"
        return self.of_merchant(caller, place, {"count": 3}, {"count": 4}, JSON)


def units(amount: int) -> list[dict[str, Any]]:
    return [{"sku": "TEA", "quantity": amount}]


Maker = Callable[[Desk, str], Ask]
NOTHING = (b"{}", b"{ }")
SANDBOX, AGAIN = b'{"provider":"sandbox"}', b'{"provider": "sandbox"}'
MAKERS: dict[str, Maker] = {
    "/api/v1/carts": lambda _desk, _who: Ask("/api/v1/carts", *NOTHING, {"content-type": JSON}),
    "/api/v1/carts/{cart}/quote": lambda desk, who: desk.of_cart(
        who, "quote", {"address": ADDRESS}, {"address": {**ADDRESS, "country": "FR"}}
    ),
    "/api/v1/carts/{cart}/checkout": lambda desk, who: desk.of_cart(
        who, "checkout", checkout_body(), checkout_body(note="Ring twice")
    ),
    "/api/v1/purchases/{purchase}/cancel": lambda desk, who: desk.of_shopper(
        who, "paid", "/api/v1/purchases/{purchase}/cancel", *NOTHING
    ),
    "/api/v1/orders/{order}/cancel": lambda desk, who: desk.of_shopper(
        who, "paid", "/api/v1/orders/{order}/cancel", *NOTHING
    ),
    "/api/v1/purchases/{purchase}/payments": lambda desk, who: desk.of_shopper(
        who, "bought", "/api/v1/purchases/{purchase}/payments", SANDBOX, AGAIN
    ),
    "/api/v1/orders/{order}/receive": lambda desk, who: desk.sent(who),
    "/api/v1/merchant/orders/{order}/confirm": lambda desk, who: desk.of_order(
        who, "paid", "confirm", *NOTHING
    ),
    "/api/v1/merchant/orders/{order}/cancel": lambda desk, who: desk.of_order(
        who, "paid", "cancel", *NOTHING
    ),
    "/api/v1/merchant/orders/{order}/shipments": lambda desk, who: desk.of_order(
        who,
        "confirmed",
        "shipments",
        {"courier": "sandbox", "lines": units(1)},
        {"courier": "sandbox", "lines": units(2)},
    ),
    "/api/v1/merchant/orders/{order}/refunds": lambda desk, who: desk.of_order(
        who,
        "paid",
        "refunds",
        {"lines": units(1), "reason": "chipped"},
        {"lines": units(2), "reason": "chipped"},
    ),
    "/api/v1/merchant/imports": lambda desk, who: desk.of_merchant(
        who, "imports", SHEET, SHEET + b"\n", "text/csv"
    ),
    "/api/v1/merchant/offers": lambda desk, who: desk.of_merchant(
        who, "offers", offer_body(), offer_body(title="Autumn sale"), JSON
    ),
    "/api/v1/merchant/campaigns": lambda desk, who: desk.of_merchant(
        who, "campaigns", campaign_body(), campaign_body(quantity=11), JSON
    ),
    "/api/v1/merchant/campaigns/{campaign}/codes": lambda desk, who: desk.codes(who),
    "/api/v1/campaigns/{campaign}/claim": lambda desk, who: desk.claim(who),
    "/api/v1/merchant/products": lambda desk, who: desk.of_merchant(
        who, "products", desk.product(who, 900), desk.product(who, 800), JSON
    ),
}


def routes(*wanted: Keys) -> list[str]:
    """The app's own routes that take a key, as they say themselves."""
    return [
        path
        for path, methods in app.app.routes.items()
        for entry in methods.values()
        if getattr(entry.view_function, "operation", None) is not None
        and entry.view_function.operation.keys in (wanted or (Keys.REQUIRED, Keys.ACCEPTED))
    ]
