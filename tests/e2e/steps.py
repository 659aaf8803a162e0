"""Steps that several journeys begin with."""

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
