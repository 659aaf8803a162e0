"""Keeping the built-in index in step with what is true.

The facts say that something about a product changed; what is true is read afresh. The marker of
what is in the index is read first and restated by the write, so that of two workers the one that
read older truth fails and reads again. So duplicates, reorderings and crashes end in the same rows
and counts. Counts are not written with the rows, for everybody would touch the same few: a delta is,
and deltas are added up in batches.
"""

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct

from chalicelib.aws import queues, reads, retries, transact
from chalicelib.aws.observe import logger
from chalicelib.aws.settings import settings
from chalicelib.aws.worker import done
from chalicelib.contexts.catalog.model.categories import CategoryTree
from chalicelib.contexts.catalog.model.listing import (
    PLACEHOLDER,
    Entry,
    Marker,
    Tally,
    difference,
    entry_of,
    tallied,
)
from chalicelib.contexts.catalog.model.products import ID_PREFIX, Product
from chalicelib.contexts.catalog.model.searchable import Searchable
from chalicelib.contexts.catalog.service import write
from chalicelib.contexts.catalog.service.jobs import Relist
from chalicelib.contexts.catalog.store import categories as category_rows
from chalicelib.contexts.catalog.store import listing as store
from chalicelib.contexts.catalog.store import products as product_rows
from chalicelib.contexts.catalog.store.base import CatalogDoneItem
from chalicelib.contexts.merchants import Merchant
from chalicelib.contexts.merchants import store as merchant_rows
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Busy
from chalicelib.kernel.facts import Fact

DELTAS_READ = 80
WRITES_SPARE = 2
SINGLE_WRITE_VARIANTS = 90


class _Truth(Struct, frozen=True):
    """Everything that one product's place in the index follows from."""

    product: Product | None
    merchant: Merchant | None
    tree: CategoryTree
    has_stock: bool
    sold: int
    as_of: str


def bring_in_step(product_ids: Collection[str], *, is_afresh: bool = False) -> set[str]:
    """Make the index say of these products what is true now. Returns the ids that failed.

    Three reads for all of them together, a write for each that changed.
    """
    failed: set[str] = set()
    left = list(dict.fromkeys(product_ids))
    for attempt in range(retries.ROUNDS_MAX):
        again = []
        for product_id, marker, truth in _read(left):
            try:
                _write(product_id, marker, truth, is_afresh=is_afresh)
            except transact.ConditionFailed:
                again.append(product_id)
            except Busy:
                failed.add(product_id)
                logger().exception("index", extra={"product_id": product_id})
        if not again:
            return failed
        left = again
        retries.pause(attempt)
    return failed | set(left)


def told(product_ids: Sequence[str]) -> list[Searchable]:
    """Say what search must know of those of these products that are in the shop, as it is now.

    Three round trips for about 30 products.
    """
    entries = [_entry(truth) for _, _, truth in _read(product_ids)]
    return [entry.told for entry in entries if entry.told is not None]


def add_up() -> None:
    """Add the waiting deltas to the counts, each once. Refuses `Busy` when others keep winning.

    Whoever commits last looks again, so nothing is left waiting when all workers are done.
    """
    failures = 0
    while failures < retries.ROUNDS_MAX:
        deltas = store.waiting(DELTAS_READ)
        if not deltas:
            return
        taken = _fitting(deltas)
        try:
            transact.commit(store.add_up(taken, _tallies(taken)))
        except transact.ConditionFailed:
            retries.pause(failures)
            failures += 1
    raise Busy


def note_stock(sku: str, turn: int, *, has_stock: bool) -> str | None:
    """Remember what inventory told about a variant; returns its product's id.

    An older telling than the one remembered changes nothing. None for a SKU that nobody sells.
    """
    return product_rows.note_stock(sku, turn, has_stock=has_stock)


def count_sales(fact: Fact, units: dict[str, int]) -> list[str]:
    """Count what was paid for (sku -> units), once a fact; returns the products concerned."""
    rows = reads.batch([product_rows.sku_key(sku) for sku in units])
    sold: dict[str, int] = {}
    for row, quantity in zip(rows, units.values(), strict=True):
        if row is not None:
            sold[row.product_id] = sold.get(row.product_id, 0) + quantity
    writes = [store.sell(one.removeprefix(ID_PREFIX), number) for one, number in sold.items()]
    if writes:
        try:
            transact.commit([done(CatalogDoneItem, "catalog_sales", fact), *writes])
        except transact.ConditionFailed:
            logger().info("fact repeated", extra={"fact_id": fact.id, "fact": fact.name})
    return list(sold)


def reindex(actor: Actor, merchant_id: str = "") -> None:
    """Write the index anew for all products of a merchant, or of every merchant.

    For the operator, where rows were lost or damaged; the job queue does the work.
    """
    actor.as_platform()
    _ask(Relist(merchant_id, is_afresh=True))


def relist(merchant_id: str) -> None:
    """Have the index brought in step with all products of a merchant, or of every merchant."""
    _ask(Relist(merchant_id))


