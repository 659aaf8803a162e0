"""Building the index that search reads, and publishing it.

What changed is read first and the products after it, so a build holds at least what it saw. The
pointer moves only from the one seen at the start: of two builds at once the slower one publishes
nothing, for the faster one may have removed changes that the slower has not. What was seen is
removed last; a crash before that leaves changes that the index already has, which is harmless.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from chalicelib.aws import files, transact
from chalicelib.aws.observe import logger
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.model.searchable import Searchable
from chalicelib.contexts.catalog.service import index as catalog_index
from chalicelib.contexts.catalog.service import shelves
from chalicelib.contexts.catalog.store import listing as store
from chalicelib.contexts.search.model import index
from chalicelib.contexts.search.service import packing
from chalicelib.kernel import clock
from chalicelib.kernel.actors import Actor

BUILT_EVERY = timedelta(days=1)
CHANGES_WORTH_A_BUILD = 200
PRODUCTS_READ = 30


def build_if_due() -> dict[str, int]:
    """Build when enough changed or a day went by; answers how many products were built in."""
    changed, pointer, is_all = store.searched()
    if not settings().search_bucket:
        return {"products": 0}
    if is_all and len(changed) < CHANGES_WORTH_A_BUILD and _is_good(pointer):
        return {"products": 0}
    return build()


def rebuild(actor: Actor) -> None:
    """Have the worker build the index anew at its next turn, whatever there is.

    For the operator. What is published serves until then.
    """
    actor.as_platform()
    seen = store.pointer()
    if seen is not None and not seen.is_unwanted:
        with suppress(transact.ConditionFailed):
            transact.commit([store.unwanted(seen)])


def build() -> dict[str, int]:
    """Build the index of everything that is listed now, publish it, and let the changes go."""
    pointer = store.pointer()
    seen = store.all_changed()
    with TemporaryDirectory() as place:
        folder = Path(place)
        labels: dict[str, str] = {}
        count = index.write(_noting(_listed(), labels), folder)
        (folder / packing.LABELS).write_bytes(msgspec.json.encode(labels))
        body = packing.packed(folder)
    digest = hashlib.sha256(body).hexdigest()
    key = f"index/{digest}.tar.gz"
    files.put(settings().search_bucket, key, body, content_type="application/gzip")
    new = store.PointerItem(
        object=key,
        digest=digest,
        built_at=clock.iso(clock.now()),
        products=count,
        format=index.FORMAT,
    )
    try:
        transact.commit([store.point(new, pointer)])
    except transact.ConditionFailed:
        logger().info("search was built by another meanwhile")
        return {"products": 0}
    for row in seen:
        _let_go(row)
    return {"products": count, "changes": len(seen)}


def _is_good(pointer: store.PointerItem | None) -> bool:
    return (
        pointer is not None
        and not pointer.is_unwanted
        and pointer.format == index.FORMAT
        and clock.parse(pointer.built_at) + BUILT_EVERY > clock.now()
    )


def _listed() -> Iterator[Searchable]:
    ids = (placed.card.id for placed in shelves.oldest_first())
    while some := list(islice(ids, PRODUCTS_READ)):
        yield from catalog_index.told(some)


def _noting(told: Iterable[Searchable], labels: dict[str, str]) -> Iterator[Searchable]:
    for one in told:
        labels |= packing.labels_of(one)
        yield one


def _let_go(row: store.ChangedItem) -> None:
    try:
        transact.commit([store.caught_up(row)])
    except transact.ConditionFailed:
        logger().info("a product changed while search was built", extra={"row": row.sk})
