"""Writing a product: its row, the small copies of its variants and its facts, as one."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.aws import outbox, reads, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.catalog.facts import (
    ChangedPrice,
    PriceChanged,
    ProductChanged,
    ProductDelisted,
    ProductListed,
    ToldAttribute,
    ToldProduct,
    ToldVariant,
)
from chalicelib.contexts.catalog.model.attributes import Value, describe
from chalicelib.contexts.catalog.model.products import (
    PRODUCT_BYTES_MAX,
    Content,
    Product,
    ProductState,
    SkuCopy,
)
from chalicelib.contexts.catalog.model.refusals import ProductTooLarge, TooManyChanges
from chalicelib.contexts.catalog.service.tree import categories
from chalicelib.contexts.catalog.store import products as store
from chalicelib.kernel import clock, ids
from chalicelib.kernel.facts import Fact

CLAIM_TTL_S = 3_600
PICTURES_RETRY_S = 300
TOLD_BYTES_MAX = 200_000
"""EventBridge and SQS take 256 KB with what they put around a fact."""


class _Copies(Struct, frozen=True):
    """What a change means for the small copies."""

    gone: list[SkuCopy]
    added: list[SkuCopy]
    changed: list[SkuCopy]


def commit(
    product: Product,
    seen: Product | None,
    *,
    first: Sequence[Write] = (),
    beside: Sequence[Write] = (),
    also: Sequence[Fact] = (),
    pictures_due: str | None = None,
) -> None:
    """Write a product in place of what was seen, with the facts that follow.

    `first` come before everything else (the caller's idempotency record), `beside` with it, `also`
    are further facts. `pictures_due` overrides when missing pictures are tried again; "" is never.
    Refuses `catalog.sku_taken`, `catalog.product_too_large`, `catalog.changed_meanwhile`.

    A transaction takes 100 writes. A product of nearly 100 variants whose copies all change needs
    more: new variants that do not fit are claimed before, copies that do not fit follow after, and
    the worker that hears the product's facts calls `settle` in case this process dies between.
    """
    _check_size(product)
    if pictures_due is None:
        pictures_due = _due() if product.wants_pictures else ""
    base = [*first, store.save(product, seen, pictures_due=pictures_due), *beside]
    base += [outbox.write(fact) for fact in (*facts_of(product, seen), *also)]
    copies = _copies_of(product, seen)
    space = transact.WRITES_MAX - len(base)
    if len(copies.gone) > space and not product.is_removed:
        raise TooManyChanges(f"At most {space} variants can go at a time")
    writes = [store.free_sku(product, copy) for copy in copies.gone]
    writes += [store.save_sku(product, copy) for copy in (*copies.added, *copies.changed)]
    _claim(product, copies.added[max(space - len(copies.gone), 0) :])
    transact.commit([*base, *writes[:space]])
    _follow(product, writes[space:])


def settle(product: Product) -> None:
    """Bring the copies of a product in step with it where a write was cut short."""
    copies = store.copies(product)
    rows = reads.batch([store.sku_key(sku) for sku in copies])
    writes = [
        store.free_sku(product, copy) if product.is_removed else store.save_sku(product, copy)
        for copy, row in zip(copies.values(), rows, strict=True)
        if (row is None and not product.is_removed)
        or (row is not None and row.product_id == product.id and row.document != copy)
    ]
    _follow(product, writes)


def facts_of(product: Product, seen: Product | None) -> list[Fact]:
    """Tell what a change means to the shop: nothing while the product is out of it."""
    was_listed = seen is not None and seen.is_listed
    if product.is_listed and not was_listed:
        return [ProductListed(**_head(product), product=told(product))]
    if was_listed and not product.is_listed:
        return [ProductDelisted(**_head(product), reason=_reason(product))]
    if seen is None or not product.is_listed:
        return []
    facts: list[Fact] = []
    before = {variant.sku: variant.price for variant in seen.content.variants}
    prices = tuple(
        ChangedPrice(variant.sku, before[variant.sku], variant.price)
        for variant in product.content.variants
        if before.get(variant.sku, variant.price) != variant.price
    )
    if prices:
        facts.append(PriceChanged(**_head(product), prices=prices, product=told(product)))
    if _otherwise(product) != _otherwise(seen):
        facts.append(ProductChanged(**_head(product), product=told(product)))
    return facts


def told(product: Product) -> ToldProduct:
    """Describe a product as facts do, its attributes read with the schema of today."""
    content = product.content
    described = describe(content.attributes, categories().schema(content.category_id))
    return ToldProduct(
        id=product.id,
        slug=product.slug,
        title=content.title,
        merchant_id=product.merchant_id,
        merchant_code=product.merchant_code,
        category_id=content.category_id,
        type=content.type,
        tags=content.tags,
        attributes=content.attributes,
        options=content.options,
        variants=tuple(
            ToldVariant(one.sku, one.price, one.compare_at, one.options) for one in content.variants
        ),
        price=product.price,
        compare_at=product.compare_at,
        image=product.image,
        created_at=product.created_at,
        typed=tuple(map(_told_value, described.values)),
        free=tuple(name for name, _ in described.free),
    )


def _told_value(value: Value) -> ToldAttribute:
    attribute = value.attribute
    return ToldAttribute(
        name=attribute.name,
        kind=attribute.kind.value,
        text=value.text,
        label=attribute.label,
        number=None if value.number is None else float(value.number),
        unit=attribute.unit,
        size=None if value.size is None else float(value.size),
        labels=value.labels,
        is_filterable=attribute.is_filterable,
    )


def _check_size(product: Product) -> None:
    """A product lives in one item, and what its facts tell must fit into one entry of the bus."""
    if len(msgspec.json.encode(product)) > PRODUCT_BYTES_MAX:
        raise ProductTooLarge(f"A product has at most {PRODUCT_BYTES_MAX // 1000} KB")
    if len(msgspec.json.encode(told(product))) > TOLD_BYTES_MAX:
        limit = TOLD_BYTES_MAX // 1000
        raise ProductTooLarge(f"Without its description a product has at most {limit} KB")


def _copies_of(product: Product, seen: Product | None) -> _Copies:
    fresh = store.copies(product)
    former = store.copies(seen) if seen and not seen.is_removed else {}
    if product.is_removed:
        return _Copies(gone=list(fresh.values()), added=[], changed=[])
    return _Copies(
        gone=[replace(copy, is_listed=False) for sku, copy in former.items() if sku not in fresh],
        added=[copy for sku, copy in fresh.items() if sku not in former],
        changed=[copy for sku, copy in fresh.items() if former.get(sku, copy) != copy],
    )


def _claim(product: Product, copies: Sequence[SkuCopy]) -> None:
    """Take SKUs for a product that is about to be written; unlisted, and free again in an hour."""
    if copies:
        expires_at = clock.epoch(clock.now()) + CLAIM_TTL_S
        claims = [replace(copy, is_listed=False) for copy in copies]
        transact.commit([store.save_sku(product, one, expires_at=expires_at) for one in claims])


def _follow(product: Product, writes: Sequence[Write]) -> None:
    size = transact.WRITES_MAX - 1
    for start in range(0, len(writes), size):
        transact.commit([store.unchanged(product), *writes[start : start + size]])


def _otherwise(product: Product) -> Content:
    """What there is to see of a product besides its prices: to tell whether that changed."""
    free = replace(product.price, amount=0)
    content = product.content
    return replace(
        content,
        variants=tuple(replace(one, price=free) for one in content.variants),
        media=tuple(replace(one, tries=0, row=0) for one in content.media),
    )


def _reason(product: Product) -> str:
    if product.is_removed:
        return "removed"
    return "taken_down" if product.state is ProductState.TAKEN_DOWN else "delisted"


def _due() -> str:
    return clock.iso(clock.later(clock.now(), PICTURES_RETRY_S))


def _head(product: Product) -> dict[str, Any]:
    return {
        "id": ids.ulid(),
        "occurred_at": clock.iso(clock.now()),
        "product_id": product.id,
        "merchant_id": product.merchant_id,
        "product_version": product.version,
    }
