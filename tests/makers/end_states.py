"""What a stage looks like in the end, so that two runs of one story can be compared.

Names made by chance differ between two runs, and so do the times of what was done late. Everything
else, and how many rows there are, must be the same.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from tests.makers import rows

CHANCE = re.compile(r"[0-9A-HJKMNP-TV-Z]{26,32}|[0-9a-f]{32,64}")
"""ULIDs and secrets, and digests of them."""
SHARD = re.compile(r'(?<="due_shard":{"S":")[A-Z]+#\d+')
"""The shard of a timer follows from its row's name."""
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

State = Counter[str]


def names() -> frozenset[str]:
    """Every name made by chance or from a cause that the stage knows now."""
    return frozenset(CHANCE.findall(_text(rows.everything())))


def state(
    known: Collection[str], without: Mapping[str, Collection[str]], *, timeless: bool
) -> State:
    """Every row, with names that are not `known` blanked, and times where `timeless`.

    `without` gives for a kind of row the attributes that are left out; `*` is every kind.
    """
    found: State = Counter()
    for room, table in rows.everything().items():
        for row in table.values():
            left_out = {*without.get("*", ()), *without.get(row["kind"]["S"], ())}
            if "row" in left_out:
                continue
            kept = {name: value for name, value in sorted(row.items()) if name not in left_out}
            text = CHANCE.sub(lambda name: name[0] if name[0] in known else "…", _text(kept))
            text = SHARD.sub("…", text)
            found[f"{room}: {TIME.sub('…', text) if timeless else text}"] += 1
    return found


def difference(one: State, other: State) -> str:
    """What only one of two states has, to be read by a person."""
    missing = [f"- {row}" for row in (one - other).elements()]
    extra = [f"+ {row}" for row in (other - one).elements()]
    return "\n".join(missing + extra)


def _text(value: Any) -> str:
    return msgspec.json.encode(value, enc_hook=repr).decode()
