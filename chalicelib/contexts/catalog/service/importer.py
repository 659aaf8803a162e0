"""Running an import: a slice of its file at a time, saved as it goes, started again by a message.

A job goes on where its last save says, so a slice that dies is done again from there. Doing rows
twice is harmless: what a handle became is written with the product, together with a digest of what
the file said and the import that said it. A save restates the revision it goes on from; of two
workers on one job the second one's save fails, and it stops.
"""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.aws import files, queues, reads, retries, transact
from chalicelib.aws.observe import logger
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.facts import StockCounted
from chalicelib.contexts.catalog.model.importing import (
    Group,
    Judged,
    Shelf,
    grouped,
    judged,
    refused_whole,
)
from chalicelib.contexts.catalog.model.jobs import Counts, ImportJob, ImportState, Outcome, Remark
from chalicelib.contexts.catalog.model.products import (
    ID_PREFIX,
    MACHINE,
    PICTURES_MAX,
    Product,
    ProductState,
    by_hand,
    check,
    code_from,
    led,
    merged_pictures,
    slug_of,
)
from chalicelib.contexts.catalog.model.reading import Table
from chalicelib.contexts.catalog.model.refusals import ChangedMeanwhile, SkuTaken
from chalicelib.contexts.catalog.service import merchant as products
from chalicelib.contexts.catalog.service import write
from chalicelib.contexts.catalog.service.imports import STALLED_AFTER_S, file_key
from chalicelib.contexts.catalog.service.jobs import RunImport
from chalicelib.contexts.catalog.service.tree import categories
from chalicelib.contexts.catalog.store import imports as store
from chalicelib.contexts.catalog.store import products as product_rows
from chalicelib.contexts.merchants import Merchant
from chalicelib.contexts.merchants import service as merchants
from chalicelib.kernel import clock, ids
from chalicelib.kernel.errors import Busy, Refusal

GROUPS_AT_ONCE = 50
SLICE_S = 200
SLICE_GROUPS = 4_000
LEASE_S = 330
TRIES_MAX = 10


class _Result(Struct, frozen=True):
    """What became of one group: its outcome, its remarks, and the product that was written."""

    outcome: Outcome
    judged: Judged
    product: Product | None = None


class _Reading(Struct, frozen=True):
    """What a slice has at hand: the file, the handles that stood in it so far, and the shop."""

    table: Table
    handles: set[bytes]
    shelf: Shelf
    merchant: Merchant


def run(message: RunImport) -> None:
    """Go on with a job for a slice; the last thing a slice does is to ask for the next."""
    seen = store.find_job(message.import_id)
    if seen is None or seen.state in {ImportState.DONE, ImportState.FAILED}:
        return
    if seen.leased_until > clock.iso(clock.now()):
        logger().info("import is being worked on", extra={"import_id": seen.id})
        return
    if files.size(settings().uploads_bucket, file_key(seen.id)) is None:
        return
    job = _saved(replace(seen, state=ImportState.RUNNING, leased_until=_lease()), seen)
    if job is None:
        return
    try:
        _slice(job, message)
    except _Overtaken:
        logger().info("import was taken over", extra={"import_id": job.id})


def give_up(import_id: str) -> None:
    """Fail a job that kept breaking, so that nobody waits for it."""
    seen = store.find_job(import_id)
    if seen is not None and seen.state not in {ImportState.DONE, ImportState.FAILED}:
        problem = Remark(seen.row, "import.broken", "The import kept failing on our side")
        _failed(seen, problem)


class _Overtaken(Exception):
    """Somebody else saved the job meanwhile."""


def _slice(job: ImportJob, message: RunImport) -> None:
    merchant = merchants.get(job.merchant_id)
    shelf = Shelf(merchant.code, merchant.currency, categories(), products.own_prefixes())
    until = clock.later(clock.now(), SLICE_S)
    done = 0
    try:
        table = Table(_pieces(job.id, 0))
        reading = _Reading(table, _handles_before(job), shelf, merchant)
        if job.offset:
            table.go_on(_pieces(job.id, job.offset), job.offset, job.row)
        groups = grouped(table.rows())
        while done < SLICE_GROUPS and clock.now() < until:
            chunk = list(islice(groups, GROUPS_AT_ONCE))
            job = _through(job, chunk, reading)
            done += len(chunk)
            if len(chunk) < GROUPS_AT_ONCE:
                _finished(job)
                return
    except Busy:
        if message.tries >= TRIES_MAX:
            raise
        _hand_over(job, message.tries + 1)
    except Refusal as refusal:
        _failed(job, Remark(job.row + 1, refusal.code, refusal.detail))
    else:
        _hand_over(job, 0)


