"""Facts on their way: from the outbox into a worker, as EventBridge and SQS would carry them."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from tests.makers.rows import of_kind


def deliver(worker: Callable[..., Any], *names: str) -> dict[str, Any]:
    """Hand every fact of these names in the outbox to a worker, oldest first, as one batch."""
    rows = sorted(of_kind("outbox", "FACT"), key=lambda row: row["sk"]["S"])
    return hand(worker, [row for row in rows if row["name"]["S"] in names])


def hand(worker: Callable[..., Any], rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Hand rows of the outbox to a worker as one batch; returns its partial failures."""
    records = [
        {
            "messageId": f"message-{place}",
            "body": json.dumps(
                {"detail-type": row["name"]["S"], "detail": json.loads(row["body"]["S"])}
            ),
            "attributes": {"ApproximateReceiveCount": "1"},
        }
        for place, row in enumerate(rows)
    ]
    answer: dict[str, Any] = worker({"Records": records}, None)
    return answer
