"""Rows of imports: the job, what it refused and noticed, and which product a handle made.

`IMPORT#id` / `JOB`, `REFUSED#row#code`, `NOTICE#row#code#what`; `HANDLE#merchant#handle` / `HANDLE`.
Jobs of a merchant are found by owner; jobs that stopped moving by due.
"""

import hashlib
from collections.abc import Sequence

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.aws import reads, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.tables import DocumentAttribute
from chalicelib.aws.transact import Write
from chalicelib.contexts.catalog.model.jobs import ImportJob, Remark
from chalicelib.contexts.catalog.model.products import Product
from chalicelib.contexts.catalog.store.base import CatalogItem
from chalicelib.kernel import clock
from chalicelib.kernel.paging import Page

REMARKS_KEPT = 1_000
REMARKS_TTL_S = 90 * 86_400
IMPORTS_SHARD = "IMPORTS"
REFUSED, NOTICE = "REFUSED", "NOTICE"


class HandleItem(CatalogItem, discriminator="HANDLE"):
    """What an import made of a handle: the product, and a digest of what the file said.

    `import_id`, `row` and `outcome` are those of the import that touched it last, so that doing
    the same rows again counts the same.
    """

    product_id = UnicodeAttribute()
    digest = UnicodeAttribute()
    import_id = UnicodeAttribute()
    row = NumberAttribute()
    outcome = UnicodeAttribute()


class JobItem(CatalogItem, discriminator="JOB"):
    """An import. Every save restates the revision that was read."""

    revision = NumberAttribute()
    document: DocumentAttribute[ImportJob] = DocumentAttribute(ImportJob)


class RemarkItem(CatalogItem, discriminator="REMARK"):
    """What an import has to say about one row."""

    document: DocumentAttribute[Remark] = DocumentAttribute(Remark)


def job_pk(import_id: str) -> str:
    """Name the partition of a job and its remarks."""
    return f"IMPORT#{import_id}"


def find_job(import_id: str) -> ImportJob | None:
    """Read a job. One round trip."""
    row = reads.get(JobItem, job_pk(import_id), "JOB")
    return row.document if row is not None else None


def save_job(job: ImportJob, seen: ImportJob | None, *, due_at: str) -> Write:
    """Contribute a job in place of the one that was seen. Fails when it was saved meanwhile.

    `due_at` is when somebody looks after it if it has not moved by then; empty for never.
    """
    row = JobItem(
        pk=job_pk(job.id),
        sk="JOB",
        revision=job.revision,
        document=job,
        owner=f"IMPORTS#{job.merchant_id}",
        owner_at=f"{job.created_at}#{job.id}",
        due_shard=IMPORTS_SHARD if due_at else None,
        due_at=due_at or None,
    )
    if seen is None:
        return transact.create(row)
    return transact.put(row, JobItem.revision == seen.revision)


def due_jobs(before: str, *, limit: int) -> list[ImportJob]:
    """Read jobs that should have moved by now, longest waiting first."""
    rows = reads.query(JobItem, IMPORTS_SHARD, index="by_due", between=("0", before), limit=limit)
    return [row.document for row in rows.items]


def jobs_of(merchant_id: str, *, limit: int, cursor: str) -> Page[ImportJob]:
    """Read a page of a merchant's imports, newest first."""
    rows = reads.page(
        JobItem,
        f"IMPORTS#{merchant_id}",
        scope=f"imports {merchant_id}",
        limit=limit,
        cursor=cursor,
        index="by_owner",
        forward=False,
    )
    return Page([row.document for row in rows.items], rows.next_cursor)


def remarks(import_id: str, kind: str) -> list[Remark]:
    """Read the remarks of a kind in the order of rows, at most those that are kept."""
    rows = reads.query(RemarkItem, job_pk(import_id), begins_with=f"{kind}#", limit=REMARKS_KEPT)
    return [row.document for row in rows.items]


def keep_remarks(import_id: str, kind: str, found: Sequence[Remark]) -> None:
    """Write remarks, 25 a round trip; the same ones again change nothing."""
    places = {_place(kind, remark): remark for remark in found}
    transact.put_all(_remark(import_id, place, remark) for place, remark in places.items())


def picture_notice(import_id: str, remark: Remark) -> None:
    """Write that a picture could not be fetched."""
    transact.commit([transact.put(_remark(import_id, _place(NOTICE, remark), remark))])


def forget_picture_notice(import_id: str, remark: Remark) -> None:
    """Take it back: the picture has come."""
    row = RemarkItem(pk=job_pk(import_id), sk=_place(NOTICE, remark))
    transact.commit([transact.delete(row)])


def save_handle(row: HandleItem, seen: HandleItem | None) -> Write:
    """Contribute what a handle has become, in place of what was seen."""
    if seen is None:
        return transact.create(row)
    same = (HandleItem.digest == seen.digest) & (HandleItem.product_id == seen.product_id)
    return transact.put(row, same)


def _remark(import_id: str, place: str, remark: Remark) -> RemarkItem:
    expires_at = clock.epoch(clock.now()) + REMARKS_TTL_S
    return RemarkItem(pk=job_pk(import_id), sk=place, document=remark, expires_at=expires_at)


def _place(kind: str, remark: Remark) -> str:
    """Rows sort as numbers; one row may have several remarks."""
    tail = hashlib.sha256(remark.detail.encode()).hexdigest()[:8]
    return f"{kind}#{remark.row:08d}#{remark.code}#{tail}"


def handle_key(merchant_id: str, handle: str) -> Key:
    """Where it stands what a merchant's handle has become."""
    return Key(HandleItem, f"HANDLE#{merchant_id}#{handle}", "HANDLE")


def forget_handle(product: Product) -> Write:
    """Contribute that a handle leads to no product any more: the next import makes a new one."""
    key = handle_key(product.merchant_id, product.handle)
    row = HandleItem(pk=key.pk, sk=key.sk)
    gone = HandleItem.pk.does_not_exist() | (HandleItem.product_id == product.id)
    return transact.delete(row, gone)
