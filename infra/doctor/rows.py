"""Reads every table of a stage, and each row as its item class says that rows of its kind are.

This is the one place that scans: an offline job, which needs nothing but `dynamodb:Scan` on the
tables. A scan is no snapshot, so tables are read in an order in which an effect is read before its
cause: what is found without its cause has none.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import msgspec
from pynamodb.attributes import DiscriminatorAttribute

import chalicelib
from chalicelib.aws.settings import TABLES
from chalicelib.aws.tables import DocumentAttribute, Item
from chalicelib.kernel.facts import Fact

LAST = ("catalog", "inventory", "orders", "payments", "shipping", "outbox")
"""The tables where causes lie, read after those where effects lie; facts last of all."""

DECODED_MAX = 20_000

Raw = Mapping[str, Any]
Scan = Callable[[str], Iterable[Raw]]
"""Gives the rows of a room's table as DynamoDB keeps them."""


class Unreadable(Exception):
    """A row is not what rows of its kind are."""


class Row:
    """One row: its attributes by name, documents decoded, absent ones as their class says."""

    __slots__ = ("kind", "pk", "room", "sk", "values")

    def __init__(self, room: str, pk: str, sk: str, kind: str, values: dict[str, Any]) -> None:
        self.room, self.pk, self.sk, self.kind, self.values = room, pk, sk, kind, values

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(f"{self.place} has no {name}") from None

    @property
    def place(self) -> str:
        return f"{self.room} {self.pk} / {self.sk}"

    @property
    def subject(self) -> str:
        """What the partition is about: the part of its key after the first mark."""
        return self.pk.partition("#")[2]


@dataclass(frozen=True, slots=True)
class Shape:
    """What rows of one kind are made of."""

    required: frozenset[str]
    absent: Mapping[str, Any]
    documents: Mapping[str, msgspec.json.Decoder[Any]]


def read_stage(scan: Scan) -> tuple[list[Row], list[tuple[str, str]]]:
    """Read every room's table: its rows; and the places of those that are unreadable, and why."""
    rows: list[Row] = []
    broken: list[tuple[str, str]] = []
    known = shapes()
    for room in sorted(TABLES, key=lambda one: LAST.index(one) if one in LAST else -1):
        for raw in scan(room):
            try:
                rows.append(_row(room, raw, known))
            except Unreadable as reason:
                place = f"{room} {_text(raw, 'pk')} / {_text(raw, 'sk')}"
                broken.append((place, str(reason)))
    return rows, broken


def scan_of(
    ask: Callable[[Mapping[str, Any]], Mapping[str, Any]], tables: Mapping[str, str]
) -> Scan:
    """Make the scan of a stage's tables, strongly consistent, page by page.

    `ask` sends one Scan request, `tables` is room -> table.
    """

    def scan(room: str) -> Iterator[Raw]:
        request: dict[str, Any] = {"TableName": tables[room], "ConsistentRead": True}
        while True:
            page = ask(request)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    return scan


@cache
def shapes() -> dict[tuple[str, str], Shape]:
    """Room and kind -> what such rows are made of, from the item classes of every room's store."""
    _import_rooms()
    found = {}
    for item in _below(Item):
        kinds = [one for one in item.get_attributes().values() if _is_kind(one)]
        kind = kinds[0].get_discriminator(item) if kinds else None
        if kind is not None:
            found[item.Meta.room, kind] = _shape(item)
    return found


@cache
def fact_types() -> dict[str, type[Fact]]:
    """Name -> class, of every fact that there is."""
    _import_rooms()
    return {fact.name: fact for fact in _below(Fact) if fact.name}


def fact_of(row: Row) -> Fact:
    """Read the fact in a row of the outbox. Raises `Unreadable`."""
    kind = fact_types().get(row.name)
    if kind is None:
        raise Unreadable(f"there is no fact {row.name}")
    fact: Fact = _decoded(_fact_decoder(kind), row.body)
    return fact


def _row(room: str, raw: Raw, known: Mapping[tuple[str, str], Shape]) -> Row:
    kind = _text(raw, "kind")
    shape = known.get((room, kind))
    if shape is None:
        raise Unreadable(f"there are no rows of the kind {kind!r} here")
    values = dict(shape.absent)
    for name, typed in raw.items():
        ((mark, value),) = typed.items()
        if mark == "N":
            values[name] = _whole_number(name, value)
        elif name in shape.documents:
            values[name] = _decoded(shape.documents[name], value)
        else:
            values[name] = value
    missing = shape.required.difference(values)
    if missing:
        raise Unreadable(f"it lacks {', '.join(sorted(missing))}")
    return Row(room, values.pop("pk"), values.pop("sk"), kind, values)


def _whole_number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Unreadable(f"{name} is {text}, which is no whole number") from None


@lru_cache(maxsize=DECODED_MAX)
def _decoded(decoder: msgspec.json.Decoder[Any], text: str) -> Any:
    """Decode a document; the same text again, as in a stage that is read often, is not."""
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, ValueError, AssertionError) as reason:
        raise Unreadable(f"a document in it cannot be read: {reason}") from None


@cache
def _fact_decoder(kind: type[Fact]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _shape(item: type[Item]) -> Shape:
    attributes = item.get_attributes().values()
    documents = {
        one.attr_name: msgspec.json.Decoder(one.shape)
        for one in attributes
        if isinstance(one, DocumentAttribute)
    }
    absent = {
        one.attr_name: one.default for one in attributes if one.null or one.default is not None
    }
    required = {one.attr_name for one in attributes if not _is_kind(one)} - set(absent)
    return Shape(frozenset(required), absent, documents)


def _is_kind(attribute: Any) -> bool:
    return isinstance(attribute, DiscriminatorAttribute)


def _text(raw: Raw, name: str) -> str:
    return str(raw.get(name, {}).get("S", ""))


def _below(base: type[Any]) -> Iterator[Any]:
    for one in base.__subclasses__():
        if one.__module__.startswith("chalicelib."):
            yield one
        yield from _below(one)


@cache
def _import_rooms() -> None:
    """Import every store and every facts there is, so that their classes are known."""
    for found in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
        parts = found.name.split(".")
        is_room = parts[1] == "contexts" and len(parts) > 3 and parts[3] in {"store", "facts"}
        if is_room or parts[1] == "aws":
            importlib.import_module(found.name)
