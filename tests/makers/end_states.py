"""What a stage looks like in the end, so that two runs of one story can be compared.

Names made by chance differ between two runs, and so do the times of what was done late. Everything
else, and how many rows there are, must be the same.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from tests.makers import rows

CHANCE = re.compile(r"[0-9A-HJKMNP-TV-Z]{26,32}|01[0-9A-HJKMNP-TV-Z]{16}|[0-9a-f]{16,64}")
"""ULIDs and secrets, and digests of what holds them."""
SHARD = re.compile(r'(?<="due_shard":{"S":")[A-Z]+#\d+|(?<="MEMBERS#)\d+')
"""The shard of a timer, and of the list of members, follows from its row's name."""
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z|\b1[78]\d{8}\b")
REVISION = re.compile(r'(?<="revision":)\d+|(?<="revision":{"N":")\d+')
"""How often a row was written anew: more often where work was done again."""

State = Counter[str]


def names() -> frozenset[str]:
    """Every name made by chance or from a cause that the stage knows now."""
    return frozenset(
        CHANCE.findall(_text([list(table.values()) for table in rows.everything().values()]))
    )


def state(
    known: Collection[str], without: Mapping[str, Collection[str]], *, timeless: bool
) -> State:
    """Every row, with names that are not `known` blanked, and times where `timeless`.

    `without` gives the attributes that are left out for a kind of row, for a partition, or for the
    rows of a fact by its name; `*` is every row, and the attribute `row` all of one.
    """
    found: State = Counter()
    known = frozenset(known)
    for room, table in rows.everything().items():
        for row in table.values():
            left_out = _left_out(row, without)
            if "row" not in left_out:
                found[f"{room}: {_blanked(_text(row), known, left_out, timeless)}"] += 1
    return found


@lru_cache(maxsize=20_000)  # most rows of a stage are the same in hundreds of ends
def _blanked(row: str, known: frozenset[str], left_out: frozenset[str], timeless: bool) -> str:
    """What a row says apart from chance, and from time where `timeless`."""
    attributes = msgspec.json.decode(row)
    kept = {name: _open(attributes[name]) for name in attributes if name not in left_out}
    text = CHANCE.sub(lambda name: name[0] if name[0] in known else "…", _text(kept))
    text = REVISION.sub("…", SHARD.sub("…", text))
    return TIME.sub("…", text) if timeless else text


def difference(one: State, other: State) -> str:
    """What only one of two states has, to be read by a person."""
    missing = [f"- {row}" for row in (one - other).elements()]
    extra = [f"+ {row}" for row in (other - one).elements()]
    return "\n".join(missing + extra)


def _left_out(row: Mapping[str, Any], without: Mapping[str, Collection[str]]) -> frozenset[str]:
    labels = [
        "*",
        *(row[name]["S"] for name in ("pk", "kind", "name", "fact") if "S" in row.get(name, ())),
    ]
    return frozenset(name for label in labels for name in without.get(label, ()))


def _open(value: Mapping[str, Any]) -> Any:
    """Read the document that a text holds: the order of its names says nothing."""
    text = value.get("S", "")
    return msgspec.json.decode(text) if text.startswith(("{", "[")) else value


def _text(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted", enc_hook=repr).decode()
