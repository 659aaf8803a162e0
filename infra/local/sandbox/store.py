"""What the sandbox companies remember: payments, refunds, shipments and the callbacks they sent."""

import json
import sqlite3
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

LIST_MAX = 100


@dataclass(slots=True)
class Attempt:
    """One try to deliver a callback: the status of the answer, or why there was none."""

    at: str
    outcome: str


@dataclass(slots=True)
class Sent:
    """One callback with its tries. `id` is its webhook-id, the same in every try."""

    id: str
    type: str
    at: str
    body: str
    is_delivered: bool = False
    attempts: list[Attempt] = field(default_factory=list)

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        attempts = [Attempt(**one) for one in stored["attempts"]]
        return cls(**{**stored, "attempts": attempts})


@dataclass(slots=True)
class Record:
    """A payment, refund or shipment: what Souk told, and the callbacks about it, oldest first."""

    kind: str
    id: str
    facts: dict[str, Any]
    sent: list[Sent] = field(default_factory=list)

    @property
    def delivered_types(self) -> list[str]:
        return [one.type for one in self.sent if one.is_delivered]


class Store:
    """A table of records in one SQLite file."""

    def __init__(self, path: Path | str) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS records (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, "
            "id TEXT NOT NULL, facts TEXT NOT NULL, sent TEXT NOT NULL, UNIQUE (kind, id))"
        )

    def close(self) -> None:
        self._database.close()

    def find(self, kind: str, record_id: str) -> Record | None:
        """The record of this kind and id."""
        rows = self._database.execute(
            "SELECT kind, id, facts, sent FROM records WHERE kind = ? AND id = ?",
            (kind, record_id),
        )
        row = rows.fetchone()
        return _record(row) if row else None

    def latest(self, kind: str) -> list[Record]:
        """The newest records of this kind."""
        rows = self._database.execute(
            "SELECT kind, id, facts, sent FROM records WHERE kind = ? ORDER BY number DESC LIMIT ?",
            (kind, LIST_MAX),
        )
        return [_record(row) for row in rows]

    def save(self, record: Record) -> None:
        """Add the record, or put it in the place of what is known under its id."""
        self._database.execute(
            "INSERT INTO records (kind, id, facts, sent) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (kind, id) DO UPDATE SET facts = excluded.facts, sent = excluded.sent",
            (
                record.kind,
                record.id,
                json.dumps(record.facts),
                json.dumps([asdict(one) for one in record.sent]),
            ),
        )


def _record(row: tuple[str, str, str, str]) -> Record:
    kind, record_id, facts, sent = row
    return Record(kind, record_id, json.loads(facts), [Sent.of(one) for one in json.loads(sent)])
