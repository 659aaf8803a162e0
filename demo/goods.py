"""What the demo's merchants sell, read from `goods/<merchant>.toml`.

A table `[[goods]]` holds: `handle`, `title`, `type`, `tags`, `en`, `points` and `zh` (the
description), `price`, `was` and `step` (pence; each further size costs a step more), `grams`,
`stock` (goes round the variants), `code` (stem of the SKUs), `emoji`, and where there is a choice
`colours` (option value to palette name, "" as pictured) and `sizes`, with `colour_name` and
`size_name` for what they are called. `attributes` are what `categories.json` asks of the product's
category, by name. `scenes` and `beside` say which further pictures there are.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path

FOLDER = Path(__file__).parent
SCENES = ("range", "pair", "turned", "beside")
RANGE_MAX = 3
_NOT_CODE = re.compile(r"[^A-Za-z0-9.]+")


@dataclass(frozen=True, slots=True)
class Beside:
    """What lies next to a product in a picture: an emoji, what it is in words, how big."""

    emoji: str
    what: str
    scale: float = 0.6


@dataclass(frozen=True, slots=True)
class View:
    """One picture of a product: its file's name without ending, its words, what it shows."""

    name: str
    alt: str
    scene: str
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Variant:
    """What is bought: its place in the options, price in pence, and opening stock."""

    sku: str
    values: tuple[str, ...]
    price: int
    was: int | None
    stock: int
    colour: str


@dataclass(frozen=True, kw_only=True)
class Goods:
    """One product as a table of the file says it."""

    handle: str
    title: str
    code: str
    emoji: str
    type: str
    tags: tuple[str, ...]
    price: int
    grams: int
    stock: tuple[int, ...]
    en: str
    zh: str
    points: tuple[str, ...]
    google: str = ""
    colour_name: str = "Colour"
    colours: Mapping[str, str]
    size_name: str = "Size"
    sizes: tuple[str, ...] = ()
    was: int | None = None
    step: int = 0
    published: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)
    scenes: tuple[str, ...] = ()
    beside: Beside | None = None

    @property
    def options(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Options with their values; none for a product that comes in one kind only."""
        both = ((self.colour_name, tuple(self.colours)), (self.size_name, self.sizes))
        return tuple((name, values) for name, values in both if values)

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        found = []
        for number, (colour, size) in enumerate(
            product(self.colours or ("",), self.sizes or ("",))
        ):
            extra = self.step * (self.sizes.index(size) if size else 0)
            values = tuple(value for value in (colour, size) if value)
            found.append(
                Variant(
                    sku="-".join([self.code, *(_code(value) for value in values)]),
                    values=values,
                    price=self.price + extra,
                    was=self.was + extra if self.was else None,
                    stock=self.stock[number % len(self.stock)],
                    colour=colour,
                )
            )
        return tuple(found)

    @cached_property
    def views(self) -> tuple[View, ...]:
        """Pictures in the order in which they are shown, a front for every colour first."""
        fronts = [
            View(
                f"{self.handle}-{_code(colour).lower()}", f"{self.title}, {colour}", "front", colour
            )
            for colour in self.colours
        ] or [View(self.handle, self.title, "front")]
        return (*fronts, *(self._view(scene) for scene in self._scenes))

    @property
    def _scenes(self) -> Iterator[str]:
        if self.scenes:
            yield from self.scenes
        elif self.beside:
            yield "beside"
        elif len(self.colours) > 1:
            yield "range"
        else:
            yield "pair"

    def _view(self, scene: str) -> View:
        match scene:
            case "range":
                words = f"{self.title} in {_listed(list(self.colours)[:RANGE_MAX])}"
            case "pair":
                words = f"{self.title}: two, one behind the other"
            case "turned":
                words = f"{self.title}, turned to the side"
            case _:
                assert self.beside, self.handle
                words = f"{self.title} next to {self.beside.what}"
        return View(f"{self.handle}-{scene}", words, scene)


def merchants() -> dict[str, str]:
    """Return the demo's merchants, in their order: code to English name."""
    described = json.loads((FOLDER / "merchants.json").read_text(encoding="utf-8"))
    return {merchant["code"]: merchant["name"]["en"] for merchant in described["merchants"]}


def goods_of(merchant: str) -> list[Goods]:
    """Read what a merchant sells."""
    path = FOLDER / "goods" / f"{merchant}.toml"
    return [_goods(table) for table in tomllib.loads(path.read_text(encoding="utf-8"))["goods"]]


def _goods(table: Mapping[str, object]) -> Goods:
    known = {
        key: tuple(value) if isinstance(value, list) else value for key, value in table.items()
    }
    known["colours"] = known.get("colours", {})
    if isinstance(beside := known.get("beside"), dict):
        known["beside"] = Beside(**beside)
    made = Goods(**known)  # type: ignore[arg-type]
    assert set(made.scenes) <= set(SCENES), made.handle
    return made


def _code(value: str) -> str:
    return _NOT_CODE.sub("-", value).strip("-").upper()


def _listed(words: list[str]) -> str:
    return ", ".join(words[:-1]) + " and " + words[-1]
