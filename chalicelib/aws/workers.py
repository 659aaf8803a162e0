"""The relay: from the outbox's stream to the bus, and a sweeper for what the stream missed."""

from typing import Any

from chalice import Blueprint, Rate

from chalicelib.aws import outbox
from chalicelib.aws.outbox import FactItem
from chalicelib.aws.worker import worker
from chalicelib.kernel import clock

bp = Blueprint(__name__)
STREAM_PLACEHOLDER = "arn:aws:dynamodb:eu-west-1:000000000000:table/outbox/stream/placeholder"


@bp.on_dynamodb_record(stream_arn=STREAM_PLACEHOLDER, batch_size=100, name="outbox_relay")
@worker("outbox_relay")
def outbox_relay(event: Any) -> dict[str, Any]:
    """Publish new rows. A row the bus refuses is reported, so that the stream comes again from it."""
    records = event.to_dict()["Records"]
    numbers = {}
    rows = []
    for record in records:
        if record["eventName"] != "INSERT":
            continue
        row = FactItem.from_raw_data(record["dynamodb"]["NewImage"])
        numbers[row.sk] = record["dynamodb"]["SequenceNumber"]
        rows.append(row)
    refused = outbox.publish(rows)
    return {
        "batchItemFailures": [
            {"itemIdentifier": numbers[row.sk]} for row in rows if row.sk in refused
        ]
    }


@bp.schedule(Rate(1, unit=Rate.MINUTES), name="outbox_sweep")
@worker("outbox_sweep")
def outbox_sweep(event: Any) -> dict[str, int]:
    """Publish rows that are older than half a minute and still unsent."""
    del event
    sent = 0
    for shard in range(outbox.SHARDS):
        for rows in outbox.overdue(shard, clock.now()):
            sent += len(rows) - len(outbox.publish(rows))
    return {"sent": sent}
