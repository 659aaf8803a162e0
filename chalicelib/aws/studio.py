"""Painting pictures anew in the sizes that pages show.

Nothing of the file that was handed in is kept but its pixels: no EXIF, so no place and no camera; no profile,
for colours are turned into sRGB before; the way up is applied. Of what moves, the first picture.
One picture at a time is decoded, for a large one takes a quarter of the worker's memory.
"""

import hashlib
import threading
import warnings
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from msgspec import Struct

from chalicelib.aws.observe import logger
from chalicelib.kernel.pictures import WIDTHS, folder_of, height_at, widths_of
from chalicelib.kernel.picturing import (
    PictureProblem,
    PictureRefused,
    check_bytes,
    check_size,
)

if TYPE_CHECKING:
    from PIL.Image import Image

KINDS = ("JPEG", "PNG", "GIF", "WEBP")
MANNER = b"souk-1"
"""Goes into the digest: painting in another manner gives other addresses, for all are cached."""

WEBP = {"quality": 78, "method": 2}
"""A slower method saves a tenth of the bytes at twice the time."""
JPEG = {"quality": 82}
PAPER = (255, 255, 255)
_one_at_a_time = threading.Lock()


class Painted(Struct, frozen=True):
    """A picture in all its sizes: files by name within `folder`, the largest size, its mean colour."""

    folder: str
    width: int
    height: int
    colour: str
    files: dict[str, bytes]


def paint(body: bytes) -> Painted:
    """Paint a picture anew in every size. Raises `PictureRefused`."""
    check_bytes(body)
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damaged metadata, which is not kept
        image = _decoded(body)
        full = (widths_of(image.width)[-1], height_at(widths_of(image.width)[-1], image.size))
        files: dict[str, bytes] = {}
        for width in reversed(widths_of(image.width)):
            image = _narrowed(image, width, full)
            files[f"{width}.webp"] = _saved(image, "WEBP", WEBP)
            files[f"{width}.jpg"] = _saved(_on_paper(image), "JPEG", JPEG)
        digest = hashlib.sha256(MANNER + body).hexdigest()
        return Painted(folder_of(digest, full), *full, _colour(image), files)


def paint_squares(body: bytes, sides_px: Sequence[int]) -> dict[str, bytes]:
    """Paint the middle of a picture anew as squares: files by name. Raises `PictureRefused`."""
    from PIL import ImageOps
    from PIL.Image import Resampling

    check_bytes(body)
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damaged metadata, which is not kept
        image = _decoded(body)
        files: dict[str, bytes] = {}
        for side in sides_px:
            square = ImageOps.fit(image, (side, side), Resampling.LANCZOS)
            files[f"{side}.webp"] = _saved(square, "WEBP", WEBP)
            files[f"{side}.jpg"] = _saved(_on_paper(square), "JPEG", JPEG)
        return files


def _decoded(body: bytes) -> "Image":
    from PIL import Image, ImageOps

    try:
        with Image.open(BytesIO(body), formats=KINDS) as opened:
            check_size(*opened.size)
            opened.draft("RGB", (WIDTHS[-1], WIDTHS[-1]))
            opened.load()
            upright = ImageOps.exif_transpose(opened)
            return _in_srgb(upright)
    except PictureRefused:
        raise
    except Image.DecompressionBombError:
        raise PictureRefused(PictureProblem.TOO_MANY_PIXELS) from None
    except Exception as broken:  # noqa: BLE001 - a decoder fed with anything raises anything
        logger().info("picture broken", extra={"reason": type(broken).__name__})
        raise PictureRefused(PictureProblem.BROKEN) from None


def _in_srgb(image: "Image") -> "Image":
    """Give the pixels in sRGB, with transparency where there is some."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if profile and image.mode in {"RGB", "CMYK"}:
        try:
            found = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
        except (ImageCms.PyCMSError, OSError):
            found = None
        image = found or image
    return image.convert(mode)


def _narrowed(image: "Image", width: int, full: tuple[int, int]) -> "Image":
    from PIL.Image import Resampling

    size = (width, height_at(width, full))
    if image.size == size:
        return image
    return image.resize(size, Resampling.HAMMING, reducing_gap=2.0)


def _on_paper(image: "Image") -> "Image":
    from PIL import Image

    if image.mode == "RGB":
        return image
    paper = Image.new("RGB", image.size, PAPER)
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _saved(image: "Image", kind: str, manner: dict[str, int | bool]) -> bytes:
    """Encode the pixels alone: what came with the file is left behind."""
    bare = image.copy()
    bare.info = {}
    out = BytesIO()
    bare.save(out, kind, **manner)
    return out.getvalue()


def _colour(image: "Image") -> str:
    red, green, blue = _on_paper(image).resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    return f"#{red:02x}{green:02x}{blue:02x}"
