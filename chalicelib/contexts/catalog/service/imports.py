"""What merchants do with files of products: hand them in, and look how they are getting on."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.aws import files, idempotency, queues, transact
from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.model.jobs import ImportJob, ImportState, Remark
from chalicelib.contexts.catalog.model.reading import examine
from chalicelib.contexts.catalog.model.refusals import ImportTooLarge, NoImport
from chalicelib.contexts.catalog.service.jobs import RunImport
from chalicelib.contexts.catalog.store import imports as store
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.paging import PAGE_SIZE, Page

BODY_BYTES_MAX = 5_000_000
UPLOAD_BYTES_MAX = 200_000_000
CSV = "text/csv"
FOLDER = "imports/"
STALLED_AFTER_S = 900
UPLOAD_WAITED_FOR_S = 86_400
STALLED_READ = 100


class Progress(Struct, frozen=True):
    """How an import is getting on, with what it has to say about rows."""

    job: ImportJob
    refused: list[Remark]
    notices: list[Remark]


def hand_in(
    actor: Actor,
    body: bytes,
    *,
    filename: str = "",
    key: IdempotencyKey | None = None,
    seal: Callable[[ImportJob], idempotency.Answer] | None = None,
) -> ImportJob:
    """Take a file of up to 5 MB and start a job for it.

    What can be told at once is refused at once: `import.too_large`, `import.empty`,
    `import.not_utf8`, `import.unreadable`, `import.columns_missing`.
    """
    merchant_id = actor.for_merchant()
    if len(body) > BODY_BYTES_MAX:
        raise ImportTooLarge("Up to 5 MB go in the body; ask for an upload for more")
    examine(body)
    job = _new_job(merchant_id, filename, len(body), key)
    files.put(settings().uploads_bucket, file_key(job.id), body, content_type=CSV)
    first = [key.record(job.id, seal(job))] if key and seal else []
    due_at = clock.iso(clock.later(clock.now(), STALLED_AFTER_S))
    transact.commit([*first, store.save_job(job, None, due_at=due_at)])
    queues.send(settings().catalog_imports_queue_url, [RunImport(job.id)])
    return job


def ask_upload(
    actor: Actor,
    filename: str,
    size: int,
    *,
    key: IdempotencyKey | None = None,
    seal: Callable[[ImportJob, dict[str, Any]], idempotency.Answer] | None = None,
) -> tuple[ImportJob, dict[str, Any]]:
    """Make a job for a file of up to 200 MB, and the form to upload it with (`url`, `fields`).

    The job starts when the file has arrived, and fails when none has in a day. Refuses
    `import.too_large`.
    """
    merchant_id = actor.for_merchant()
    if size > UPLOAD_BYTES_MAX:
        raise ImportTooLarge("A file has up to 200 MB")
    job = _new_job(merchant_id, filename, size, key)
    form = files.upload_form(
        settings().uploads_bucket,
        file_key(job.id),
        size_bytes_max=UPLOAD_BYTES_MAX,
        content_type=CSV,
    )
    first = [key.record(job.id, seal(job, form))] if key and seal else []
    due_at = clock.iso(clock.later(clock.now(), UPLOAD_WAITED_FOR_S))
    transact.commit([*first, store.save_job(job, None, due_at=due_at)])
    return job, form


def progress(actor: Actor, import_id: str) -> Progress:
    """Look how an import of the actor's merchant is getting on. Refuses `catalog.no_import`."""
    merchant_id = actor.for_merchant()
    job = store.find_job(import_id)
    if job is None or job.merchant_id != merchant_id:
        raise NoImport
    refused = store.remarks(import_id, store.REFUSED) if job.counts.refused else []
    return Progress(job, refused, store.remarks(import_id, store.NOTICE))


def own_imports(actor: Actor, *, limit: int = PAGE_SIZE, cursor: str = "") -> Page[ImportJob]:
    """List the merchant's imports, newest first."""
    return store.jobs_of(actor.for_merchant(), limit=limit, cursor=cursor)


def wake_stalled() -> int:
    """Start again the jobs that have not moved for a quarter of an hour; returns how many.

    A job whose file never came fails with `import.not_uploaded`.
    """
    now = clock.now()
    stalled = store.due_jobs(clock.iso(now), limit=STALLED_READ)
    waited = clock.iso(clock.later(now, -UPLOAD_WAITED_FOR_S))
    awake = []
    for job in stalled:
        has_come = files.size(settings().uploads_bucket, file_key(job.id)) is not None
        if has_come:
            awake.append(RunImport(job.id))
        elif job.created_at <= waited:
            problem = Remark(0, "import.not_uploaded", "No file was uploaded in a day")
            failed = replace(
                job, state=ImportState.FAILED, problem=problem, revision=job.revision + 1
            )
            transact.commit([store.save_job(failed, job, due_at="")])
    queues.send(settings().catalog_imports_queue_url, awake)
    return len(awake)


def file_key(import_id: str) -> str:
    """Where the file of an import lies in the bucket of uploads."""
    return f"{FOLDER}{import_id}.csv"


def import_of(key: str) -> str:
    """The import whose file lies there; empty for a file that is none."""
    is_file = key.startswith(FOLDER) and key.endswith(".csv")
    return key[len(FOLDER) : -len(".csv")] if is_file else ""


def _new_job(merchant_id: str, filename: str, size: int, key: IdempotencyKey | None) -> ImportJob:
    return ImportJob(
        id=ids.derived("imp", key.hash) if key else ids.new("imp"),
        merchant_id=merchant_id,
        state=ImportState.QUEUED,
        filename=filename,
        size=size,
        created_at=clock.iso(clock.now()),
    )
