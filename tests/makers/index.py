"""The built-in index as it stands, and as it would stand if it were made anew."""

import json
from typing import Any

from chalicelib.contexts.catalog.model.listing import Marker, Tally, difference, facets_of, tallied
from chalicelib.contexts.catalog.service import index
from tests.makers.rows import of_kind

Shelves = dict[str, Any]


def caught_up(*product_ids: str) -> None:
    """Let the index worker do its work for these products."""
    assert index.bring_in_step(product_ids) == set()
    index.add_up()


def snapshot() -> Shelves:
    """What a shopper can see of the index: cards by place, totals and facets by partition."""
    found: Shelves = {
        f"{row['pk']['S']} {row['sk']['S']}": row["card"]["S"] for row in of_kind("catalog", "LIST")
    }
    for row in of_kind("catalog", "COUNTS"):
        if row["total"]["N"] != "0":
            counted = [int(row["total"]["N"]), json.loads(row["facets"]["S"])]
            found[row["pk"]["S"]] = counted
    return found


def made_anew(*product_ids: str) -> Shelves:
    """What there would be to see if the index were made now, of what is true now."""
    found: Shelves = {}
    tallies: dict[str, Tally] = {}
    for _, _, truth in index._read(product_ids):
        entry = index._entry(truth)
        found |= {f"{row.pk} {row.sk}": row.card for row in entry.rows}
        delta = difference(entry, Marker())
        for partition, changes in delta.changes.items():
            before = tallies.get(partition, Tally())
            tallies[partition] = tallied(before, changes, delta.labels)
    for partition, tally in tallies.items():
        found[f"LIST#{partition}"] = [tally.total, facets_of(tally)]
    return found
