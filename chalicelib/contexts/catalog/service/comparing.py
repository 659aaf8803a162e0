"""Laying products side by side."""

from collections.abc import Sequence

from msgspec import Struct

from chalicelib.aws import reads
from chalicelib.contexts.catalog.model.comparing import COMPARED_MAX
from chalicelib.contexts.catalog.model.products import ID_PREFIX, Product, code_of
from chalicelib.contexts.catalog.store import products as product_rows
from chalicelib.contexts.merchants import Merchant
from chalicelib.contexts.merchants import store as merchant_rows


class SideBySide(Struct, frozen=True):
    """A product of a comparison with its merchant, and whether any of its variants can be had."""

    product: Product
    merchant: Merchant
    in_stock: bool


def side_by_side(references: Sequence[str]) -> list[SideBySide]:
    """Read products by id or slug, at most four, in the order asked for: two round trips.

    What is not in the shop is left out.
    """
    codes = [code for reference in references if (code := code_of(reference))]
    wanted = [ID_PREFIX + code for code in dict.fromkeys(codes)][:COMPARED_MAX]
    found = [one for one in product_rows.many(wanted) if one is not None and one.is_listed]
    keys = [merchant_rows.merchant_key(one.merchant_id) for one in found]
    keys += [product_rows.sku_key(v.sku) for one in found for v in one.content.variants]
    rows = dict(zip(keys, reads.batch(keys), strict=True)) if keys else {}
    shown = []
    for one in found:
        row = rows[merchant_rows.merchant_key(one.merchant_id)]
        skus = [rows[product_rows.sku_key(variant.sku)] for variant in one.content.variants]
        if row is None or not merchant_rows.merchant_of(row).can_sell:
            continue
        in_stock = any(sku is not None and bool(sku.has_stock) for sku in skus)
        shown.append(SideBySide(one, merchant_rows.merchant_of(row), in_stock))
    return shown