def _through(job: ImportJob, chunk: Sequence[Group], reading: _Reading) -> ImportJob:
    """Bring some groups into the shop and save how far the job has come."""
    found = [_judge(group, reading.handles, reading.shelf) for group in chunk]
    results = _brought_in(job, found, reading.merchant)
    unreadable, reading.table.remarks = reading.table.remarks, []
    refused = [*unreadable, *(one for result in results for one in result.judged.refused)]
    notices = [one for result in results for one in result.judged.notices]
    _keep(job, store.REFUSED, refused, job.counts.refused)
    _keep(job, store.NOTICE, notices, job.counts.notices)
    products.fetch_pictures([result.product for result in results if result.product])
    outcomes = [result.outcome for result in results]
    counts = Counts(
        rows=len(unreadable) + sum(len(group.rows) for group in chunk),
        created=outcomes.count(Outcome.CREATED),
        updated=outcomes.count(Outcome.UPDATED),
        unchanged=outcomes.count(Outcome.UNCHANGED),
        refused=len(refused),
        notices=len(notices),
    )
    ahead = replace(job, counts=job.counts.plus(counts), leased_until=_lease())
    if chunk:
        ahead = replace(ahead, offset=chunk[-1].end, row=chunk[-1].last)
    saved = _saved(ahead, job)
    if saved is None:
        raise _Overtaken
    return saved


def _judge(group: Group, handles: set[bytes], shelf: Shelf) -> Judged:
    mark = _mark(group.handle)
    if group.handle and mark in handles:
        detail = f"{group.handle[:80]!r} stands in the file before, apart from these rows"
        return refused_whole(group, "import.handle_repeated", detail)
    handles.add(mark)
    return judged(group, shelf)


def _brought_in(job: ImportJob, found: Sequence[Judged], merchant: Merchant) -> list[_Result]:
    """Write what is new or changed, several products at a time."""
    found = _first_come(found)
    live = [one for one in found if one.content is not None]
    rows = reads.batch([store.handle_key(merchant.id, one.group.handle) for one in live])
    changed = [
        row.product_id
        for row, one in zip(rows, live, strict=True)
        if row is not None and row.digest != one.digest
    ]
    known = dict(zip(changed, product_rows.many(changed), strict=True))
    results = [_Result(Outcome.REFUSED, one) for one in found if one.content is None]

    def bring(one: Judged, row: store.HandleItem | None) -> _Result:
        return _bring(job, one, row, known.get(row.product_id) if row else None, merchant)

    writers = settings().catalog_import_writers
    if writers == 1:
        return results + [bring(one, row) for one, row in zip(live, rows, strict=True)]
    with ThreadPoolExecutor(writers) as pool:
        return results + list(pool.map(bring, live, rows))


def _first_come(found: Sequence[Judged]) -> list[Judged]:
    """Give a SKU that stands on two products of the file to the first, whoever writes first."""
    owners: dict[str, int] = {}
    kept = []
    for one in found:
        for sku, row in one.numbers.items():
            if one.content is not None and sku in owners:
                detail = f"Row {owners[sku]} has the SKU {sku}"
                one = one.without(sku, Remark(row, "import.sku_taken", detail))  # noqa: PLW2901
            owners.setdefault(sku, row)
        kept.append(one)
    return kept


def _bring(
    job: ImportJob,
    one: Judged,
    row: store.HandleItem | None,
    seen: Product | None,
    merchant: Merchant,
) -> _Result:
    """Bring one product in. A variant whose SKU is taken is refused and the rest goes in."""
    for attempt in range(retries.ROUNDS_MAX):
        if one.content is None:
            return _Result(Outcome.REFUSED, one)
        if row is not None and row.digest == one.digest:
            outcome = Outcome(row.outcome) if row.import_id == job.id else Outcome.UNCHANGED
            return _Result(outcome, one)
        try:
            product, outcome = _commit(job, one, row, seen, merchant)
        except SkuTaken as taken:
            sku = taken.extra["sku"]
            remark = Remark(one.numbers[sku], "import.sku_taken", taken.detail)
            one = one.without(sku, remark)
        except (ChangedMeanwhile, transact.ConditionFailed):
            retries.pause(attempt)
            row, seen = _again(one, merchant)
        except Busy:
            raise
        except Refusal as refusal:
            return _Result(Outcome.REFUSED, refused_whole(one.group, refusal.code, refusal.detail))
        else:
            return _Result(outcome, one, product)
    raise Busy


def _commit(
    job: ImportJob,
    one: Judged,
    row: store.HandleItem | None,
    seen: Product | None,
    merchant: Merchant,
) -> tuple[Product, Outcome]:
    former = seen if seen is not None and not seen.is_removed else None
    product = _product(job, one, former, merchant)
    check(product.content, merchant.currency)
    outcome = Outcome.UPDATED if former else Outcome.CREATED
    key = store.handle_key(merchant.id, one.group.handle)
    handle = store.HandleItem(
        pk=key.pk,
        sk=key.sk,
        product_id=product.id,
        digest=one.digest,
        import_id=job.id,
        row=one.group.first,
        outcome=outcome.value,
    )
    beside = [store.save_handle(handle, row)]
    write.commit(product, former, beside=beside, also=_opening(product, former, one))
    return product, outcome