def _ask(job: Relist) -> None:
    queues.send(settings().catalog_imports_queue_url, [job])


def _read(product_ids: Sequence[str]) -> list[tuple[str, store.ListedItem | None, _Truth]]:
    """Read markers first and the truth after them: three round trips for up to about 30 products."""
    codes = [one.removeprefix(ID_PREFIX) for one in product_ids]
    markers = reads.batch([store.listed_key(code) for code in codes])
    products = product_rows.many(product_ids)
    keys = [category_rows.tree_key()]
    for code, product in zip(codes, products, strict=True):
        if product is not None and product.is_listed:
            keys += [merchant_rows.merchant_key(product.merchant_id), store.sold_key(code)]
            keys += [product_rows.sku_key(one.sku) for one in product.content.variants]
    rows = dict(zip(keys, reads.batch(keys), strict=True))
    tree = category_rows.tree_of(rows[keys[0]])
    return [
        (product_id, marker, _truth(code, product, tree, rows))
        for product_id, code, marker, product in zip(
            product_ids, codes, markers, products, strict=True
        )
    ]


def _truth(
    code: str, product: Product | None, tree: CategoryTree, rows: dict[reads.Key, Any]
) -> _Truth:
    if product is None:
        return _Truth(None, None, tree, has_stock=False, sold=0, as_of="")
    if not product.is_listed:
        as_of = f"{product.version}"
        return _Truth(product, None, tree, has_stock=False, sold=0, as_of=as_of)
    merchant = rows[merchant_rows.merchant_key(product.merchant_id)]
    skus = [rows[product_rows.sku_key(one.sku)] for one in product.content.variants]
    sold = int(rows[store.sold_key(code)].units) if rows[store.sold_key(code)] is not None else 0
    ancestors = tree.ancestors(product.content.category_id)
    turns = sum(int(row.stock_turn or 0) for row in skus if row is not None)
    standing = int(merchant.version) if merchant is not None else 0
    return _Truth(
        product,
        merchant_rows.merchant_of(merchant) if merchant is not None else None,
        tree,
        has_stock=any(row is not None and bool(row.has_stock) for row in skus),
        sold=sold,
        as_of=f"{product.version}/{standing}/{turns}/{sold}/{'/'.join(ancestors)}",
    )


def _write(
    product_id: str, seen: store.ListedItem | None, truth: _Truth, *, is_afresh: bool
) -> None:
    product = truth.product
    if product is not None and len(product.content.variants) > SINGLE_WRITE_VARIANTS:
        write.settle(product)
    marker = seen.document if seen else Marker()
    entry = _entry(truth)
    after = entry.marker(truth.as_of)
    if after == marker and not is_afresh:
        return
    code = product_id.removeprefix(ID_PREFIX)
    delta = difference(entry, marker)
    transact.commit(store.change(code, seen, entry, after, delta, is_afresh=is_afresh))


def _entry(truth: _Truth) -> Entry:
    product, merchant = truth.product, truth.merchant
    if product is None or merchant is None or not product.is_listed or not merchant.can_sell:
        return Entry()
    return entry_of(
        product,
        merchant_name=merchant.name_in("en"),
        ancestors=truth.tree.ancestors(product.content.category_id),
        in_stock=truth.has_stock,
        sold=truth.sold,
        placeholder=settings().static_url + PLACEHOLDER,
        category_names=_names(truth.tree, product.content.category_id),
        schema=truth.tree.schema(product.content.category_id),
    )


def _names(tree: CategoryTree, category_id: str) -> list[str]:
    """What a category and those above it are called, in every language."""
    line = [tree.by_id[one] for one in tree.ancestors(category_id)]
    return [name for category in line for name in dict(category.name).values()]


def _fitting(deltas: Sequence[store.DeltaItem]) -> list[store.DeltaItem]:
    """Take as many deltas as one transaction can spend: each costs one write, a partition two."""
    taken: list[store.DeltaItem] = []
    partitions: set[str] = set()
    for delta in deltas:
        wider = partitions | set(delta.document.changes)
        if len(taken) + 1 + 2 * len(wider) > transact.WRITES_MAX - WRITES_SPARE:
            break
        taken.append(delta)
        partitions = wider
    return taken


def _tallies(
    deltas: Sequence[store.DeltaItem],
) -> dict[str, tuple[store.TallyItem | None, Tally]]:
    partitions = list(dict.fromkeys(part for one in deltas for part in one.document.changes))
    seen = reads.batch([store.tally_key(part) for part in partitions])
    found: dict[str, tuple[store.TallyItem | None, Tally]] = {}
    for part, row in zip(partitions, seen, strict=True):
        tally = row.document if row is not None else Tally()
        for delta in deltas:
            changes = delta.document.changes.get(part)
            if changes:
                tally = tallied(tally, changes, delta.document.labels)
        found[part] = (row, tally)
    return found
