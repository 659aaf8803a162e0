"""Typed attributes: what a category asks of its products, and what their values mean.

A product keeps what its merchant wrote, as text by name. What it means is read with the schema of
its category: so a schema may change, or a product move, and nothing that was said is lost. A value
that the schema cannot read, or does not ask for, is free text.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from chalicelib.contexts.catalog.model.refusals import AttributeMalformed
from chalicelib.contexts.catalog.model.units import UNITS, Unit, convert, unit_of
from chalicelib.kernel.errors import FieldError
from chalicelib.kernel.text import fold

NUMBER_MAX = Decimal(10) ** 12
PLACES_MAX = 4
TEXT_LENGTH_MAX = 255
TRUE = "true"
FALSE = "false"

_NUMBER = re.compile(r"([+-]?)([0-9][0-9,. ]*)(.*)", re.DOTALL)
_GROUPED = re.compile(r"[0-9]{1,3}([, ][0-9]{3})+(\.[0-9]+)?")
_PLAIN = re.compile(r"[0-9]+([.,][0-9]+)?")
_YES = frozenset({"true", "yes", "y", "1", "on", "with", "是", "有", "支持", "含", "对"})
_NO = frozenset(
    {"false", "no", "n", "0", "off", "without", "none", "否", "无", "没有", "不支持", "不含"}
)
SAID = {"en": {True: "Yes", False: "No"}, "zh-CN": {True: "是", False: "否"}}


class AttributeKind(StrEnum):
    """What values an attribute takes."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    BOOLEAN = "boolean"


class Choice(Struct, frozen=True):
    """One of an attribute's values: a stable `value`, and how each language says it.

    `words` are other ways in which merchants write it.
    """

    value: str
    label: dict[str, str]
    words: tuple[str, ...] = ()

    def named(self, locale: str) -> str:
        return self.label.get(locale) or self.label["en"]


class Attribute(Struct, frozen=True, kw_only=True):
    """What a category asks of its products. `unit` is the one that numbers are kept in."""

    name: str
    label: dict[str, str]
    kind: AttributeKind = AttributeKind.TEXT
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    is_filterable: bool = True
    is_comparable: bool = True

    def named(self, locale: str) -> str:
        """Return the label in a language, in English where that one is not there."""
        return self.label.get(locale) or self.label["en"]


Schema = tuple[Attribute, ...]


class Value(Struct, frozen=True):
    """What one attribute of a product means.

    A number is in the attribute's unit; a choice's text is its stable value, a boolean's `true` or
    `false`.
    """

    attribute: Attribute
    text: str
    number: Decimal | None = None

    @property
    def size(self) -> Decimal | None:
        """The number in its dimension's smallest unit, to be compared whatever the unit."""
        unit = UNITS.get(self.attribute.unit)
        return self.number * unit.factor if self.number is not None and unit else self.number

    @property
    def code(self) -> str:
        """The value as programs and addresses write it, whatever was written: `500 g`, `red`."""
        return f"{self.text} {self.attribute.unit}" if self.attribute.unit else self.text

    @property
    def labels(self) -> dict[str, str]:
        """What a choice is called, by language; empty for any other value."""
        return dict(_choices(self.attribute)[self.text].label) if self._is_choice else {}

    def shown(self, locale: str) -> str:
        """Write the value as a language does."""
        if self._is_choice:
            return _choices(self.attribute)[self.text].named(locale)
        if self.attribute.kind is AttributeKind.BOOLEAN:
            return SAID[locale][self.text == TRUE]
        if self.number is None:
            return self.text
        return measured(self.number, UNITS.get(self.attribute.unit), locale)

    @property
    def _is_choice(self) -> bool:
        return self.attribute.kind is AttributeKind.CHOICE


class Described(Struct, frozen=True):
    """A product's attributes, read: typed ones in the schema's order, the rest as written."""

    values: tuple[Value, ...]
    free: tuple[tuple[str, str], ...]

    def find(self, name: str) -> Value | None:
        return next((one for one in self.values if one.attribute.name == name), None)


class Unreadable(ValueError):
    """A value does not fit its attribute; `code` tells how."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def shown(attribute: Attribute, code: str, locale: str) -> str | None:
    """Write a value's `code` as a language does; None for one that the attribute does not have."""
    match attribute.kind:
        case AttributeKind.CHOICE:
            choice = next((one for one in attribute.choices if one.value == code), None)
            return choice.named(locale) if choice else None
        case AttributeKind.BOOLEAN:
            return SAID[locale][code == TRUE] if code in {TRUE, FALSE} else None
        case AttributeKind.NUMBER:
            value = _readable(attribute, code)
            return value.shown(locale) if value else None
        case AttributeKind.TEXT:
            return code


def inherited(levels: Iterable[Schema]) -> Schema:
    """Lay schemas over each other, the outermost first; a name that comes again is overridden."""
    found: dict[str, Attribute] = {}
    for schema in levels:
        found.update({attribute.name: attribute for attribute in schema})
    return tuple(found.values())


def read(attribute: Attribute, raw: str) -> Value:
    """Read what a merchant wrote. Raises `Unreadable` for what does not fit the attribute."""
    text = " ".join(unicodedata.normalize("NFKC", raw).split())
    match attribute.kind:
        case AttributeKind.NUMBER:
            number = _number(attribute, text)
            return Value(attribute, plain(number), number)
        case AttributeKind.BOOLEAN:
            return Value(attribute, _truth(text))
        case AttributeKind.CHOICE:
            return Value(attribute, _choice(attribute, text))
        case AttributeKind.TEXT:
            return Value(attribute, " ".join(raw.split())[:TEXT_LENGTH_MAX])


