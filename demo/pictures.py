"""Makes the demo's pictures: `python -m demo.pictures <folder of the npm package> [name…]`.

The package is `@lobehub/fluent-emoji-3d` 1.1.0 (`npm pack` fetches it, `tar xf` unpacks it). Run by
hand when goods change, for all pictures or for those whose names begin as told; the outcome is
committed, and the same input gives the same bytes with the same Pillow.
"""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from chalicelib.contexts.catalog.model.categories import OTHER, CategoryTree, tree_of
from demo import house
from demo.goods import FOLDER, RANGE_MAX, Goods, View, goods_of, merchants
from demo.scene import SIDE_PX, Size, Studio, Thing

FOUND = FOLDER.parent / "static" / "demo"
SIGNS = FOLDER.parent / "static" / "img"
SMALL = 0.55
"""Up to this scale a thing lies before what it keeps company, not behind it."""
TINTS = {
    "clothing": "#e3e9f5",
    "tops": "#e3e9f5",
    "bottoms-and-dresses": "#f7e1e0",
    "outerwear": "#ece8df",
    "shoes": "#dfeee6",
    "bags-and-hats": "#f6e7d8",
    "home": "#f6e7d8",
    "kitchen-and-dining": "#f6e7d8",
    "furniture-and-bedding": "#ece8df",
    "lighting-and-decor": "#f5efcf",
    "bath-and-beauty": "#dcedf0",
    "plants-and-garden": "#dfeee6",
    "electronics": "#dcedf0",
    "audio": "#dcedf0",
    "cameras-and-optics": "#ece8df",
    "computing-and-gaming": "#e3e9f5",
    "leisure": "#eee6f4",
    "instruments": "#eee6f4",
    "sports-and-camping": "#dfeee6",
    "toys-and-games": "#f5efcf",
    "books-and-stationery": "#e3e9f5",
    "food": "#f5efcf",
    "sweets-and-snacks": "#f7e1e0",
    "pantry-and-tea": "#f5efcf",
    "other": "#ece8df",
}
"""The pastel of each category, the same as in the stylesheet's tints."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture to be taken; its name is that of its file without the ending."""

    name: str
    things: list[Thing]
    tint: str
    size: Size = (SIDE_PX, SIDE_PX)


def scene(goods: Goods, view: View) -> list[Thing]:
    """Arrange the things of one picture, those behind first."""
    emoji = goods.emoji
    colours = [goods.colours[value] or None for value in goods.colours] or [None]
    match view.scene:
        case "front":
            return [Thing(emoji, goods.colours.get(view.colour) or None)]
        case "turned":
            return [Thing(emoji, colours[0], 0.96, angle=-13)]
        case "pair":
            behind = Thing(emoji, colours[0], 0.62, x=0.33, y=0.66, angle=6)
            return [behind, Thing(emoji, colours[0], 0.86, x=0.59, y=0.8)]
        case "range" if len(colours[:RANGE_MAX]) == RANGE_MAX:
            return [
                Thing(emoji, colours[1], 0.62, x=0.29, y=0.64),
                Thing(emoji, colours[2], 0.62, x=0.71, y=0.64),
                Thing(emoji, colours[0], 0.74, x=0.5, y=0.82),
            ]
        case "range":
            behind = Thing(emoji, colours[1], 0.7, x=0.33, y=0.64)
            return [behind, Thing(emoji, colours[0], 0.78, x=0.63, y=0.8)]
        case _:
            assert goods.beside, view.name
            prop, front = goods.beside, Thing(emoji, colours[0], 0.84, x=0.6, y=0.81)
            if prop.scale <= SMALL:
                return [front, Thing(prop.emoji, None, prop.scale, x=0.25, y=0.86)]
            return [Thing(prop.emoji, None, prop.scale, x=0.3, y=0.68), front]


def wanted(tree: CategoryTree) -> Iterator[Wanted]:
    """Go through all pictures: those of the goods, of the categories and of the home page."""
    for merchant in merchants():
        for goods in goods_of(merchant):
            tint = TINTS[category_of(tree, goods)]
            for view in goods.views:
                yield Wanted(view.name, scene(goods, view), tint)
    for category in tree.categories:
        things = house.category_scene(category.slug)
        tint = TINTS[category.slug]
        yield Wanted(f"category-{category.slug}", things, tint, house.CATEGORY_PX)
    for name, (tint, arranged) in house.HEROES.items():
        yield Wanted(name, list(arranged), tint, house.HERO_PX)


def category_of(tree: CategoryTree, goods: Goods) -> str:
    """The slug of the category that an import will find for a product."""
    words = (goods.google, goods.type, ", ".join(goods.tags), goods.title)
    return tree.by_id[tree.place(words) or OTHER].slug


def main(package: Path, *beginnings: str) -> None:
    """Write pictures anew and say what they weigh; throw those away that nothing shows."""
    studio = Studio(package / "assets")
    tree = tree_of(json.loads((FOLDER / "categories.json").read_text(encoding="utf-8")))
    shown = list(wanted(tree))
    for stale in {path.stem for path in FOUND.glob("*.webp")} - {one.name for one in shown}:
        (FOUND / f"{stale}.webp").unlink()
    todo = [one for one in shown if one.name.startswith(beginnings or "")]
    total = 0
    with ProcessPoolExecutor() as pool:
        taken = pool.map(
            studio.picture,
            [one.things for one in todo],
            [one.tint for one in todo],
            [one.size for one in todo],
        )
        for one, picture in zip(todo, taken, strict=True):
            (FOUND / f"{one.name}.webp").write_bytes(picture)
            total += len(picture)
    (SIGNS / "placeholder.webp").write_bytes(house.placeholder())
    (SIGNS / "favicon-32.png").write_bytes(house.favicon())
    print(f"{len(todo)} pictures, {total / 1_000_000:.1f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
