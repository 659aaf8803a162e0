"""Cards of products that somebody names: favourites, what was looked at, what a page shows by hand."""

from collections.abc import Sequence

from chalicelib.aws import reads
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.model.listing import PLACEHOLDER, Card, card_of
from chalicelib.contexts.catalog.store import products as product_rows
from chalicelib.contexts.merchants import store as merchant_rows

VARIANTS_LOOKED_AT = 10
"""Whether a product is in stock is told by its first variants."""


def cards_of(product_ids: Sequence[str]) -> list[Card]:
    """Make the cards of products that are in the shop, in the order asked for; others are left out.

    Two round trips for up to some ten products, one more for every hundred rows.
    """
    found = [one for one in product_rows.many(product_ids) if one is not None and one.is_listed]
    keys = [merchant_rows.merchant_key(one.merchant_id) for one in found]
    for one in found:
        variants = one.content.variants[:VARIANTS_LOOKED_AT]
        keys += [product_rows.sku_key(variant.sku) for variant in variants]
    rows = dict(zip(keys, reads.batch(keys), strict=True)) if keys else {}
    cards = []
    for one in found:
        row = rows[merchant_rows.merchant_key(one.merchant_id)]
        merchant = merchant_rows.merchant_of(row) if row is not None else None
        if merchant is None or not merchant.can_sell:
            continue
        variants = one.content.variants[:VARIANTS_LOOKED_AT]
        skus = [rows[product_rows.sku_key(variant.sku)] for variant in variants]
        cards.append(
            card_of(
                one,
                merchant_name=merchant.name_in("en"),
                in_stock=any(sku is not None and bool(sku.has_stock) for sku in skus),
                placeholder=settings().static_url + PLACEHOLDER,
            )
        )
    return cards