def describe(attributes: Mapping[str, str], schema: Schema) -> Described:
    """Read a product's attributes with the schema of its category; never refuses."""
    wanted = _names(schema)
    values: dict[str, Value] = {}
    free = []
    for name, raw in attributes.items():
        attribute = wanted.get(fold(name))
        value = _readable(attribute, raw) if attribute else None
        if value is None or value.attribute.name in values:
            free.append((name, raw))
        else:
            values[value.attribute.name] = value
    order = [attribute.name for attribute in schema]
    return Described(
        tuple(sorted(values.values(), key=lambda one: order.index(one.attribute.name))), tuple(free)
    )


def understood(
    pairs: Iterable[tuple[str, str]], schema: Schema
) -> list[tuple[str, str, Value | None]]:
    """Read names and values one by one; None beside those that the schema does not read."""
    wanted = _names(schema)
    return [
        (name, raw, _readable(attribute, raw) if (attribute := wanted.get(fold(name))) else None)
        for name, raw in pairs
    ]


def check_attributes(attributes: Mapping[str, str], schema: Schema) -> None:
    """Hold what a merchant says to the schema. Refuses `catalog.attribute_malformed`, each named."""
    wanted = _names(schema)
    errors = []
    for name, raw in attributes.items():
        attribute = wanted.get(fold(name))
        if attribute is None:
            continue
        try:
            read(attribute, raw)
        except Unreadable as problem:
            errors.append(FieldError(f"attributes.{name}", problem.code, f"{name}: {problem}"))
    if errors:
        raise AttributeMalformed("; ".join(error.detail for error in errors), errors=errors)


def measured(number: Decimal, unit: Unit | None, locale: str) -> str:
    """Write a number with its unit as a language does: `1,500 ml`, `1,500毫升`."""
    written = f"{rounded(number):,f}"
    if unit is None:
        return written
    name = unit.named(locale)
    is_joined = unit.dimension == "share" or (bool(name) and ord(name[0]) > 0x2E7F)
    return f"{written}{'' if is_joined else chr(0xA0)}{name}"


def plain(number: Decimal) -> str:
    """Write a number as programs read it: no grouping, no exponent, no idle zeros."""
    return f"{rounded(number):f}"


def rounded(number: Decimal) -> Decimal:
    """Round to four places and drop the zeros that say nothing."""
    cut = round(number, PLACES_MAX)
    whole = cut.to_integral_value()
    return Decimal(int(whole)) if cut == whole else cut.normalize()


def _readable(attribute: Attribute, raw: str) -> Value | None:
    try:
        return read(attribute, raw)
    except Unreadable:
        return None


def _names(schema: Schema) -> dict[str, Attribute]:
    """Attributes by what merchants may call them: the name first, then the labels."""
    found: dict[str, Attribute] = {}
    for attribute in schema:
        found[fold(attribute.name)] = attribute
        found[fold(attribute.name.replace("_", " "))] = attribute
    for attribute in schema:
        for label in attribute.label.values():
            found.setdefault(fold(label), attribute)
    return found


def _number(attribute: Attribute, text: str) -> Decimal:
    """Read `1,500`, `1.5 kg` or `-4`; a comma before anything but three digits is a decimal one."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise Unreadable("wrong_type", "a number is wanted")
    sign, digits, rest = found.group(1), found.group(2).rstrip(" ,."), found.group(3).strip()
    if _GROUPED.fullmatch(digits):
        number = Decimal(sign + digits.replace(",", "").replace(" ", ""))
    elif _PLAIN.fullmatch(digits):
        number = Decimal(sign + digits.replace(",", "."))
    else:
        raise Unreadable("wrong_type", "a number is wanted")
    number = _converted(attribute, number, rest)
    if abs(number) > NUMBER_MAX:
        raise Unreadable("out_of_range", "the number is too large")
    return rounded(number)


def _converted(attribute: Attribute, number: Decimal, written: str) -> Decimal:
    """Turn a number into the attribute's unit; one without a unit is in it already."""
    wanted = UNITS.get(attribute.unit)
    if not written:
        return number
    unit = unit_of(written)
    if wanted is None or unit is None or unit.dimension != wanted.dimension:
        told = f"a number in {wanted.symbol}" if wanted else "a number without a unit"
        raise Unreadable("wrong_unit", f"{told} is wanted, not {written[:20]!r}")
    return convert(number, unit, wanted)


def _truth(text: str) -> str:
    said = fold(text)
    if said in _YES:
        return TRUE
    if said in _NO:
        return FALSE
    raise Unreadable("wrong_type", "yes or no is wanted")


def _choice(attribute: Attribute, text: str) -> str:
    said = fold(text)
    for choice in attribute.choices:
        if said in map(fold, (choice.value, *choice.label.values(), *choice.words)):
            return choice.value
    known = ", ".join(choice.named("en") for choice in attribute.choices)
    raise Unreadable("unknown_choice", f"{text[:60]!r} is none of: {known}")


def _choices(attribute: Attribute) -> dict[str, Choice]:
    return {choice.value: choice for choice in attribute.choices}
