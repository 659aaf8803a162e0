"""What people do with the catalogue: merchants describe and import, shoppers look and search."""

from chalicelib.contexts.catalog.service.index import reindex
from chalicelib.contexts.catalog.service.merchant import (
    change,
    create,
    own,
    own_products,
    own_sku,
    remove,
    take_down,
)
from chalicelib.contexts.catalog.service.shop import (
    CountedCategory,
    Found,
    Shown,
    Wish,
    counted_categories,
    product,
    products,
)
from chalicelib.contexts.catalog.service.shop import beside_merchant as beside
from chalicelib.contexts.catalog.service.tree import (
    categories,
    drop_attribute,
    load_categories,
    save_attribute,
)

__all__ = [
    "CountedCategory",
    "Found",
    "Shown",
    "Wish",
    "beside",
    "categories",
    "change",
    "counted_categories",
    "create",
    "drop_attribute",
    "load_categories",
    "own",
    "own_products",
    "own_sku",
    "product",
    "products",
    "reindex",
    "remove",
    "save_attribute",
    "take_down",
]
