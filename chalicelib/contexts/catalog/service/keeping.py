"""Getting hold of a picture or video that a merchant named or handed in, and keeping what is good."""

import hashlib

from msgspec import Struct

from chalicelib.aws import files, studio
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.model import filming
from chalicelib.contexts.catalog.model.products import UPLOAD, VIDEO, Media
from chalicelib.contexts.catalog.service.fetch import TOO_LARGE, CannotFetch, fetch
from chalicelib.kernel import picturing
from chalicelib.kernel.picturing import PictureProblem, PictureRefused

FOREVER = "public, max-age=31536000, immutable"
TYPES = {"jpg": "image/jpeg", "webp": "image/webp"}


class Kept(Struct, frozen=True):
    """Where a copy is, and a picture's mean colour."""

    url: str
    colour: str = ""


def keep(media: Media) -> Kept:
    """Get a picture or video and keep it. Raises `CannotFetch` and `PictureRefused`."""
    if media.kind == VIDEO:
        return _keep_video(_got(media.source, filming.BYTES_MAX))
    return _keep_picture(_got(media.source, picturing.BYTES_MAX))


def _got(source: str, bytes_max: int) -> bytes:
    if source.startswith(UPLOAD):
        return _uploaded(source.removeprefix(UPLOAD), bytes_max)
    try:
        return fetch(source, bytes_max=bytes_max)
    except CannotFetch as problem:
        if problem.reason == TOO_LARGE:
            raise PictureRefused(PictureProblem.TOO_LARGE) from None
        raise


def _uploaded(key: str, bytes_max: int) -> bytes:
    size = files.size(settings().uploads_bucket, key)
    if size is not None and size > bytes_max:
        raise PictureRefused(PictureProblem.TOO_LARGE)
    body = files.get(settings().uploads_bucket, key) if size is not None else None
    if body is None:
        raise CannotFetch("the file is not there")
    return body


def _keep_picture(body: bytes) -> Kept:
    """Keep a picture under names made of its bytes, so that the same one is kept once."""
    painted = studio.paint(body)
    for name, data in painted.files.items():
        _put(f"products/{painted.folder}/{name}", data, TYPES[name.rpartition(".")[2]])
    address = f"{settings().media_url}/products/{painted.folder}/{painted.width}.jpg"
    return Kept(address, painted.colour)


def _keep_video(body: bytes) -> Kept:
    content_type, extension = filming.kind_of(body)
    key = f"videos/{hashlib.sha256(body).hexdigest()[:32]}.{extension}"
    _put(key, body, content_type)
    return Kept(f"{settings().media_url}/{key}")


def _put(key: str, body: bytes, content_type: str) -> None:
    bucket = settings().media_bucket
    files.put(bucket, key, body, content_type=content_type, cache_control=FOREVER)
