"""The index as this process holds it: unpacked in the temporary folder, renewed as it moves on.

At most every `CHECKED_EVERY` one query asks what changed and which index is the published one. What
cannot be had or read counts as absent, and the built-in index answers instead until `BROKEN_FOR` has
gone by: fetching something broken over and over would cost every shopper.

Folders carry the number of their process. What a process that ended in the middle left behind is
removed before the next one is made, for a temporary folder that fills up serves nobody.
"""

import atexit
import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import gettempdir, mkdtemp

import msgspec
from msgspec import Struct, field

from chalicelib.aws import files
from chalicelib.aws.observe import logger
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.store import listing as store
from chalicelib.contexts.search.model import index
from chalicelib.contexts.search.model.index import Part
from chalicelib.contexts.search.service import packing
from chalicelib.kernel import clock

CHECKED_EVERY = timedelta(seconds=5)
CHECKED_FOR_NOTHING = timedelta(seconds=1)
"""Where nothing was found it may be so new that it is worth another look."""
BROKEN_FOR = timedelta(seconds=30)
STALE_AFTER = timedelta(days=3)
PREFIX = "souk-search"


class IndexBroken(RuntimeError):
    """The published index is not there, or is not what its pointer says."""


class Held(Struct):
    """What this process has open; no parts where the built-in index must serve."""

    checked_at: datetime
    digest: str = ""
    folder: Path | None = None
    stamps: tuple[tuple[str, str], ...] = ()
    parts: list[Part] = field(default_factory=list)
    labels: Mapping[str, str] = field(default_factory=dict)


_held: dict[str, Held] = {}


def held(every: timedelta = CHECKED_EVERY) -> Held | None:
    """Return the index to ask, brought in step where it is time; None where there is none."""
    bucket = settings().search_bucket
    if not bucket:
        return None
    now, before = clock.now(), _held.get(bucket)
    if before is None or now - before.checked_at >= every:
        _held[bucket] = before = _renewed(before, now)
    return before if before.parts else None


def forget() -> None:
    """Let go of what is held, and of its folders."""
    for one in _held.values():
        _remove(one.folder)
    _held.clear()


def _renewed(before: Held | None, now: datetime) -> Held:
    try:
        after = _brought_in_step(before, now)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, the shop goes on
        logger().exception("search index")
        after = Held(now + BROKEN_FOR - CHECKED_EVERY)
    if before is not None and before.folder != after.folder:
        _remove(before.folder)
    return after


def _brought_in_step(before: Held | None, now: datetime) -> Held:
    changed, pointer, is_all = store.searched()
    if pointer is None or not is_all:
        return Held(now)
    if clock.parse(pointer.built_at) + STALE_AFTER < now:
        logger().error("search index is stale", extra={"built_at": pointer.built_at})
        return Held(now)
    if pointer.format != index.FORMAT:
        logger().info("search index has another format", extra={"format": int(pointer.format)})
        return Held(now)
    stamps = tuple((row.sk, row.stamp) for row in changed)
    if before is not None and (before.digest, before.stamps) == (pointer.digest, stamps):
        before.checked_at = now
        return before
    if before is not None and before.digest == pointer.digest and before.folder is not None:
        return _opened(now, pointer, before.folder, changed, stamps)
    folder = _fetched(pointer)
    try:
        return _opened(now, pointer, folder, changed, stamps)
    except Exception:
        _remove(folder)
        raise


def _opened(
    now: datetime,
    pointer: store.PointerItem,
    folder: Path,
    changed: Sequence[store.ChangedItem],
    stamps: tuple[tuple[str, str], ...],
) -> Held:
    told = [row.told for row in changed if row.told is not None]
    parts = [index.opened(folder, {row.code for row in changed})]
    if parts[0].size != pointer.products:
        raise IndexBroken(pointer.object)
    if told:
        parts.append(index.small(told))
    labels: dict[str, str] = msgspec.json.decode((folder / packing.LABELS).read_bytes())
    for one in told:
        labels |= packing.labels_of(one)
    return Held(now, pointer.digest, folder, stamps, parts, labels)


def _fetched(pointer: store.PointerItem) -> Path:
    body = files.get(settings().search_bucket, pointer.object)
    if body is None or hashlib.sha256(body).hexdigest() != pointer.digest:
        raise IndexBroken(pointer.object)
    _tidy()
    folder = Path(mkdtemp(prefix=f"{PREFIX}-{os.getpid()}-"))
    atexit.register(_remove, folder)
    try:
        packing.unpack(body, folder)
    except Exception:
        _remove(folder)
        raise
    return folder


def _tidy() -> None:
    """Remove the folders of processes that are no more: of others, and of one of the same number."""
    if any(one.folder is not None for one in _held.values()):
        return
    for folder in Path(gettempdir()).glob(f"{PREFIX}-*-*"):
        process = folder.name.split("-")[2]
        if process == str(os.getpid()) or not Path("/proc", process).exists():
            _remove(folder)


def _remove(folder: Path | None) -> None:
    """Remove a folder; what is open of it stays readable until it is let go."""
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
