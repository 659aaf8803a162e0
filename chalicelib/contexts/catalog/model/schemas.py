"""Reading what a category asks of its products, from the operator's file or the console's form."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.contexts.catalog.model.attributes import Attribute, AttributeKind, Choice, Schema
from chalicelib.contexts.catalog.model.refusals import CategoriesWrong
from chalicelib.contexts.catalog.model.units import UNITS

ATTRIBUTES_MAX = 30
CHOICES_MAX = 100
LABEL_LENGTH_MAX = 60
LANGUAGES = ("en", "zh-CN")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_VALUE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")


def schema_of(entries: Iterable[Mapping[str, Any]], *, where: str) -> Schema:
    """Read a category's attributes.

    `[{"name", "label": {"en", "zh-CN"}, "kind": "text|number|choice|boolean", "unit"?, "choices"?:
    [{"value", "label": {…}, "words"?: [text]}], "is_filterable"?, "is_comparable"?}]`. `where`
    begins the sentence that says what is wrong. Refuses `catalog.categories_wrong`.
    """
    schema = tuple(attribute_of(entry, where=where) for entry in entries)
    names = [attribute.name for attribute in schema]
    if len(set(names)) < len(names):
        raise CategoriesWrong(f"{where} has an attribute twice")
    return limited(schema, where=where)


def limited(schema: Schema, *, where: str) -> Schema:
    """Return a category's own schema. Refuses `catalog.categories_wrong` for too long a one."""
    if len(schema) > ATTRIBUTES_MAX:
        raise CategoriesWrong(f"{where} has more than {ATTRIBUTES_MAX} attributes of its own")
    return schema


def attribute_of(entry: Mapping[str, Any], *, where: str) -> Attribute:
    """Read one attribute. Refuses `catalog.categories_wrong`."""
    name, unit = str(entry.get("name", "")), str(entry.get("unit", ""))
    if not _NAME.fullmatch(name):
        raise CategoriesWrong(f"{where}: {name!r} is no name of an attribute: a-z, 0-9 and _")
    if entry.get("kind") not in set(AttributeKind):
        raise CategoriesWrong(f"{where}: {name!r} is of one kind of {', '.join(AttributeKind)}")
    kind = AttributeKind(entry["kind"])
    if unit and (kind is not AttributeKind.NUMBER or unit not in UNITS):
        raise CategoriesWrong(f"{where}: {name!r} cannot be measured in {unit!r}")
    choices = tuple(_choice(one, f"{where}: {name!r}") for one in entry.get("choices", ()))
    values = [one.value for one in choices]
    if bool(choices) is not (kind is AttributeKind.CHOICE) or len(set(values)) < len(values):
        raise CategoriesWrong(f"{where}: {name!r} needs choices if it is one, each once")
    if len(choices) > CHOICES_MAX:
        raise CategoriesWrong(f"{where}: {name!r} has more than {CHOICES_MAX} choices")
    return Attribute(
        name=name,
        label=_label(entry.get("label", {}), f"{where}: {name!r}"),
        kind=kind,
        unit=unit,
        choices=choices,
        is_filterable=bool(entry.get("is_filterable", True)),
        is_comparable=bool(entry.get("is_comparable", True)),
    )


def _choice(entry: Mapping[str, Any], where: str) -> Choice:
    value = str(entry.get("value", ""))
    if not _VALUE.fullmatch(value):
        raise CategoriesWrong(f"{where}: {value!r} is no value of a choice: a-z, 0-9, _ . and -")
    words = tuple(str(word) for word in entry.get("words", ()))
    return Choice(value, _label(entry.get("label", {}), where), words)


def _label(given: Mapping[str, Any], where: str) -> dict[str, str]:
    label = {locale: " ".join(str(given.get(locale, "")).split()) for locale in LANGUAGES}
    if not all(0 < len(text) <= LABEL_LENGTH_MAX for text in label.values()):
        raise CategoriesWrong(f"{where} needs a label in {' and '.join(LANGUAGES)}")
    return label