def _product(job: ImportJob, one: Judged, seen: Product | None, merchant: Merchant) -> Product:
    assert one.content is not None, "there is a product to make"
    wanted = one.state
    if wanted is ProductState.LISTED and not merchant.can_sell:
        wanted = ProductState.IN_REVIEW
    if seen is None:
        code = code_from(f"{merchant.id}\0{one.group.handle}\0{job.id}")
        return Product(
            id=ID_PREFIX + code,
            slug=slug_of(one.content.title, code),
            merchant_id=merchant.id,
            merchant_code=merchant.code,
            state=wanted,
            content=one.content,
            created_at=clock.iso(clock.now()),
            handle=one.group.handle,
            import_id=job.id,
        )
    named, known = one.content.media, seen.content.media
    media = led([*merged_pictures(named, known), *by_hand(named, known)][:PICTURES_MAX])
    return replace(
        seen,
        content=replace(one.content, media=media),
        state=_moved(seen.state, wanted),
        import_id=job.id,
        version=seen.version + 1,
    )


def _moved(state: ProductState, wanted: ProductState) -> ProductState:
    """Where a file may move a product: unpublishing what is in the shop delists it."""
    if state is ProductState.LISTED and wanted is ProductState.DRAFT:
        return ProductState.DELISTED
    return wanted if MACHINE.allows(state, wanted) else state


def _opening(product: Product, seen: Product | None, one: Judged) -> list[StockCounted]:
    former = {variant.sku for variant in seen.content.variants} if seen else set()
    units = {
        variant.sku: one.quantities[variant.sku]
        for variant in product.content.variants
        if variant.sku not in former and variant.sku in one.quantities
    }
    if not units:
        return []
    counted = StockCounted(
        id=ids.ulid(),
        occurred_at=clock.iso(clock.now()),
        product_id=product.id,
        merchant_id=product.merchant_id,
        product_version=product.version,
        units=units,
    )
    return [counted]


def _again(one: Judged, merchant: Merchant) -> tuple[store.HandleItem | None, Product | None]:
    key = store.handle_key(merchant.id, one.group.handle)
    row = reads.get(store.HandleItem, key.pk, key.sk)
    return row, product_rows.find(row.product_id) if row is not None else None


def _handles_before(job: ImportJob) -> set[bytes]:
    """Gather the handles that stand in the file before the place where the job goes on."""
    found: set[bytes] = set()
    if not job.offset:
        return found
    for row, begins, _ in Table(_pieces(job.id, 0)).rows():
        if begins >= job.offset:
            break
        found.add(_mark(row["handle"]))
    return found


def _mark(handle: str) -> bytes:
    return hashlib.blake2b(handle.encode(), digest_size=8).digest()


def _pieces(import_id: str, start: int) -> Iterator[bytes]:
    return files.pieces(settings().uploads_bucket, file_key(import_id), start=start)


def _keep(job: ImportJob, kind: str, found: Sequence[Remark], before: int) -> None:
    """Keep the first thousand remarks of a kind; the rest are only counted."""
    kept = found[: max(store.REMARKS_KEPT - before, 0)]
    if kept:
        store.keep_remarks(job.id, kind, kept)


def _finished(job: ImportJob) -> None:
    if _saved(replace(job, state=ImportState.DONE, leased_until=""), job) is None:
        raise _Overtaken


def _failed(job: ImportJob, problem: Remark) -> None:
    failed = replace(job, state=ImportState.FAILED, problem=problem, leased_until="")
    if _saved(failed, job) is None:
        raise _Overtaken


def _hand_over(job: ImportJob, tries: int) -> None:
    """Let go of the job and ask for its next slice."""
    if _saved(replace(job, leased_until=""), job) is None:
        raise _Overtaken
    queues.send(settings().catalog_imports_queue_url, [RunImport(job.id, tries)])


def _saved(job: ImportJob, seen: ImportJob) -> ImportJob | None:
    """Save a job in place of the one seen; None when somebody else did meanwhile."""
    saved = replace(job, revision=seen.revision + 1)
    is_over = saved.state in {ImportState.DONE, ImportState.FAILED}
    due_at = "" if is_over else clock.iso(clock.later(clock.now(), STALLED_AFTER_S))
    try:
        transact.commit([store.save_job(saved, seen, due_at=due_at)])
    except transact.ConditionFailed:
        return None
    return saved


def _lease() -> str:
    return clock.iso(clock.later(clock.now(), LEASE_S))
