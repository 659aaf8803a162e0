"""Comparing products: what their attributes say, side by side, whatever the unit."""

from collections.abc import Sequence

from msgspec import Struct

from chalicelib.contexts.catalog.model.attributes import (
    Attribute,
    Described,
    Value,
    measured,
    rounded,
)
from chalicelib.contexts.catalog.model.units import UNITS

COMPARED_MAX = 4


class Row(Struct, frozen=True):
    """One attribute over all products; None where a product says nothing of it."""

    attribute: Attribute
    values: tuple[Value | None, ...]

    @property
    def is_different(self) -> bool:
        """Whether the products differ in it; the same length in other units is no difference."""
        return len({_meaning(value) for value in self.values}) > 1

    def shown(self, locale: str) -> list[str]:
        """Write the values in one unit, that of the first; empty where nothing is said."""
        return [_in_unit_of(self.attribute, value, locale) for value in self.values]


def compared(products: Sequence[Described]) -> list[Row]:
    """Lay products side by side: the attributes of the first, then what only others say."""
    found: dict[str, Attribute] = {}
    for described in products:
        for value in described.values:
            if value.attribute.is_comparable:
                found.setdefault(value.attribute.name, value.attribute)
    return [
        Row(attribute, tuple(one.find(name) for one in products))
        for name, attribute in found.items()
    ]


def _meaning(value: Value | None) -> str:
    if value is None:
        return ""
    size = value.size
    return value.text if size is None else f"{rounded(size):f}"


def _in_unit_of(attribute: Attribute, value: Value | None, locale: str) -> str:
    if value is None:
        return ""
    unit, own = UNITS.get(attribute.unit), UNITS.get(value.attribute.unit)
    if unit is None or own is None or value.size is None or unit.dimension != own.dimension:
        return value.shown(locale)
    return measured(value.size / unit.factor, unit, locale)
