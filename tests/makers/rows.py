"""Every row of every table, to assert that a refusal wrote nothing."""

from typing import Any

from chalicelib.aws.settings import settings
from chalicelib.aws.tables import connection

Rows = dict[str, dict[tuple[str, str], dict[str, Any]]]


def everything() -> Rows:
    """Read the whole stage: table -> (pk, sk) -> row as DynamoDB keeps it. For tests alone."""
    return {room: _rows(table) for room, table in settings().tables.items()}


def of_kind(room: str, kind: str) -> list[dict[str, Any]]:
    """The rows of one kind, in the order of their keys."""
    rows = _rows(settings().tables[room])
    return [rows[place] for place in sorted(rows) if rows[place]["kind"]["S"] == kind]


def facts(name: str = "") -> list[str]:
    """The names of the facts in the outbox, oldest first; or the bodies of one name's facts."""
    rows = sorted(of_kind("outbox", "FACT"), key=lambda row: row["sk"]["S"])
    if name:
        return [row["body"]["S"] for row in rows if row["name"]["S"] == name]
    return [row["name"]["S"] for row in rows]


def _rows(table: str) -> dict[tuple[str, str], dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    request: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
    while True:
        page = connection().dispatch("Scan", request)
        found |= {(row["pk"]["S"], row["sk"]["S"]): row for row in page["Items"]}
        if "LastEvaluatedKey" not in page:
            return found
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
