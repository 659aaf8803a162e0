"""Pictures of the shop itself: its sign, its categories, the three scenes of the home page."""

from io import BytesIO

from PIL import Image, ImageDraw

from demo.scene import Thing

HERO_PX = (1200, 480)
CATEGORY_PX = (400, 400)
PLACEHOLDER_PX = (800, 800)
FAVICON_PX = 32
PRIMARY, PAPER, SAFFRON = "#0f5c5c", "#fbfaf7", "#e3a008"
PLACEHOLDER_TINT, PLACEHOLDER_INK = "#ece8df", "#d3ccbd"
SMOOTH = 8
"""Drawn so many times as large, then reduced: Pillow's polygons have no soft edges."""
CURVE_STEPS = 24

GATE = (
    ((14, 54), (14, 32)),
    ((14, 32), (14, 18), (32, 8)),
    ((32, 8), (50, 18), (50, 32)),
    ((50, 32), (50, 54)),
    ((50, 54), (40, 54)),
    ((40, 54), (40, 34)),
    ((40, 34), (40, 27), (32, 22)),
    ((32, 22), (24, 27), (24, 34)),
    ((24, 34), (24, 54)),
)
"""The sign, a market gate, on 64 by 64: lines and quadratic curves, as in static/img/*.svg."""
LANTERN = (32, 38, 4)

CATEGORIES = {
    "clothing": ("1f457", "1f9e5", "1f455"),
    "tops": ("1f454", "1f455"),
    "bottoms-and-dresses": ("1f456", "1f457"),
    "outerwear": ("1f9ba", "1f9e5"),
    "shoes": ("1f97e", "1f45f"),
    "bags-and-hats": ("1f452", "1f392"),
    "home": ("1f6cb", "1f570", "1fad6"),
    "kitchen-and-dining": ("1f963", "1fad6"),
    "furniture-and-bedding": ("1fa91", "1f6cb"),
    "lighting-and-decor": ("1f570", "1f3ee"),
    "bath-and-beauty": ("1f9f4", "1f9fc"),
    "plants-and-garden": ("1f337", "1fab4"),
    "electronics": ("1f4fa", "1f3a7", "1f4f7"),
    "audio": ("1f4fb", "1f3a7"),
    "cameras-and-optics": ("1f4f7", "1f52d"),
    "computing-and-gaming": ("1f4bb", "1f3ae"),
    "leisure": ("1f3b8", "1f6f4", "1f9f8"),
    "instruments": ("1f3bb", "1f3ba"),
    "sports-and-camping": ("26fa", "1f3c0"),
    "toys-and-games": ("1f3b2", "1f9f8"),
    "books-and-stationery": ("1f4d5", "1f58b"),
    "food": ("1f36f", "1f96e", "1f375"),
    "sweets-and-snacks": ("1f36b", "1f36a"),
    "pantry-and-tea": ("1f36f", "1f375"),
    "other": ("1f4e6",),
}
"""What stands for a category, those behind first."""

HEROES = {
    "hero-tea": (
        "#f6e7d8",
        (
            Thing("1f3ee", None, 0.72, x=0.9, y=0.72),
            Thing("1fab4", None, 0.66, x=0.47, y=0.74),
            Thing("1fad6", None, 1.06, x=0.68, y=0.88),
            Thing("1f375", None, 0.52, x=0.86, y=0.92),
            Thing("1f96e", None, 0.36, x=0.53, y=0.94),
        ),
    ),
    "hero-sound": (
        "#dcedf0",
        (
            Thing("1f3b8", None, 0.86, x=0.88, y=0.76),
            Thing("1f4fb", None, 0.74, x=0.5, y=0.76),
            Thing("1f3a7", "black", 1.0, x=0.7, y=0.9),
            Thing("1f4f7", None, 0.46, x=0.52, y=0.94),
            Thing("1f3a4", None, 0.4, x=0.9, y=0.94),
        ),
    ),
    "hero-outdoors": (
        "#dfeee6",
        (
            Thing("26fa", None, 0.82, x=0.5, y=0.72),
            Thing("2602", "red", 0.74, x=0.885, y=0.72),
            Thing("1f392", "blue", 0.98, x=0.71, y=0.88),
            Thing("1f97e", None, 0.54, x=0.53, y=0.93),
            Thing("1f9ed", None, 0.34, x=0.83, y=0.95),
        ),
    ),
}
"""Scenes for the home page, their left part free for words."""


def category_scene(slug: str) -> list[Thing]:
    """Arrange what stands for a category."""
    match CATEGORIES[slug]:
        case (one,):
            return [Thing(one, None, 1.08)]
        case (behind, front):
            return [
                Thing(behind, None, 0.74, x=0.36, y=0.66),
                Thing(front, None, 0.9, x=0.6, y=0.84),
            ]
        case (left, right, front):
            return [
                Thing(left, None, 0.7, x=0.29, y=0.62),
                Thing(right, None, 0.7, x=0.72, y=0.62),
                Thing(front, None, 0.78, x=0.5, y=0.86),
            ]
        case more:
            raise AssertionError(f"{slug}: one to three things, not {len(more)}")


def placeholder() -> bytes:
    """Draw what is shown where a product's picture is not there yet: the sign, hardly darker."""
    side = PLACEHOLDER_PX[0]
    picture = Image.new("RGB", (side * 2, side * 2), PLACEHOLDER_TINT)
    _sign(picture, PLACEHOLDER_INK, PLACEHOLDER_INK, inset=0.31)
    out = BytesIO()
    picture.resize(PLACEHOLDER_PX, Image.Resampling.LANCZOS).save(out, "WEBP", quality=90, method=6)
    return out.getvalue()


def favicon() -> bytes:
    """Draw the sign as a PNG for programs that know no SVG."""
    side = FAVICON_PX * SMOOTH
    picture = Image.new("RGBA", (side, side), "#00000000")
    ImageDraw.Draw(picture).rounded_rectangle((0, 0, side - 1, side - 1), side * 14 // 64, PRIMARY)
    _sign(picture, PAPER, SAFFRON, inset=0.0)
    out = BytesIO()
    picture.resize((FAVICON_PX, FAVICON_PX), Image.Resampling.LANCZOS).save(
        out, "PNG", optimize=True
    )
    return out.getvalue()


def _sign(picture: Image.Image, gate: str, lantern: str, *, inset: float) -> None:
    margin = picture.width * inset
    unit = (picture.width - 2 * margin) / 64
    draw = ImageDraw.Draw(picture)
    corners = [point for part in GATE for point in _along(part)]
    draw.polygon([(margin + x * unit, margin + y * unit) for x, y in corners], fill=gate)
    x, y, radius = (value * unit for value in LANTERN)
    x, y = x + margin, y + margin
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=lantern)


def _along(part: tuple[tuple[int, int], ...]) -> list[tuple[float, float]]:
    """Points of a line, or of a quadratic curve given by its start, pull and end."""
    if len(part) == 2:
        return [(float(x), float(y)) for x, y in part]
    (x0, y0), (x1, y1), (x2, y2) = part
    steps = [step / CURVE_STEPS for step in range(CURVE_STEPS + 1)]
    return [
        (
            (1 - t) ** 2 * x0 + 2 * (1 - t) * t * x1 + t**2 * x2,
            (1 - t) ** 2 * y0 + 2 * (1 - t) * t * y1 + t**2 * y2,
        )
        for t in steps
    ]
