"""What people do with the catalogue: merchants describe and import, shoppers look and search."""

from chalicelib.contexts.catalog.service.categories import categories, load_categories
from chalicelib.contexts.catalog.service.products import (
    change,
    create,
    own,
    own_products,
    own_sku,
    remove,
    take_down,
)

__all__ = [
    "categories",
    "change",
    "create",
    "load_categories",
    "own",
    "own_products",
    "own_sku",
    "remove",
    "take_down",
]
