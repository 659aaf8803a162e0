"""Recolouring: a colour name and a picture in, the same thing in that colour out.

Works in OKLCH (Björn Ottosson, https://bottosson.github.io/posts/oklab/), where turning the hue
leaves the shading as it was, so that a blue teapot looks as glossy as the red one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from PIL import Image, ImageFilter

LUT_SIZE = 33
SAMPLE_SIDE = 48
CHROMA_GREY = 0.03
"""Below this a pixel counts as grey: highlights, metal, soles, paper."""
CHROMA_COLOURED = 0.075
HUE_REACH_DEG = 42
HUE_FADE_DEG = 20
DARK = 0.34

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Shade:
    """A colour as people see it: lightness 0 to 1, chroma about 0 to 0.3, hue in degrees."""

    lightness: float
    chroma: float
    hue: float

    @classmethod
    def of(cls, rgb: Rgb) -> Self:
        red, green, blue = (_linear(value) for value in rgb)
        long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
        medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
        short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
        lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
        a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
        b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
        return cls(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)

    def rgb(self) -> Rgb:
        """The nearest colour that a screen can show, paler where the chroma is out of reach."""
        chroma = self.chroma
        while chroma > 0 and not all(-0.001 <= value <= 1.001 for value in self._rgb(chroma)):
            chroma -= 0.004
        red, green, blue = (min(1.0, max(0.0, value)) for value in self._rgb(max(chroma, 0.0)))
        return red, green, blue

    def _rgb(self, chroma: float) -> Rgb:
        lightness = min(1.0, max(0.0, self.lightness))
        a = chroma * math.cos(math.radians(self.hue))
        b = chroma * math.sin(math.radians(self.hue))
        long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
        medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
        short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
        return (
            _gamma(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
            _gamma(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
            _gamma(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
        )


PALETTE = {
    "amber": Shade(0.78, 0.15, 72),
    "black": Shade(0.33, 0.012, 290),
    "blue": Shade(0.62, 0.17, 255),
    "blush": Shade(0.85, 0.07, 15),
    "camel": Shade(0.75, 0.09, 70),
    "celadon": Shade(0.79, 0.07, 165),
    "charcoal": Shade(0.42, 0.015, 270),
    "coral": Shade(0.72, 0.16, 30),
    "forest": Shade(0.5, 0.1, 152),
    "indigo": Shade(0.47, 0.14, 272),
    "lavender": Shade(0.78, 0.1, 300),
    "lemon": Shade(0.88, 0.15, 98),
    "lilac": Shade(0.78, 0.11, 308),
    "mint": Shade(0.86, 0.09, 165),
    "moss": Shade(0.6, 0.09, 130),
    "mustard": Shade(0.77, 0.14, 82),
    "navy": Shade(0.4, 0.1, 265),
    "oak": Shade(0.72, 0.08, 70),
    "olive": Shade(0.6, 0.09, 112),
    "orange": Shade(0.74, 0.17, 55),
    "pink": Shade(0.72, 0.18, 355),
    "plum": Shade(0.48, 0.13, 335),
    "raspberry": Shade(0.6, 0.2, 8),
    "red": Shade(0.62, 0.21, 26),
    "rose": Shade(0.76, 0.12, 8),
    "sage": Shade(0.74, 0.06, 142),
    "sand": Shade(0.84, 0.05, 82),
    "sky": Shade(0.76, 0.11, 235),
    "slate": Shade(0.55, 0.03, 250),
    "teal": Shade(0.62, 0.1, 195),
    "violet": Shade(0.58, 0.2, 295),
    "white": Shade(0.94, 0.006, 280),
}


def recoloured(picture: Image.Image, name: str) -> Image.Image:
    """Turn a picture's main colour into the named one of the palette.

    The main colour is the hue that carries most chroma; pixels of other hues stay. A picture that
    is grey nearly everywhere is painted instead.
    """
    target = PALETTE[name]
    source = _main_shade(picture)
    change = _painting(target, source) if source.chroma == 0 else _turning(target, source)
    lut = ImageFilter.Color3DLUT.generate(
        LUT_SIZE, lambda r, g, b: change(Shade.of((r, g, b))).rgb()
    )
    coloured = picture.convert("RGB").filter(lut)
    coloured.putalpha(picture.getchannel("A"))
    return coloured


def _turning(target: Shade, source: Shade) -> Callable[[Shade], Shade]:
    """Move pixels around the source's hue to the target, keeping their distance in lightness."""
    strength = target.chroma / source.chroma

    def change(seen: Shade) -> Shade:
        off = (seen.hue - source.hue + 180) % 360 - 180
        weight = _fall(abs(off), HUE_REACH_DEG, HUE_REACH_DEG + HUE_FADE_DEG)
        weight *= 1 - _fall(seen.chroma, CHROMA_GREY, 2 * CHROMA_GREY)
        lightness = target.lightness + (seen.lightness - source.lightness) * 0.9
        return _between(
            seen, Shade(lightness, seen.chroma * strength, target.hue + off * 0.35), weight
        )

    return change


