"""Waits until everything that was set going has come to rest."""

import time
from typing import Any

import boto3

from chalicelib.aws.outbox import SHARDS
from infra import queues
from infra.local.progress import Progress
from infra.local.stack import STAGE
from infra.wiring import TABLES

BUSY_POLL_S = 1.0
QUIET_POLL_S = 0.25
TELL_S = 5.0
QUIET_POLLS = 3
"""A fact between outbox, stream and queue is in none of them for a moment; so look again."""


def wait(timeout_s: float, progress: Progress) -> None:
    """Return when all facts are published and all queues empty, or when the time is over.

    What is still under way then is said, and no reason to keep the shop closed.
    """
    deadline = time.monotonic() + timeout_s
    tell_at = time.monotonic() + TELL_S
    quiet = 0
    while quiet < QUIET_POLLS:
        under_way = unpublished() + _queued()
        quiet = quiet + 1 if under_way == 0 else 0
        if time.monotonic() > tell_at:
            progress(f"{under_way} facts and pictures are under way")
            tell_at += TELL_S
        if time.monotonic() > deadline:
            progress(f"{under_way} are still under way: `make status` shows where, `make logs` why")
            return
        time.sleep(BUSY_POLL_S if under_way else QUIET_POLL_S)


def unpublished() -> int:
    """How many facts lie in the outbox that the bus has not confirmed."""
    outbox = next(table for table in TABLES if table.room == "outbox")
    dynamodb: Any = boto3.client("dynamodb")
    return sum(
        dynamodb.query(
            TableName=outbox.name(STAGE),
            IndexName="by_due",
            Select="COUNT",
            KeyConditionExpression="due_shard = :shard",
            ExpressionAttributeValues={":shard": {"S": f"UNSENT#{shard}"}},
        )["Count"]
        for shard in range(SHARDS)
    )


def _queued() -> int:
    return sum(depth.waiting + depth.in_flight for depth in queues.status(STAGE))
