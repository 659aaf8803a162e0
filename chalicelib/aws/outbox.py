"""The outbox: facts leave through rows written in the same transaction as their effect.

The table's stream hands new rows to the relay, which puts them on the bus; a sweeper does the same
for rows that the stream missed. Rows stay, as the history of their aggregate.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.aws import bus, reads, transact
from chalicelib.aws.observe import logger
from chalicelib.aws.tables import Item
from chalicelib.aws.transact import Write
from chalicelib.kernel import clock
from chalicelib.kernel.facts import Fact

SHARDS = 8
SWEEP_AFTER_S = 30
SWEEP_PAGE_SIZE = 100
SWEEP_PAGES_MAX = 20


class FactItem(Item, discriminator="FACT"):
    """One fact. While `due_shard` is set, the bus has not confirmed it."""

    class Meta:
        room = "outbox"

    name = UnicodeAttribute()
    fact_version = NumberAttribute()
    body = UnicodeAttribute()


def write(fact: Fact) -> Write:
    """Contribute a fact to the transaction that makes it true."""
    body = msgspec.to_builtins(fact) | {"version": fact.version}
    row = FactItem(
        pk=fact.aggregate,
        sk=fact.id,
        name=fact.name,
        fact_version=fact.version,
        body=msgspec.json.encode(body).decode(),
        due_shard=unsent(fact.id),
        due_at=fact.occurred_at,
    )
    return transact.put(row)


def unsent(fact_id: str) -> str:
    """Name the shard of the index of unsent rows that a fact falls into."""
    return f"UNSENT#{sum(fact_id.encode()) % SHARDS}"


def publish(rows: Sequence[FactItem]) -> set[str]:
    """Put rows on the bus and mark them sent. Returns the ids of the facts that were not taken.

    Marking comes after the bus's word, so a crash between sends twice and loses nothing. A row never
    changes otherwise, so it is written whole again, 25 a round trip.
    """
    refused = bus.put([(row.name, row.body, row.sk) for row in rows])
    taken = [row for row in rows if row.sk not in refused]
    for row in taken:
        row.due_shard = row.due_at = None
    transact.put_all(taken)
    return refused


def read(raw: dict[str, Any]) -> FactItem | None:
    """Read a row as DynamoDB tells it; None for one that is no fact, which the log then names."""
    try:
        row = FactItem.from_raw_data(raw)
        assert row.name, "a fact has a name"
        assert row.body, "a fact has a body"
    except Exception:  # noqa: BLE001 - whatever is wrong with one row never stops its neighbours
        logger().exception("fact unreadable", extra={"fact_id": raw.get("sk", {}).get("S", "")})
        return None
    return row


class _RowReader(FactItem):
    """Reads rows one by one with `read`, where a broken one would otherwise spoil its page."""

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> FactItem | None:  # type: ignore[override]
        return read(data)


def overdue(shard: int, now: datetime) -> Iterable[list[FactItem | None]]:
    """Read the rows of one shard that should have been sent by now, in pages; see `read`."""
    before = clock.iso(clock.later(now, -SWEEP_AFTER_S))
    start = None
    for _ in range(SWEEP_PAGES_MAX):
        page: reads.Rows[Any] = reads.query(
            _RowReader,
            f"UNSENT#{shard}",
            index="by_due",
            between=("0", before),
            limit=SWEEP_PAGE_SIZE,
            start=start,
        )
        if page.items:
            yield page.items
        start = page.position
        if start is None:
            return


def history(aggregate: str) -> Iterable[FactItem]:
    """Read every fact of an aggregate, oldest first."""
    return reads.query_all(FactItem, aggregate)


def decode(body: str | bytes, fact: type[Any]) -> Any:
    """Read a fact's JSON into its class; unknown fields of later versions are ignored."""
    return msgspec.json.decode(body, type=fact)


def redact(aggregate: str, name: str) -> bool:
    """Empty a field, wherever it is inside, in every sent fact of an aggregate.

    False while a fact is not sent yet: who listens needs it whole. Twice is once.
    """
    changed, is_whole = [], True
    for row in history(aggregate):
        told = msgspec.json.decode(row.body)
        bare = _without(told, name)
        if bare == told:
            continue
        if row.due_shard:
            is_whole = False
            continue
        row.body = msgspec.json.encode(bare).decode()
        changed.append(row)
    if changed:
        transact.put_all(changed)
    return is_whole


def _without(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {
            key: "" if key == name and isinstance(one, str) else _without(one, name)
            for key, one in value.items()
        }
    return [_without(one, name) for one in value] if isinstance(value, list) else value
