"""Rows of products and of the small copies of their variants.

`PRODUCT#code` / `PRODUCT` is the whole product; `SKU#sku` / `SKU` its copy per variant. A merchant's
products are found by owner, and by state, newest last; products whose pictures have to be fetched
again are found by due.
"""

from collections.abc import Sequence
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import reads, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.tables import DocumentAttribute
from chalicelib.aws.transact import Write
from chalicelib.contexts.catalog.model.products import (
    ID_PREFIX,
    Product,
    SkuCopy,
    code_of,
    sku_copy,
)
from chalicelib.contexts.catalog.model.refusals import ChangedMeanwhile, SkuTaken
from chalicelib.contexts.catalog.store.base import CatalogItem
from chalicelib.kernel import clock
from chalicelib.kernel.paging import Page

PICTURE_SHARDS = 4


class ProductItem(CatalogItem, discriminator="PRODUCT"):
    """A product with its variants and pictures in one document."""

    merchant_id = UnicodeAttribute()
    version = NumberAttribute()
    document: DocumentAttribute[Product] = DocumentAttribute(Product)


class SkuItem(CatalogItem, discriminator="SKU"):
    """A variant's small copy.

    A free row may be taken by another product of the merchant: its variant is gone. A row that
    expires was claimed for a product that is being written and is free once it has expired.
    `has_stock` is the last that inventory told, `stock_turn` the number of that telling.
    """

    product_id = UnicodeAttribute()
    document: DocumentAttribute[SkuCopy] = DocumentAttribute(SkuCopy)
    is_free = BooleanAttribute(null=True)
    has_stock = BooleanAttribute(null=True)
    stock_turn = NumberAttribute(null=True)


def product_key(product_id: str) -> Key:
    """Where a product lies."""
    return Key(ProductItem, f"PRODUCT#{product_id.removeprefix(ID_PREFIX)}", "PRODUCT")


def product_of(row: ProductItem | None) -> Product | None:
    """Read a product's row; None where there is none."""
    return None if row is None else row.document


def sku_key(sku: str) -> Key:
    """Where the small copy of a variant lies."""
    return Key(SkuItem, f"SKU#{sku}", "SKU")


def sku_of(row: SkuItem | None) -> SkuCopy | None:
    """Read a variant's row; None where there is none."""
    return None if row is None else row.document


def find(reference: str) -> Product | None:
    """Read a product by id or slug. One round trip, none for what can be neither."""
    code = code_of(reference)
    if code is None:
        return None
    key = product_key(code)
    return product_of(reads.get(ProductItem, key.pk, key.sk))


def many(product_ids: Sequence[str]) -> list[Product | None]:
    """Read products by id, 100 a round trip, in the order asked for."""
    return [product_of(row) for row in reads.batch([product_key(one) for one in product_ids])]


def of_merchant(merchant_id: str, *, state: str, limit: int, cursor: str) -> Page[Product]:
    """Read a page of a merchant's products, newest first; of one state where it is named."""
    owner = _owner(merchant_id)
    rows = reads.page(
        ProductItem,
        f"{owner}#{state}" if state else owner,
        scope=f"products {merchant_id} {state}",
        limit=limit,
        cursor=cursor,
        index="by_state" if state else "by_owner",
        forward=False,
    )
    return Page([row.document for row in rows.items], rows.next_cursor)


def save(product: Product, seen: Product | None, *, pictures_due: str = "") -> Write:
    """Contribute the product's row: absent before, or still as it was seen.

    `pictures_due` is when its missing pictures are to be fetched again, RFC 3339.
    """
    key = product_key(product.id)
    owner = _owner(product.merchant_id)
    row = ProductItem(
        pk=key.pk,
        sk=key.sk,
        merchant_id=product.merchant_id,
        version=product.version,
        document=product,
        owner=None if product.is_removed else owner,
        owner_at=None if product.is_removed else f"{product.created_at}#{product.code}",
        state_owner=None if product.is_removed else f"{owner}#{product.state}",
        due_shard=pictures_shard(product.id) if pictures_due else None,
        due_at=pictures_due or None,
    )
    if seen is None:
        return transact.create(row, refuse=lambda _old: ChangedMeanwhile())
    same = (ProductItem.version == seen.version) & (ProductItem.merchant_id == seen.merchant_id)
    return transact.put(row, same, refuse=lambda _old: ChangedMeanwhile())


