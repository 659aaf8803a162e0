"""Still lifes: things on a pastel ground in soft light, out of emoji of 256 pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from demo.colour import Shade, recoloured

SIDE_PX = 800
THING_PX = 500
"""The side of a square with as much room as a thing of scale 1 takes."""
THING_PX_MAX = 620
QUALITY_FIRST = 92
QUALITY_STEP = 4
SIZE_BYTES_MAX = 25 * 1024
ALPHA_SEEN = 12
SOLID = 245
BLEED_PX = (1.5, 5, 16)

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing in a scene: which emoji, in which colour, how big and where.

    `x` is the middle and `y` the foot as parts of the scene's width and height; without a `y` the
    thing stands in the middle of it. `angle` turns against the clock.
    """

    emoji: str
    colour: str | None = None
    scale: float = 1.0
    x: float = 0.5
    y: float | None = None
    angle: float = 0.0


@dataclass(frozen=True)
class Studio:
    """Takes pictures of the emoji in a folder."""

    folder: Path

    def picture(self, things: Sequence[Thing], tint: str, size: Size = (SIDE_PX, SIDE_PX)) -> bytes:
        """Return the scene as WebP of at most 25 KiB; things further ahead come later."""
        canvas = Image.new("RGB", size, tint)
        for thing in things:
            self._place(canvas, thing, tint)
        return _webp(canvas)

    def _place(self, canvas: Image.Image, thing: Thing, tint: str) -> None:
        cutout = self._cutout(thing, canvas.height)
        left = round(thing.x * canvas.width - cutout.width / 2)
        if thing.y is None:
            top = round((canvas.height - cutout.height) / 2 - 0.012 * canvas.height)
        else:
            top = round(thing.y * canvas.height - cutout.height)
        _shadow(canvas, cutout, (left, top), tint)
        canvas.paste(cutout, (left, top), cutout)

    def _file(self, emoji: str) -> Path:
        """Find an emoji by its code point; some files spell out that they mean the picture."""
        plain = self.folder / f"{emoji}.webp"
        return plain if plain.exists() else self.folder / f"{emoji}-fe0f.webp"

    def _cutout(self, thing: Thing, height: int) -> Image.Image:
        emoji = _emoji(self._file(thing.emoji), thing.colour)
        turned = emoji.rotate(thing.angle, Image.Resampling.BICUBIC, expand=True)
        turned = turned.crop(_extent(turned))
        room = height / SIDE_PX * thing.scale
        wanted = THING_PX * room / (turned.width * turned.height) ** 0.5
        factor = min(wanted, THING_PX_MAX * room / max(turned.size))
        return _sized(turned, factor)


@cache
def _emoji(path: Path, colour: str | None) -> Image.Image:
    picture = _cleaned(Image.open(path).convert("RGBA"))
    return recoloured(picture, colour) if colour else picture


def _cleaned(picture: Image.Image) -> Image.Image:
    """Take away what lossy compression did: specks of colour, and pale dots along the outline.

    The colours run out over the outline, so that no filter later mixes in what lies outside.
    """
    luma, blue, red = picture.convert("RGB").convert("YCbCr").split()
    chroma = (plane.filter(ImageFilter.MedianFilter(5)) for plane in (blue, red))
    solid = Image.merge("YCbCr", (luma, *chroma)).convert("RGB")
    outline = picture.getchannel("A")
    inside = outline.point(lambda value: 255 if value >= SOLID else 0)
    inside = inside.filter(ImageFilter.MinFilter(3))
    for radius in BLEED_PX:
        spread = Image.merge("RGBA", (*solid.split(), inside)).convert("RGBa")
        spread = spread.filter(ImageFilter.GaussianBlur(radius)).convert("RGBA")
        known = spread.getchannel("A").point(lambda value: 255 if value else 0)
        missing = ImageChops.subtract(known, inside)
        solid.paste(spread.convert("RGB"), (0, 0), missing)
        inside = ImageChops.lighter(inside, missing)
    solid.putalpha(outline)
    return solid


def _extent(picture: Image.Image) -> tuple[int, int, int, int]:
    box = picture.getchannel("A").point(lambda value: 255 if value > ALPHA_SEEN else 0).getbbox()
    assert box, "an emoji is not empty"
    return box


def _sized(picture: Image.Image, factor: float) -> Image.Image:
    """Scale colours and outline apart; sharpen what is enlarged, steepen its outline."""
    size = (round(picture.width * factor), round(picture.height * factor))
    colours = picture.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    outline = picture.getchannel("A").resize(size, Image.Resampling.BICUBIC)
    if factor > 1:
        colours = colours.filter(ImageFilter.UnsharpMask(1.1 * factor, 60, 1))
        steep = 1 + 0.9 * (factor - 1)
        outline = outline.filter(ImageFilter.GaussianBlur(0.45 * factor))
        outline = outline.point(lambda value: _clamp((value - 150) * steep + 140))
    colours.putalpha(outline)
    return colours


def _shadow(canvas: Image.Image, cutout: Image.Image, corner: tuple[int, int], tint: str) -> None:
    """Lay a wide soft shadow and a small dark one where the thing meets the ground."""
    shade = Shade.of(
        tuple(value / 255 for value in Image.new("RGB", (1, 1), tint).getpixel((0, 0)))
    )
    ink = Shade(0.36, min(0.07, shade.chroma * 1.6 + 0.01), shade.hue).rgb()
    colour = tuple(round(value * 255) for value in ink)
    unit = canvas.height / SIDE_PX
    middle, foot = corner[0] + cutout.width / 2, corner[1] + cutout.height
    low = cutout.crop((0, round(cutout.height * 0.72), cutout.width, cutout.height))
    left, _, right, _ = _extent(low)
    middle = corner[0] + (left + right) / 2
    for width, depth, blur, strength in (
        (0.5 * cutout.width + 0.32 * (right - left), 58 * unit, 26 * unit, 0.30),
        (0.86 * (right - left), 20 * unit, 9 * unit, 0.34),
    ):
        mask = Image.new("L", canvas.size, 0)
        box = (middle - width / 2, foot - depth * 0.62, middle + width / 2, foot + depth * 0.38)
        ImageDraw.Draw(mask).ellipse(box, fill=round(255 * strength))
        canvas.paste(colour, (0, 0), mask.filter(ImageFilter.GaussianBlur(blur)))


def _webp(picture: Image.Image) -> bytes:
    for quality in range(QUALITY_FIRST, 0, -QUALITY_STEP):
        out = BytesIO()
        picture.save(out, "WEBP", quality=quality, method=6)
        if out.tell() <= SIZE_BYTES_MAX:
            return out.getvalue()
    raise AssertionError("a scene of few things fits at some quality")


def _clamp(value: float) -> int:
    return min(255, max(0, round(value)))
