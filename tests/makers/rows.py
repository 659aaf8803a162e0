"""Every row of every table, to assert that a refusal wrote nothing."""

from typing import Any

import boto3

from chalicelib.aws.settings import settings

Rows = dict[str, dict[tuple[str, str], dict[str, Any]]]


def everything() -> Rows:
    """Read the whole stage: table -> (pk, sk) -> row as DynamoDB keeps it. For tests alone."""
    client = boto3.client("dynamodb")
    found: Rows = {}
    for room, table in settings().tables.items():
        pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        found[room] = {
            (row["pk"]["S"], row["sk"]["S"]): row for page in pages for row in page["Items"]
        }
    return found


def of_kind(room: str, kind: str) -> list[dict[str, Any]]:
    """The rows of one kind, in the order of their keys."""
    rows = everything()[room]
    return [rows[place] for place in sorted(rows) if rows[place]["kind"]["S"] == kind]


def facts(name: str = "") -> list[str]:
    """The names of the facts in the outbox, oldest first; or the bodies of one name's facts."""
    rows = sorted(of_kind("outbox", "FACT"), key=lambda row: row["sk"]["S"])
    if name:
        return [row["body"]["S"] for row in rows if row["name"]["S"] == name]
    return [row["name"]["S"] for row in rows]
