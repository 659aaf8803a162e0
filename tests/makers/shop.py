"""A small marketplace to test with: goods on shelves, carts, purchases, companies that speak."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.catalog.model.products import ProductState
from chalicelib.contexts.catalog.model.wanted import Wanted, WantedVariant
from chalicelib.contexts.inventory import service as inventory
from chalicelib.contexts.merchants.model import DeliveryMethod, MethodKind
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import SYSTEM
from chalicelib.kernel.money import Money
from tests.makers.http import Http, Reply
from tests.makers.people import Seller, a_merchant

ADDRESS = {
    "name": "Ada Example",
    "phone": "+44 20 7946 0000",
    "line1": "1 Example Street",
    "line2": "",
    "city": "London",
    "region": "",
    "postal_code": "N1 1AA",
    "country": "GB",
}
CATEGORIES = {"categories": [{"slug": "other", "name": {"en": "Other", "zh-CN": "其他"}}]}


def gbp(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "GBP"}


@dataclass
class Shop:
    """Drives the shop as programs do, through the Lambda handler."""

    http: Http = field(default_factory=Http)
    sellers: dict[str, Seller] = field(default_factory=dict)

    def merchant(self, code: str = "acme", *, shipping: int = 400, **changes: Any) -> Seller:
        """An approved merchant that delivers at home worldwide for a price."""
        if code not in self.sellers:
            fields = {"delivery_methods": (delivers(shipping),), **changes}
            self.sellers[code] = a_merchant(code, **fields)
        return self.sellers[code]

    def goods(
        self, merchant: str = "acme", own_code: str = "TEA", *, price: int = 1_000, stock: int = 10
    ) -> str:
        """A listed product with one variant in stock; returns its full sku."""
        seller = self.merchant(merchant)
        catalog.load_categories(SYSTEM, CATEGORIES)
        catalog.create(seller.actor, a_product(own_code, price))
        sku = f"{merchant}.{own_code}"
        inventory.put_stock(seller.actor, sku, stock)
        return sku

    def cart(self, lines: dict[str, int] | None = None) -> dict[str, str]:
        """An open cart with these lines."""
        cart: dict[str, str] = self.http.post("/api/v1/carts").json()
        for sku, quantity in (lines or {}).items():
            reply = self.put(cart, sku, quantity)
            assert reply.status == 200, reply.text
        return cart

    def put(self, cart: dict[str, str], sku: str, quantity: Any) -> Reply:
        path = f"/api/v1/carts/{cart['id']}/lines/{sku}"
        return self.http.put(path, {"quantity": quantity}, x_cart_token=cart["token"])

    def look(self, cart: dict[str, str]) -> Any:
        reply = self.http.get(f"/api/v1/carts/{cart['id']}", x_cart_token=cart["token"])
        assert reply.status == 200, reply.text
        return reply.json()

    def quote(self, cart: dict[str, str], **body: Any) -> Reply:
        path = f"/api/v1/carts/{cart['id']}/quote"
        return self.http.post(path, {"address": ADDRESS, **body}, x_cart_token=cart["token"])

    def checkout(
        self, cart: dict[str, str], *, key: str = "", headers: Any = None, **changes: Any
    ) -> Reply:
        """Check out; `changes` replace or (as None) remove fields of the body."""
        sent = {
            "x_cart_token": cart["token"],
            "idempotency_key": key or ids.ulid(),
            **(headers or {}),
        }
        path = f"/api/v1/carts/{cart['id']}/checkout"
        return self.http.post(path, checkout_body(**changes), **sent)

    def bought(self, lines: dict[str, int], **changes: Any) -> Any:
        """A purchase that waits for payment."""
        reply = self.checkout(self.cart(lines), **changes)
        assert reply.status == 201, reply.text
        return reply.json()

    def paid(self, lines: dict[str, int], **changes: Any) -> Any:
        """A purchase whose money has come."""
        purchase = self.bought(lines, **changes)
        assert self.capture(purchase).status == 200
        return self.seen(purchase)

    def seen(self, purchase: Any) -> Any:
        path = f"/api/v1/purchases/{purchase['id']}"
        reply = self.http.get(path, x_purchase_token=purchase["token"])
        assert reply.status == 200, reply.text
        return reply.json()

    def shopper(self, purchase: Any, path: str, body: Any = None, **headers: str) -> Reply:
        """A POST with the purchase's token."""
        return self.http.post(path, body, x_purchase_token=purchase["token"], **headers)

    def capture(self, purchase: Any, **changes: Any) -> Reply:
        """The company says that the payment was captured."""
        return self.company("payment.captured", captured_data(purchase, **changes))

    def company(self, kind: str, data: dict[str, Any], **stamp: Any) -> Reply:
        """The sandbox payment company speaks."""
        secret = settings().sandbox_payment_secret
        return self._call("/webhooks/payments/sandbox", secret, kind, data, **stamp)

    def courier(
        self, kind: str, number: str, *, at: str = "", event_id: str = "", **data: str
    ) -> Reply:
        """The sandbox courier speaks."""
        secret = settings().sandbox_courier_secret
        told = {"tracking_number": number, "occurred_at": at or clock.iso(clock.now()), **data}
        return self._call("/webhooks/couriers/sandbox", secret, kind, told, event_id=event_id)

    def merchant_post(self, order: Any, verb: str, body: Any = None, **headers: str) -> Reply:
        """A POST of the merchant whose order it is."""
        path = f"/api/v1/merchant/orders/{order['id']}/{verb}"
        sent = {**self.seller_of(order).authorization, **headers}
        return self.http.post(path, body, **sent)

    def merchant_order(self, order: Any) -> Any:
        path = f"/api/v1/merchant/orders/{order['id']}"
        reply = self.http.get(path, **self.seller_of(order).authorization)
        assert reply.status == 200, reply.text
        return reply.json()

    def confirmed(self, lines: dict[str, int]) -> Any:
        """A paid purchase whose orders are all confirmed."""
        purchase = self.paid(lines)
        for order in purchase["orders"]:
            assert self.merchant_post(order, "confirm").status == 200
        return self.seen(purchase)

    def ship(self, order: Any, wanted: dict[str, int], **changes: Any) -> Reply:
        key = changes.pop("key", "") or ids.ulid()
        units = [{"sku": sku, "quantity": quantity} for sku, quantity in wanted.items()]
        body = {"courier": "sandbox", "lines": units, **changes}
        return self.merchant_post(order, "shipments", body, idempotency_key=key)

    def refund(self, order: Any, wanted: dict[str, int], **changes: Any) -> Reply:
        key = changes.pop("key", "") or ids.ulid()
        units = [{"sku": sku, "quantity": quantity} for sku, quantity in wanted.items()]
        body = {"lines": units, "reason": "chipped", **changes}
        return self.merchant_post(order, "refunds", body, idempotency_key=key)

    def seller_of(self, order: Any) -> Seller:
        merchant_id = order["merchant"]["id"]
        return next(one for one in self.sellers.values() if one.id == merchant_id)

    def stock(self, sku: str) -> tuple[int, int]:
        """What is available and what is held."""
        seller = self.sellers[sku.partition(".")[0]]
        found = inventory.get_stock(seller.actor, sku)
        return found.available, found.held

    def _call(
        self,
        path: str,
        secret: str,
        kind: str,
        data: dict[str, Any],
        *,
        event_id: str = "",
        at: int | None = None,
        forge: bool = False,
    ) -> Reply:
        now = clock.now()
        number = event_id or ids.new("msg")
        stamp = str(clock.epoch(now) if at is None else at)
        body = json.dumps({"type": kind, "timestamp": clock.iso(now), "data": data}).encode()
        key = base64.b64decode(secret.removeprefix("whsec_"))
        digest = hmac.new(key, f"{number}.{stamp}.".encode() + body, hashlib.sha256).digest()
        signature = base64.b64encode(digest[::-1] if forge else digest).decode()
        return self.http.post(
            path,
            body,
            webhook_id=number,
            webhook_timestamp=stamp,
            webhook_signature=f"v1,{signature}",
        )


