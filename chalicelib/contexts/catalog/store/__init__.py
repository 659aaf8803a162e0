"""The catalog's rows: what other rooms read of them by the batch."""

from chalicelib.contexts.catalog.store.products import (
    SkuItem,
    product_key,
    product_of,
    sku_key,
    sku_of,
)

__all__ = ["SkuItem", "product_key", "product_of", "sku_key", "sku_of"]
