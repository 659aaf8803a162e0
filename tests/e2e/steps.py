"""Steps that several journeys begin with."""

from typing import Any

from tests.e2e.client import Shop, fresh_key

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


def a_product(shop: Shop, merchant: int, *, price: int, stock: int) -> str:
    """List a product of the merchant with one variant in stock; returns its full sku."""
    code = f"E2E-{fresh_key()[:8]}"
    currency = shop.call("GET", "/api/v1/products?limit=1")["items"][0]["price"]["currency"]
    made = shop.call(
        "POST",
        "/api/v1/merchant/products",
        {
            "title": f"Teapot {code}",
            "description": "For tests.",
            "category": shop.call("GET", "/api/v1/categories")["items"][0]["id"],
            "state": "listed",
            "variants": [{"sku": code, "price": {"amount": price, "currency": currency}}],
        },
        token=shop.key(merchant),
        expect=201,
    )
    put = shop.call(
        "PUT",
        f"/api/v1/merchant/stock/{code}",
        {"on_hand": stock},
        token=shop.key(merchant),
        expect=200,
    )
    assert put["available"] == stock
    sku: str = made["variants"][0]["sku"]
    return sku


def stock_of(shop: Shop, merchant: int, sku: str) -> tuple[int, int, int]:
    found = shop.call("GET", f"/api/v1/merchant/stock/{sku}", token=shop.key(merchant), expect=200)
    return found["on_hand"], found["held"], found["available"]


def a_purchase(shop: Shop, lines: dict[str, int], **extra: Any) -> dict[str, Any]:
    """Fill a cart and check out."""
    cart = shop.call("POST", "/api/v1/carts", expect=201)
    token = {"X_Cart_Token": cart["token"]}
    for sku, quantity in lines.items():
        path = f"/api/v1/carts/{cart['id']}/lines/{sku}"
        shop.call("PUT", path, {"quantity": quantity}, expect=200, **token)
    quote = shop.call(
        "POST", f"/api/v1/carts/{cart['id']}/quote", {"address": ADDRESS}, expect=200, **token
    )
    assert quote["delivery_methods"][0]["id"] == "standard"
    body = {
        "email": "ada@shopper.example",
        "address": ADDRESS,
        "delivery_method": "standard",
        "payment": {"provider": "sandbox"},
        "quote_id": quote["quote_id"],
        "expected_total": quote["totals"]["payable"],
        **extra,
    }
    purchase: dict[str, Any] = shop.call(
        "POST",
        f"/api/v1/carts/{cart['id']}/checkout",
        body,
        expect=201,
        Idempotency_Key=fresh_key(),
        **token,
    )
    return purchase


def seen(shop: Shop, purchase: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = shop.call(
        "GET", f"/api/v1/purchases/{purchase['id']}", expect=200, X_Purchase_Token=purchase["token"]
    )
    return found