def a_product(own_code: str = "TEA", price: int = 1_000) -> Wanted:
    return Wanted(
        title=f"Product {own_code}",
        description="For tests.",
        category="other",
        state=ProductState.LISTED,
        variants=(WantedVariant(own_code, Money(price, "GBP")),),
    )


def delivers(price: int, **changes: Any) -> DeliveryMethod:
    fields: dict[str, Any] = {
        "id": "standard",
        "kind": MethodKind.HOME,
        "name": {"en": "Standard delivery", "zh-CN": "标准配送"},
        "price": Money(price, "GBP"),
        "days_min": 2,
        "days_max": 5,
    }
    return DeliveryMethod(**fields | changes)


def checkout_body(**changes: Any) -> dict[str, Any]:
    body = {
        "email": "ada@shopper.example",
        "address": ADDRESS,
        "delivery_method": "standard",
        "payment": {"provider": "sandbox"},
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def captured_data(purchase: Any, **changes: Any) -> dict[str, Any]:
    payment = purchase["payment"]
    return {
        "payment_id": payment["id"],
        "provider_reference": f"ch_{payment['id']}",
        "amount": payment["amount"]["amount"],
        "currency": payment["amount"]["currency"],
        **changes,
    }


def order_of(purchase: Any, sku: str) -> Any:
    """The order of a purchase that holds this sku."""
    return next(
        order for order in purchase["orders"] if any(line["sku"] == sku for line in order["lines"])
    )
