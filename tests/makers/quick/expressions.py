"""DynamoDB's expressions, read once and run on rows: conditions, key conditions and updates.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
Attributes are named at the top level of a row alone: Souk keeps what lies deeper in documents.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

Value = dict[str, Any]
Row = Mapping[str, Value]
Operand = Callable[[Row, "Terms"], Value | None]
Condition = Callable[[Row, "Terms"], bool]
Change = Callable[[Row, "Terms"], tuple[str, Value | None]]

TOKEN = re.compile(r"\s*([#:]?\w+|<>|<=|>=|[=<>(),+\-])")
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


class NoSuchAttribute(Exception):
    """An update counts with an attribute that the row has not."""


class Terms:
    """What an expression's placeholders stand for."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self.names = request.get("ExpressionAttributeNames") or {}
        self.values = request.get("ExpressionAttributeValues") or {}

    def name(self, word: str) -> str:
        return str(self.names[word]) if word.startswith("#") else word


@cache
def condition(text: str) -> Condition:
    """Read a condition."""
    return _Reader(text).whole(_Reader.either)


@cache
def update(text: str) -> tuple[Change, ...]:
    """Read an update: what each of its actions makes of an attribute, None where it is removed."""
    return tuple(_Reader(text).whole(_Reader.clauses))


class _Reader:
    """Reads one expression from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = TOKEN.findall(text)
        assert "".join(self.tokens) == re.sub(r"\s", "", text), f"cannot read {text}"
        self.place = 0

    def whole(self, read: Callable[["_Reader"], Any]) -> Any:
        found = read(self)
        assert self.place == len(self.tokens), f"cannot read {self.text}"
        return found

    @property
    def ahead(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, *expected: str) -> str:
        token = self.ahead
        is_expected = not expected or token in expected
        assert is_expected, f"cannot read {self.text}"
        self.place += 1
        return str(token)

    def either(self) -> Condition:
        parts = [self.both()]
        while self.ahead == "OR":
            self.take()
            parts.append(self.both())
        return lambda row, terms: any(part(row, terms) for part in parts)

    def both(self) -> Condition:
        parts = [self.single()]
        while self.ahead == "AND":
            self.take()
            parts.append(self.single())
        return lambda row, terms: all(part(row, terms) for part in parts)

    def single(self) -> Condition:
        if self.ahead == "NOT":
            self.take()
            inner = self.single()
            return lambda row, terms: not inner(row, terms)
        if self.ahead == "(":
            self.take()
            inner = self.either()
            self.take(")")
            return inner
        if self.ahead in {"attribute_exists", "attribute_not_exists"}:
            wanted = self.take() == "attribute_exists"
            (name,) = self.bracketed(self.take)
            return lambda row, terms: (terms.name(name) in row) is wanted
        if self.ahead in {"begins_with", "contains"}:
            function = self.take()
            one, other = self.bracketed(self.operand)
            return _about_text(function, one, other)
        return self.comparison()

    def comparison(self) -> Condition:
        left, operator = self.operand(), self.take("=", "<>", *COMPARE, "BETWEEN", "IN")
        if operator == "IN":
            options = self.bracketed(self.operand)
            return lambda row, terms: any(
                _is_same(left(row, terms), one(row, terms)) for one in options
            )
        right = self.operand()
        if operator == "BETWEEN":
            self.take("AND")
            upper = self.operand()
            return lambda row, terms: (
                _compares(">=", left(row, terms), right(row, terms))
                and _compares("<=", left(row, terms), upper(row, terms))
            )
        if operator == "=":
            return lambda row, terms: _is_same(left(row, terms), right(row, terms))
        if operator == "<>":
            return lambda row, terms: not _is_same(left(row, terms), right(row, terms))
        return lambda row, terms: _compares(operator, left(row, terms), right(row, terms))

    def operand(self) -> Operand:
        word = self.take()
        if word == "size":
            (name,) = self.bracketed(self.take)
            return lambda row, terms: _size(row.get(terms.name(name)))
        if word == "if_not_exists":
            name = self.take("(") and self.take()
            self.take(",")
            other = self.operand()
            self.take(")")
            return lambda row, terms: row.get(terms.name(name)) or other(row, terms)
        if word.startswith(":"):
            return lambda _row, terms: terms.values[word]  # type: ignore[no-any-return]
        return lambda row, terms: row.get(terms.name(word))

    def bracketed(self, read: Callable[[], Any]) -> list[Any]:
        self.take("(")
        found = [read()]
        while self.take(",", ")") == ",":
            found.append(read())
        return found

    def clauses(self) -> list[Change]:
        changes: list[Change] = []
        while self.ahead:
            clause = self.take("SET", "REMOVE", "ADD")
            read = {"SET": self.setting, "REMOVE": self.removing, "ADD": self.adding}[clause]
            changes.append(read())
            while self.ahead == ",":
                self.take()
                changes.append(read())
        return changes

    def setting(self) -> Change:
        name = self.take()
        self.take("=")
        value = self.operand()
        while self.ahead in {"+", "-"}:
            value = _sum(value, self.operand() if self.take() == "+" else _negative(self.operand()))
        return lambda row, terms: (terms.name(name), _there(value(row, terms)))

    def removing(self) -> Change:
        name = self.take()
        return lambda _row, terms: (terms.name(name), None)

    def adding(self) -> Change:
        name, more = self.take(), self.operand()

        def added(row: Row, terms: Terms) -> tuple[str, Value]:
            old, new = row.get(terms.name(name)), _there(more(row, terms))
            assert "N" in new, "only numbers are added here"
            return terms.name(name), _number(_int(old or {"N": "0"}) + _int(new))

        return added


def _sum(one: Operand, other: Operand) -> Operand:
    return lambda row, terms: _number(
        _int(_there(one(row, terms))) + _int(_there(other(row, terms)))
    )


def _negative(one: Operand) -> Operand:
    return lambda row, terms: _number(-_int(_there(one(row, terms))))


def _about_text(function: str, one: Operand, other: Operand) -> Condition:
    def holds(row: Row, terms: Terms) -> bool:
        text, part = one(row, terms), other(row, terms)
        if text is None or part is None or "S" not in text:
            return False
        found: str = text["S"]
        return found.startswith(part["S"]) if function == "begins_with" else part["S"] in found

    return holds


def _there(value: Value | None) -> Value:
    if value is None:
        raise NoSuchAttribute
    return value


def _is_same(one: Value | None, other: Value | None) -> bool:
    if one is None or other is None:
        return False
    if "N" in one and "N" in other:
        return Decimal(one["N"]) == Decimal(other["N"])
    return one == other


def _compares(operator: str, one: Value | None, other: Value | None) -> bool:
    if one is None or other is None:
        return False
    for kind, read in (("N", Decimal), ("S", str)):
        if kind in one and kind in other:
            return COMPARE[operator](read(one[kind]), read(other[kind]))
    return False


def _size(value: Value | None) -> Value | None:
    return None if value is None else _number(len(next(iter(value.values()))))


def _int(value: Value) -> int:
    return int(value["N"])


def _number(value: int) -> Value:
    return {"N": str(value)}
