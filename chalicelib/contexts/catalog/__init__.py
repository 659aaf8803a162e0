"""Catalog: what merchants describe and shoppers find.

Owns products with their variants, options and pictures, the category tree, imports of Shopify's
product CSV, and the built-in listing and search index. Table `catalog`.

Emits `catalog.ProductListed`, `ProductDelisted`, `ProductChanged`, `PriceChanged` and
`StockCounted`. Reacts to its own product facts, `inventory.StockRanOut`, `inventory.StockCameBack`,
`merchants.MerchantApproved`, `merchants.MerchantSuspended` and `orders.PurchasePaid` by bringing the
index in step with what is true now.

Other rooms may import the names below, and `store.sku_key`, `store.sku_of` for reading the small
copies of variants by the batch.
"""

from chalicelib.contexts.catalog.model import Product, ProductState, SkuCopy, Variant

__all__ = ["Product", "ProductState", "SkuCopy", "Variant"]
