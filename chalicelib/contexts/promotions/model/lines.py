"""What lies in a basket."""

from msgspec import Struct

from chalicelib.kernel.money import Money


class Line(Struct, frozen=True):
    """One variant in a basket. `categories` are its own and those above it; all prices of a basket
    are of one currency.
    """

    sku: str
    product_id: str
    merchant_id: str
    categories: tuple[str, ...]
    quantity: int
    unit_price: Money
