"""Products to test with."""

from typing import Any

from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.catalog.model.products import Product, ProductState
from chalicelib.contexts.catalog.model.wanted import Wanted, WantedVariant
from chalicelib.kernel.actors import SYSTEM
from chalicelib.kernel.money import Money
from tests.makers.people import Seller

CATEGORIES = {"categories": [{"slug": "tops", "name": {"en": "Tops", "zh-CN": "上衣"}}]}


def a_product(seller: Seller, *codes: str, price: int = 1_299, **changes: Any) -> Product:
    """A listed product with a variant for each of the merchant's own codes."""
    if catalog.categories().find("tops") is None:
        catalog.load_categories(SYSTEM, CATEGORIES)
    own = codes or ("TEE-M",)
    fields: dict[str, Any] = {
        "title": f"Tee {own[0]}",
        "description": "A tee.",
        "category": "tops",
        "state": ProductState.LISTED,
        "variants": tuple(
            WantedVariant(code, Money(price, "GBP"), {"Size": code} if len(own) > 1 else {})
            for code in own
        ),
    }
    if len(own) > 1:
        fields["options"] = ("Size",)
    return catalog.create(seller.actor, Wanted(**{**fields, **changes}))
