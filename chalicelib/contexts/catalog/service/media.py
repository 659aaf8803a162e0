"""What merchants do with a product's pictures and videos: add, hand in, put in order, take away."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.aws import files, retries
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.model import filming
from chalicelib.contexts.catalog.model.products import (
    IMAGE,
    LINK,
    PICTURES_MAX,
    VIDEO,
    Media,
    Product,
    led,
)
from chalicelib.contexts.catalog.model.refusals import (
    ChangedMeanwhile,
    TooManyPictures,
    VideoNeedsPoster,
)
from chalicelib.contexts.catalog.model.wanted import picture
from chalicelib.contexts.catalog.service import write
from chalicelib.contexts.catalog.service.merchant import fetch_pictures, own, own_prefixes
from chalicelib.contexts.catalog.service.pictures import Folder
from chalicelib.kernel import ids, picturing
from chalicelib.kernel.actors import Actor

KEY_LENGTH = 12
UPLOAD_TYPE = "application/octet-stream"
"""What a file is, its first bytes tell; the form says the same of all."""


class Arranged(Struct, frozen=True):
    """One picture or video where its merchant wants it; `key` is `key_of` it."""

    key: str
    alt: str = ""
    role: str = ""


class UploadForms(Struct, frozen=True):
    """Forms (`{"url", "fields"}`) that take one file each, straight into the uploads' bucket."""

    picture: dict[str, Any]
    video: dict[str, Any]


def key_of(media: Media) -> str:
    """Name one of a product's pictures or videos for a form, wherever it stands."""
    said = (media.source or media.url).encode()
    return hashlib.sha256(said).hexdigest()[:KEY_LENGTH]


def arrange(actor: Actor, reference: str, wanted: Sequence[Arranged]) -> Product:
    """Put a product's pictures and videos in this order; what is not named is taken away.

    What came in meanwhile goes behind. Refuses `catalog.no_product`.
    """
    places = {one.key: one for one in reversed(wanted)}
    order = list(dict.fromkeys(one.key for one in wanted))
    seen_keys = set(map(key_of, own(actor, reference).content.media))

    def arranged(product: Product) -> Sequence[Media]:
        known = {key_of(one): one for one in product.content.media}
        named = [_as(known[key], places[key]) for key in order if key in known]
        return [*named, *(one for key, one in known.items() if key not in seen_keys)]

    return _rewrite(actor, reference, arranged)


def add_media(actor: Actor, reference: str, url: str, alt: str = "") -> Product:
    """Add a picture by its address, or a video: an MP4 or WebM on https, or a page that plays it.

    Refuses `catalog.media_wrong`, `catalog.too_many_pictures`, `catalog.video_needs_poster` (a video
    stands behind a picture) and `catalog.no_product`.
    """
    fresh = _media(url, alt)

    def added(product: Product) -> Sequence[Media]:
        media = product.content.media
        if any(key_of(one) == key_of(fresh) for one in media):
            return media
        if fresh.kind != IMAGE and not product.image:
            raise VideoNeedsPoster
        if len(media) >= PICTURES_MAX:
            raise TooManyPictures
        return [*media, fresh]

    return _rewrite(actor, reference, added)


def upload_forms(actor: Actor, reference: str, *, back: str) -> UploadForms:
    """Make forms for one picture (20 MB) and one video (50 MB) of a product, good for an hour.

    `back` is where the browser goes on to. Refuses `catalog.no_product`.
    """
    code = own(actor, reference).code

    def form(folder: Folder, size_bytes_max: int) -> dict[str, Any]:
        return files.upload_form(
            settings().uploads_bucket,
            f"{folder}/{code}/{ids.ulid()}",
            size_bytes_max=size_bytes_max,
            content_type=UPLOAD_TYPE,
            back=back,
        )

    return UploadForms(
        form(Folder.PICTURES, picturing.BYTES_MAX), form(Folder.VIDEOS, filming.BYTES_MAX)
    )


def _media(url: str, alt: str) -> Media:
    is_file = url.partition("?")[0].lower().endswith((".mp4", ".webm"))
    if is_file or url.startswith(tuple(f"https://{host}/" for host in filming.HOSTS)):
        if filming.is_page(url):
            return Media(url=url, alt=alt, kind=LINK)
        return Media(url="", alt=alt, source=url, kind=VIDEO)
    return picture(url, alt, own_prefixes())


def _as(media: Media, wanted: Arranged) -> Media:
    return replace(media, alt=wanted.alt, role=wanted.role or media.role)


def _rewrite(actor: Actor, reference: str, make: Callable[[Product], Sequence[Media]]) -> Product:
    for attempt in range(retries.ROUNDS_MAX):
        seen = own(actor, reference)
        media = led(make(seen))
        if media == seen.content.media:
            return seen
        content = replace(seen.content, media=media)
        product = replace(seen, content=content, version=seen.version + 1)
        try:
            write.commit(product, seen)
        except ChangedMeanwhile:
            retries.pause(attempt)
            continue
        fetch_pictures([product])
        return product
    raise ChangedMeanwhile
