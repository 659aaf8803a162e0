"""What merchants do with their products: describe, list, change, take away."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from chalicelib.aws import idempotency, queues, reads, retries
from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.model.attributes import check_attributes
from chalicelib.contexts.catalog.model.products import CODE_LENGTH as PRODUCT_CODE_LENGTH
from chalicelib.contexts.catalog.model.products import (
    FIRST_STATES,
    ID_PREFIX,
    Product,
    ProductState,
    SkuCopy,
    check,
    code_from,
    slug_of,
)
from chalicelib.contexts.catalog.model.refusals import (
    ChangedMeanwhile,
    NoProduct,
    StateConflict,
    UnknownCategory,
)
from chalicelib.contexts.catalog.model.wanted import Wanted, content_of
from chalicelib.contexts.catalog.service import write
from chalicelib.contexts.catalog.service.jobs import FetchPictures
from chalicelib.contexts.catalog.service.tree import categories
from chalicelib.contexts.catalog.store import imports as import_rows
from chalicelib.contexts.catalog.store import products as store
from chalicelib.contexts.merchants import Merchant
from chalicelib.contexts.merchants import service as merchants
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.paging import PAGE_SIZE, Page

Seal = Callable[[Product], idempotency.Answer]


def create(
    actor: Actor,
    wanted: Wanted,
    *,
    key: IdempotencyKey | None = None,
    seal: Seal | None = None,
) -> Product:
    """Make a product of the actor's merchant. A merchant in good standing lists at once.

    Another's asks for review instead: `listed` becomes `in_review`. Refuses what `model.check`
    refuses, `catalog.attribute_malformed`, `catalog.unknown_category`, `catalog.sku_taken`,
    `catalog.state_conflict`.
    """
    merchant = merchants.get(actor.for_merchant())
    state = wanted.state or ProductState.DRAFT
    if state not in FIRST_STATES:
        raise StateConflict(f"A product does not begin {state}")
    code = code_from(key.hash) if key else ids.code(PRODUCT_CODE_LENGTH)
    content = content_of(
        wanted,
        None,
        merchant_code=merchant.code,
        category_id=_category(wanted.category or ""),
        own_prefixes=own_prefixes(),
    )
    check(content, merchant.currency)
    check_attributes(content.attributes, categories().schema(content.category_id))
    product = Product(
        id=ID_PREFIX + code,
        slug=slug_of(wanted.slug or content.title, code),
        merchant_id=merchant.id,
        merchant_code=merchant.code,
        state=_granted(state, merchant),
        content=content,
        created_at=clock.iso(clock.now()),
    )
    first = [key.record(product.id, seal(product))] if key and seal else []
    write.commit(product, None, first=first)
    fetch_pictures([product])
    return product


def change(actor: Actor, reference: str, wanted: Wanted) -> Product:
    """Change what is wanted of a product and leave the rest. In force at the next call.

    Refuses what `create` refuses, and `catalog.no_product` for another merchant's.
    """
    merchant = merchants.get(actor.for_merchant())
    for attempt in range(retries.ROUNDS_MAX):
        seen = own(actor, reference)
        product = _changed(seen, wanted, merchant)
        if product == seen:
            return seen
        product = replace(product, version=seen.version + 1)
        try:
            write.commit(product, seen)
        except ChangedMeanwhile:
            retries.pause(attempt)
            continue
        fetch_pictures([product])
        return product
    raise ChangedMeanwhile


def remove(actor: Actor, reference: str) -> None:
    """Take a product out of the shop and out of the merchant's lists.

    Its row stays, for carts and history; its SKUs may be used for another product. Refuses
    `catalog.no_product`.
    """
    for attempt in range(retries.ROUNDS_MAX):
        seen = own(actor, reference)
        state = ProductState.DELISTED if seen.state is ProductState.LISTED else seen.state
        product = replace(seen, is_removed=True, state=state, version=seen.version + 1)
        beside = [import_rows.forget_handle(seen)] if seen.handle else []
        try:
            write.commit(product, seen, beside=beside, pictures_due="")
        except ChangedMeanwhile:
            retries.pause(attempt)
            continue
        return
    raise ChangedMeanwhile


def take_down(actor: Actor, reference: str) -> Product:
    """Take a product out of the shop on the platform's behalf; no merchant can list it again."""
    actor.as_platform()
    for attempt in range(retries.ROUNDS_MAX):
        seen = store.find(reference)
        if seen is None:
            raise NoProduct
        product = seen.moved(ProductState.TAKEN_DOWN)
        if product == seen:
            return seen
        product = replace(product, version=seen.version + 1)
        try:
            write.commit(product, seen)
        except ChangedMeanwhile:
            retries.pause(attempt)
            continue
        return product
    raise ChangedMeanwhile


def own(actor: Actor, reference: str) -> Product:
    """Read a product of the actor's merchant by id or slug. Refuses `catalog.no_product`."""
    merchant_id = actor.for_merchant()
    product = store.find(reference)
    if product is None or product.merchant_id != merchant_id or product.is_removed:
        raise NoProduct
    return product


def own_products(
    actor: Actor, *, state: str = "", limit: int = PAGE_SIZE, cursor: str = ""
) -> Page[Product]:
    """List the merchant's products, newest first, of one state where it is named."""
    return store.of_merchant(actor.for_merchant(), state=state, limit=limit, cursor=cursor)


def own_sku(actor: Actor, candidates: Sequence[str]) -> SkuCopy:
    """Find the first of some full SKUs that is a variant of the actor's merchant.

    Refuses `catalog.no_product` where none is. One round trip.
    """
    merchant_id = actor.for_merchant()
    for row in reads.batch([store.sku_key(sku) for sku in candidates]):
        copy = store.sku_of(row)
        if copy is not None and copy.merchant_id == merchant_id and not row.is_free:
            return copy
    raise NoProduct


def fetch_pictures(products: Sequence[Product]) -> None:
    """Ask the picture worker for what products lack; a timer on each row heals a lost message."""
    wanted = [
        FetchPictures(one.id) for one in products if one.wants_pictures and not one.is_removed
    ]
    if wanted:
        queues.send(settings().catalog_pictures_queue_url, wanted)


def own_prefixes() -> tuple[str, str]:
    """How the addresses of pictures begin that Souk serves itself."""
    return settings().media_url, settings().static_url


def _changed(seen: Product, wanted: Wanted, merchant: Merchant) -> Product:
    category_id = seen.content.category_id
    if wanted.category is not None:
        category_id = _category(wanted.category)
    content = content_of(
        wanted,
        seen,
        merchant_code=merchant.code,
        category_id=category_id,
        own_prefixes=own_prefixes(),
    )
    check(content, merchant.currency)
    if wanted.attributes is not None:
        check_attributes(content.attributes, categories().schema(category_id))
    product = replace(seen, content=content)
    if wanted.slug is not None:
        product = replace(product, slug=slug_of(wanted.slug, seen.code))
    if wanted.state is None or wanted.state is seen.state:
        return product
    return product.moved(_granted(wanted.state, merchant))


def _granted(state: ProductState, merchant: Merchant) -> ProductState:
    """A merchant that may not sell gets a review instead of a place in the shop."""
    if state is ProductState.LISTED and not merchant.can_sell:
        return ProductState.IN_REVIEW
    return state


def _category(reference: str) -> str:
    found = categories().find(reference)
    if found is None:
        raise UnknownCategory(f"There is no category {reference[:80]!r}")
    return found.id
