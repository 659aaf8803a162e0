"""Videos: which files Souk keeps, and which pages elsewhere it leads to."""

from urllib.parse import urlsplit

from chalicelib.contexts.catalog.model.refusals import MediaWrong
from chalicelib.kernel.picturing import PictureProblem, PictureRefused

BYTES_MAX = 50_000_000
HOSTS = frozenset(
    {
        "www.youtube.com",
        "youtube.com",
        "m.youtube.com",
        "youtu.be",
        "www.bilibili.com",
        "bilibili.com",
        "m.bilibili.com",
        "b23.tv",
    }
)
"""Whose pages play videos; a shopper is led there and nothing of theirs runs on ours."""

MP4_BRANDS = (
    b"isom",
    b"iso2",
    b"iso4",
    b"iso5",
    b"iso6",
    b"mp41",
    b"mp42",
    b"avc1",
    b"M4V ",
    b"dash",
)
EBML = b"\x1a\x45\xdf\xa3"
HEAD_BYTES = 64


def kind_of(body: bytes) -> tuple[str, str]:
    """Tell content type and extension of a video by its first bytes. Raises `PictureRefused`."""
    if len(body) > BYTES_MAX:
        raise PictureRefused(PictureProblem.TOO_LARGE)
    if body[4:8] == b"ftyp" and body[8:12] in MP4_BRANDS:
        return "video/mp4", "mp4"
    if body.startswith(EBML) and b"webm" in body[:HEAD_BYTES]:
        return "video/webm", "webm"
    raise PictureRefused(PictureProblem.UNKNOWN_KIND)


def is_page(url: str) -> bool:
    """Whether an address is a page of a company that plays videos. Refuses `catalog.media_wrong`.

    Anything else has to be a file on https.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise MediaWrong(f"{url[:200]!r} is no address of a video") from None
    if (
        parts.scheme != "https"
        or not parts.hostname
        or "@" in parts.netloc
        or len(url.split()) != 1
    ):
        raise MediaWrong(f"{url[:200]!r} is no https address of a video")
    return parts.hostname in HOSTS
