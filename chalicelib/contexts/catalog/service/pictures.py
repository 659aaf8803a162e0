"""Bringing merchants' pictures into the house, and trying again where one cannot be had."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.aws import queues, retries
from chalicelib.aws.observe import logger
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.model.jobs import Remark
from chalicelib.contexts.catalog.model.products import (
    ID_PREFIX,
    IMAGE,
    PICTURES_MAX,
    UPLOAD,
    VIDEO,
    Media,
    Product,
    led,
)
from chalicelib.contexts.catalog.model.refusals import ChangedMeanwhile
from chalicelib.contexts.catalog.service import write
from chalicelib.contexts.catalog.service.fetch import CannotFetch, host_of
from chalicelib.contexts.catalog.service.jobs import FetchPictures
from chalicelib.contexts.catalog.service.keeping import keep
from chalicelib.contexts.catalog.store import imports as import_rows
from chalicelib.contexts.catalog.store import products as store
from chalicelib.kernel import clock
from chalicelib.kernel.errors import Busy
from chalicelib.kernel.picturing import PictureRefused

FETCHERS = 4
DUE_READ = 500
RETRY_AFTER_S = (300, 1_800, 7_200, 43_200, 86_400)
NOT_FETCHED = "import.picture_not_fetched"


@dataclass(slots=True)
class Round:
    """One run of the worker: until when it may fetch, and the hosts that did not answer."""

    until: datetime
    silent_hosts: set[str] = field(default_factory=set)


class Folder(StrEnum):
    """Where merchants' files arrive in the uploads' bucket: folder, product's code, file."""

    PICTURES = "pictures"
    VIDEOS = "videos"


class _Fetched(Struct, frozen=True):
    """What became of one address: where the copy is, or why there is none."""

    url: str = ""
    reason: str = ""
    problem: str = ""
    colour: str = ""


def bring_in(message: FetchPictures, turn: Round) -> None:
    """Fetch the pictures that a product lacks and show them in place of the placeholder.

    What cannot be had stays a placeholder, with a notice at the import that named it, and is tried
    again later, each time after a longer while, five times. What time does not suffice for is left
    to the timer on the product's row.
    """
    product = store.find(message.product_id)
    if product is None or product.is_removed:
        return
    wanted = {one.source: one for one in product.content.media if one.is_wanted}
    fetched = _fetch_all(wanted, turn)
    if not fetched:
        return
    for attempt in range(retries.ROUNDS_MAX):
        fresh = replace(
            product,
            content=replace(product.content, media=_with(product.content.media, fetched)),
            version=product.version + 1,
        )
        try:
            write.commit(fresh, product, pictures_due=_due(fresh))
        except ChangedMeanwhile:
            product = store.find(message.product_id)
            if product is None or product.is_removed:
                return
            retries.pause(attempt)
            continue
        _tell(product, fetched)
        return
    raise Busy


def arrived(key: str, turn: Round) -> None:
    """Give a product the picture or video that its merchant has handed in, and bring it in.

    `key` is one of `media.upload_key`, which only Souk signs. A file that comes twice counts once;
    one for a product that is gone, or full, is left to be forgotten.
    """
    kinds = {one.value: one for one in Folder}
    folder, code, name = [*key.split("/"), "", ""][:3]
    source = UPLOAD + key
    if folder not in kinds or not name:
        return
    kind = VIDEO if kinds[folder] is Folder.VIDEOS else IMAGE
    for attempt in range(retries.ROUNDS_MAX):
        product = store.find(ID_PREFIX + code)
        if product is None or product.is_removed:
            return
        media = product.content.media
        if any(one.source == source for one in media):
            break
        if len(media) >= PICTURES_MAX:
            logger().info("picture left", extra={"product_id": product.id, "key": key})
            return
        content = replace(
            product.content, media=led([*media, Media(url="", source=source, kind=kind)])
        )
        fresh = replace(product, content=content, version=product.version + 1)
        try:
            write.commit(fresh, product)
        except ChangedMeanwhile:
            retries.pause(attempt)
            continue
        break
    else:
        raise Busy
    bring_in(FetchPictures(ID_PREFIX + code), turn)


def ask_again() -> int:
    """Send the products whose missing pictures are due to the worker; returns how many."""
    sent = 0
    now = clock.iso(clock.now())
    for shard in range(store.PICTURE_SHARDS):
        due = store.pictures_due(shard, now, limit=DUE_READ)
        messages = [FetchPictures(one.id, one.import_id) for one in due]
        queues.send(settings().catalog_pictures_queue_url, messages)
        sent += len(messages)
    return sent


def _fetch_all(wanted: Mapping[str, Media], turn: Round) -> dict[str, _Fetched]:
    with ThreadPoolExecutor(FETCHERS) as pool:
        found = pool.map(lambda media: _fetch(media, turn), wanted.values())
        return {source: one for source, one in zip(wanted, found, strict=True) if one is not None}


def _fetch(media: Media, turn: Round) -> _Fetched | None:
    """Fetch and keep one picture; None when there is no time left to try."""
    if clock.now() > turn.until:
        return None
    if host_of(media.source) in turn.silent_hosts:
        return _Fetched(reason="its host does not answer")
    try:
        kept = keep(media)
    except PictureRefused as refused:
        logger().info(
            "picture refused", extra={"url": media.source, "problem": refused.problem.value}
        )
        return _Fetched(reason=refused.problem.value, problem=refused.problem.value)
    except CannotFetch as problem:
        if problem.is_host:
            turn.silent_hosts.add(host_of(media.source))
        logger().info("picture not fetched", extra={"url": media.source, "reason": problem.reason})
        return _Fetched(reason=problem.reason)
    return _Fetched(url=kept.url, colour=kept.colour)


def _with(media: tuple[Media, ...], fetched: Mapping[str, _Fetched]) -> tuple[Media, ...]:
    return tuple(
        replace(
            one,
            url=fetched[one.source].url,
            colour=fetched[one.source].colour,
            problem=fetched[one.source].problem,
            tries=one.tries + (0 if fetched[one.source].url else 1),
        )
        if one.is_wanted and one.source in fetched
        else one
        for one in media
    )


def _due(product: Product) -> str:
    """When what is still missing is tried again; empty when everything is there or given up."""
    waits = [
        RETRY_AFTER_S[max(one.tries - 1, 0)]
        for one in product.content.media
        if one.is_wanted and one.tries <= len(RETRY_AFTER_S)
    ]
    return clock.iso(clock.later(clock.now(), min(waits))) if waits else ""


def _tell(product: Product, fetched: Mapping[str, _Fetched]) -> None:
    """Keep the import's notices in step: one for each of its pictures that is not there."""
    if not product.import_id:
        return
    for media in product.content.media:
        result = fetched.get(media.source)
        if result is None or not media.row or not media.is_wanted:
            continue
        remark = Remark(media.row, NOT_FETCHED, f"{media.source} could not be fetched")
        if not result.url:
            import_rows.picture_notice(product.import_id, remark)
        elif media.tries:
            import_rows.forget_picture_notice(product.import_id, remark)