def _painting(target: Shade, source: Shade) -> Callable[[Shade], Shade]:
    """Give grey pixels the target's colour; the very dark and the coloured ones stay."""

    def change(seen: Shade) -> Shade:
        weight = _fall(seen.chroma, CHROMA_GREY, CHROMA_COLOURED)
        weight *= 1 - _fall(seen.lightness, DARK, DARK + 0.12)
        lightness = target.lightness + (seen.lightness - source.lightness) * 0.85
        return _between(seen, Shade(lightness, target.chroma, target.hue), weight)

    return change


def _between(one: Shade, other: Shade, weight: float) -> Shade:
    """Mix as lights mix: straight through the colour solid, not around the hue circle."""
    a, b = (
        (1 - weight) * one.chroma * turn(math.radians(one.hue))
        + weight * other.chroma * turn(math.radians(other.hue))
        for turn in (math.cos, math.sin)
    )
    lightness = (1 - weight) * one.lightness + weight * other.lightness
    return Shade(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def _main_shade(picture: Image.Image) -> Shade:
    """Mean shade around the hue that most chroma lies at; chroma 0 where nearly all is grey."""
    small = picture.resize((SAMPLE_SIDE, SAMPLE_SIDE), Image.Resampling.BOX)
    raw = small.tobytes()
    seen = [
        Shade.of((raw[i] / 255, raw[i + 1] / 255, raw[i + 2] / 255))
        for i in range(0, len(raw), 4)
        if raw[i + 3] > 200
    ]
    coloured = [shade for shade in seen if shade.chroma >= CHROMA_COLOURED]
    if len(coloured) < len(seen) * 0.15:
        grey = [shade for shade in seen if shade.lightness > DARK] or seen
        return Shade(sum(shade.lightness for shade in grey) / len(grey), 0.0, 0.0)
    bins = [0.0] * 36
    for shade in coloured:
        bins[int(shade.hue // 10) % 36] += shade.chroma
    smooth = [
        bins[i - 2] + bins[i - 1] + bins[i] + bins[(i + 1) % 36] + bins[(i + 2) % 36]
        for i in range(36)
    ]
    peak = smooth.index(max(smooth)) * 10 + 5
    near = [s for s in coloured if abs((s.hue - peak + 180) % 360 - 180) <= HUE_REACH_DEG]
    offs = [((s.hue - peak + 180) % 360 - 180) * s.chroma for s in near]
    chroma = sum(s.chroma for s in near)
    return Shade(
        sum(s.lightness for s in near) / len(near),
        chroma / len(near),
        (peak + sum(offs) / chroma) % 360,
    )


def _fall(value: float, start: float, end: float) -> float:
    """1 up to start, 0 from end on, smooth in between."""
    along = min(1.0, max(0.0, (value - start) / (end - start)))
    return 1 - along * along * (3 - 2 * along)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _gamma(value: float) -> float:
    if value <= 0.0031308:
        return value * 12.92
    return 1.055 * value ** (1 / 2.4) - 0.055
