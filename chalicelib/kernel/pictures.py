"""Pictures as Souk keeps them: one address tells which sizes and kinds of a picture there are.

`…/products/<digest>-1600x1200/640.jpg` is a picture of at most 1600 by 1200 pixels; beside it lie
every narrower one of `WIDTHS` and, of each, a WebP. So whoever holds an address (a card, a cart, an
order of last year) can show the size that fits, without asking.
"""

import re

from msgspec import Struct

WIDTHS = (160, 320, 640, 960, 1600)
_KEPT = re.compile(r"(.*/[0-9a-f]{32}-([1-9][0-9]{0,4})x([1-9][0-9]{0,4})/)[1-9][0-9]{0,4}\.jpg")


class Rendition(Struct, frozen=True):
    """One size of a picture, in both kinds."""

    width: int
    height: int
    webp: str
    jpeg: str


def widths_of(width: int) -> tuple[int, ...]:
    """The widths that a picture of some width is kept in: never wider than it is."""
    narrower = tuple(one for one in WIDTHS[:-1] if one < width)
    return (*narrower, min(width, WIDTHS[-1]))


def height_at(width: int, full: tuple[int, int]) -> int:
    """How high a picture of a full size is at a width; at least one pixel."""
    return max(1, round(full[1] * width / full[0]))


def folder_of(digest: str, full: tuple[int, int]) -> str:
    """Name the folder of a picture, after its bytes and its full size."""
    return f"{digest[:32]}-{full[0]}x{full[1]}"


def renditions(url: str) -> tuple[Rendition, ...]:
    """Read from an address which sizes there are, narrowest first; none for a foreign address."""
    found = _KEPT.fullmatch(url)
    if found is None:
        return ()
    folder, full = found.group(1), (int(found.group(2)), int(found.group(3)))
    return tuple(
        Rendition(width, height_at(width, full), f"{folder}{width}.webp", f"{folder}{width}.jpg")
        for width in widths_of(full[0])
    )
