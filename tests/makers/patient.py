"""A stage's raw rows in memory, to be read by the doctor, and to be spoilt by hand."""

import copy
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from chalicelib.aws.settings import TABLES
from infra.doctor import Horizon, Scan, Violation, examine, read_whole
from infra.queues import Depth

Raw = dict[str, Any]


class Patient:
    """`purchases` are those of the story by name; `dead` is how many dead letters a queue has."""

    def __init__(self, tables: Mapping[str, list[Raw]], purchases: Any, now: datetime) -> None:
        self.tables = {room: [copy.copy(row) for row in rows] for room, rows in tables.items()}
        self.purchases = purchases
        self.now = now
        self.dead = 0

    @classmethod
    def taken(cls, scan: Scan, purchases: Any, now: datetime) -> "Patient":
        return cls({room: list(scan(room)) for room in TABLES}, purchases, now)

    def copy(self) -> "Patient":
        return Patient(self.tables, self.purchases, self.now)

    def examined(self, counted: Mapping[str, int] | None = None) -> list[Violation]:
        depths = [Depth("settlement", waiting=0, in_flight=0, dead=self.dead)]
        whole = read_whole(
            self.tables.__getitem__,
            self.now,
            Horizon.drained(self.now),
            counted=counted,
            depths=depths,
        )
        return examine(whole)

    def rows(self, room: str, kind: str, **wanted: str) -> list[Raw]:
        """Rows of a kind in which some attributes are, or end in, these texts."""
        return [
            row
            for row in self.tables[room]
            if row["kind"]["S"] == kind
            and all(_text(row, name).endswith(text) for name, text in wanted.items())
        ]

    def row(self, room: str, kind: str, **wanted: str) -> Raw:
        found = self.rows(room, kind, **wanted)
        assert found, f"no {kind} in {room} with {wanted}"
        return found[0]

    def order(self, name: str, merchant: str = "acme") -> Raw:
        """The row of a story's order of one merchant."""
        order = next(
            one
            for one in self.purchases[name]["orders"]
            if one["lines"][0]["sku"].startswith(merchant)
        )
        number = order["id"].rpartition("_")[2]
        return self.row("orders", "ORDER", pk=self.ulid(name), sk=f"#{number}")

    def purchase(self, name: str) -> Raw:
        return self.row("orders", "PURCHASE", pk=self.ulid(name))

    def payment(self, name: str) -> Raw:
        """The payment that a purchase of the story names last."""
        with self.edited(self.purchase(name), "purchase") as purchase:
            return self.row("payments", "PAYMENT", pk=purchase["payment_id"])

    def campaign(self) -> str:
        """The id of the first campaign."""
        return self.row("promotions", "CAMPAIGN")["pk"]["S"].partition("#")[2]

    def issue(self) -> str:
        """The id of the first issue of coupons."""
        return self.row("promotions", "ISSUE")["pk"]["S"].partition("#")[2]

    def holds(self, name: str) -> Raw:
        return self.row("inventory", "HOLDS", pk=self.ulid(name))

    def fact(self, name: str, of: str = "") -> Raw:
        """The first fact of a name, of a purchase of the story."""
        found = self.rows("outbox", "FACT", name=name, pk=self.ulid(of) if of else "")
        return min(found, key=lambda row: row["sk"]["S"])

    def ulid(self, name: str) -> str:
        identity: str = self.purchases[name]["id"]
        return identity.removeprefix("pur_")

    @contextmanager
    def edited(self, row: Raw, attribute: str) -> Iterator[Any]:
        """A document of a row, written back as it is left."""
        document = json.loads(row[attribute]["S"])
        yield document
        row[attribute] = {"S": json.dumps(document)}

    def drop(self, room: str, row: Raw) -> None:
        self.tables[room] = [one for one in self.tables[room] if one is not row]

    def add(self, room: str, row: Raw, **changes: str) -> Raw:
        """A copy of a row with other texts."""
        added = copy.copy(row) | {name: {"S": text} for name, text in changes.items()}
        self.tables[room].append(added)
        return added


def put(row: Raw, **values: str | int | None) -> None:
    """Set attributes of a row; None removes one."""
    for name, value in values.items():
        if value is None:
            row.pop(name, None)
        else:
            row[name] = {"S": value} if isinstance(value, str) else {"N": str(value)}


def add(row: Raw, **amounts: int) -> None:
    """Add to numbers of a row."""
    put(row, **{name: int(row[name]["N"]) + amount for name, amount in amounts.items()})


def _text(row: Raw, name: str) -> str:
    return str(row.get(name, {}).get("S", ""))
