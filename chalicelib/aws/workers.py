"""The relay: from the outbox's stream to the bus, and a sweeper for what the stream missed."""

from typing import Any

from chalice import Blueprint, Rate

from chalicelib.aws import outbox
from chalicelib.aws.observe import logger
from chalicelib.aws.worker import worker
from chalicelib.kernel import clock

bp = Blueprint(__name__)
STREAM_PLACEHOLDER = "arn:aws:dynamodb:eu-west-1:000000000000:table/outbox/stream/placeholder"


@bp.on_dynamodb_record(stream_arn=STREAM_PLACEHOLDER, batch_size=100, name="outbox_relay")
@worker("outbox_relay")
def outbox_relay(event: Any) -> dict[str, Any]:
    """Publish new rows. A row that cannot be read, or that the bus refuses, is reported, so that
    the stream comes again from it; the rows behind it are published all the same.
    """
    numbers: dict[str, str] = {}
    rows, failed = [], []
    for record in event.to_dict()["Records"]:
        if record["eventName"] != "INSERT":
            continue
        told = record["dynamodb"]
        row = outbox.read(told["NewImage"])
        if row is None:
            failed.append(told["SequenceNumber"])
        else:
            numbers[row.sk] = told["SequenceNumber"]
            rows.append(row)
    failed += [numbers[fact_id] for fact_id in outbox.publish(rows)]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


@bp.schedule(Rate(1, unit=Rate.MINUTES), name="outbox_sweep")
@worker("outbox_sweep")
def outbox_sweep(event: Any) -> dict[str, int]:
    """Publish rows that are older than half a minute and still unsent; tells how many were not."""
    del event
    sent = refused = 0
    for shard in range(outbox.SHARDS):
        for page in outbox.overdue(shard, clock.now()):
            rows = [row for row in page if row is not None]
            left = len(outbox.publish(rows))
            sent += len(rows) - left
            refused += left + len(page) - len(rows)
    if refused:
        logger().error("facts unpublished", extra={"refused": refused})
    return {"sent": sent, "refused": refused}
