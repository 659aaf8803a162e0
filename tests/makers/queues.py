"""The queues of the stage: what waits in them, handed to their workers."""

from collections.abc import Callable
from typing import Any

import boto3

ROUNDS_MAX = 200


def drain(queue_url: str, worker: Callable[..., Any]) -> int:
    """Hand every message to its worker, also those sent meanwhile; returns how many there were."""
    sqs = boto3.client("sqs")
    handled = 0
    for _ in range(ROUNDS_MAX):
        batch = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
        messages = batch.get("Messages", [])
        if not messages:
            return handled
        for message in messages:
            assert hand(worker, message["Body"], message["MessageId"]) == []
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
            handled += 1
    raise AssertionError("the queue never empties")


def hand(
    worker: Callable[..., Any], body: str, message_id: str = "m-1", *, attempt: int = 1
) -> list[str]:
    """Hand one message to a worker; returns the ids it reports as failed."""
    record = {
        "messageId": message_id,
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(attempt)},
        "eventSource": "aws:sqs",
    }
    answer = worker({"Records": [record]}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
