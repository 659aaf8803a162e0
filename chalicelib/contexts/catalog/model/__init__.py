"""What a product, a variant, a category and an index row are; pure functions over them."""

from chalicelib.contexts.catalog.model.categories import Category, CategoryTree
from chalicelib.contexts.catalog.model.products import (
    Content,
    Media,
    Product,
    ProductState,
    SkuCopy,
    Variant,
)

__all__ = [
    "Category",
    "CategoryTree",
    "Content",
    "Media",
    "Product",
    "ProductState",
    "SkuCopy",
    "Variant",
]