def unchanged(product: Product) -> Write:
    """Require that a product still stands as it was seen."""
    key = product_key(product.id)
    row = ProductItem(pk=key.pk, sk=key.sk)
    same = ProductItem.version == product.version
    return transact.check(row, same, refuse=lambda _old: ChangedMeanwhile())


def save_sku(product: Product, copy: SkuCopy, *, expires_at: int | None = None) -> Write:
    """Contribute a variant's copy. Refuses `catalog.sku_taken` where another product has the SKU.

    What inventory told about it stays. With `expires_at` it is only a claim.
    """
    expiry = SkuItem.expires_at.set(expires_at) if expires_at else SkuItem.expires_at.remove()
    actions = [
        SkuItem.kind.set(SkuItem),
        SkuItem.product_id.set(product.id),
        SkuItem.document.set(copy),
        SkuItem.is_free.remove(),
        expiry,
    ]
    taken = SkuTaken(f"Another product has the SKU {copy.sku}", extra={"sku": copy.sku})
    return transact.update(
        _sku_row(copy.sku), actions, _may_take(product.id), refuse=lambda _old: taken
    )


def free_sku(product: Product, copy: SkuCopy) -> Write:
    """Contribute that a variant is gone: carts still find its name, other products may take it."""
    actions = [SkuItem.document.set(copy), SkuItem.is_free.set(True)]
    return transact.update(_sku_row(copy.sku), actions, SkuItem.product_id == product.id)


def note_stock(sku: str, turn: int, *, has_stock: bool) -> str | None:
    """Keep what inventory told last about a variant; returns its product's id, None for no variant.

    Two round trips. What was told before the last that is kept changes nothing.
    """
    row = reads.get(SkuItem, sku_key(sku).pk, "SKU")
    if row is None:
        return None
    if int(row.stock_turn or 0) < turn:
        later = SkuItem.stock_turn.does_not_exist() | (SkuItem.stock_turn < turn)
        actions = [SkuItem.has_stock.set(has_stock), SkuItem.stock_turn.set(turn)]
        try:
            transact.commit([transact.update(_sku_row(sku), actions, SkuItem.pk.exists() & later)])
        except transact.ConditionFailed:
            return str(row.product_id)
    return str(row.product_id)


def copies(product: Product) -> dict[str, SkuCopy]:
    """Make the copies of all variants, by SKU."""
    return {variant.sku: sku_copy(product, variant) for variant in product.content.variants}


def pictures_shard(product_id: str) -> str:
    """Name the shard of the timers of missing pictures that a product falls into."""
    return f"PICTURES#{sum(product_id.encode()) % PICTURE_SHARDS}"


def pictures_due(shard: int, before: str, *, limit: int) -> list[Product]:
    """Read products of one shard whose missing pictures are due, longest waiting first."""
    rows = reads.query(
        ProductItem, f"PICTURES#{shard}", index="by_due", between=("0", before), limit=limit
    )
    return [row.document for row in rows.items]


def _may_take(product_id: str) -> Any:
    now = clock.epoch(clock.now())
    return (
        SkuItem.pk.does_not_exist()
        | (SkuItem.product_id == product_id)
        | (SkuItem.is_free == True)  # noqa: E712 - builds a condition
        | (SkuItem.expires_at <= now)
    )


def _sku_row(sku: str) -> SkuItem:
    key = sku_key(sku)
    return SkuItem(pk=key.pk, sk=key.sk)


def _owner(merchant_id: str) -> str:
    return f"MERCHANT#{merchant_id}"
