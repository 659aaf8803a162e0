"""Look at a stage's queues, and send dead letters back."""

from dataclasses import dataclass
from typing import Any

import boto3

from infra import outputs
from infra.access import CannotOperate
from infra.outputs import QueueUrls
from infra.striking import StrikeFailed, strike
from infra.wiring import STREAM

BATCH_SIZE = 10
DEPTHS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
)


@dataclass(frozen=True, slots=True)
class Depth:
    """How full a queue is: waiting (delayed ones too), being worked on, given up."""

    queue: str
    waiting: int
    in_flight: int
    dead: int


def status(stage: str) -> list[Depth]:
    """Count every queue and its dead letters."""
    known, sqs = _queues(stage), boto3.client("sqs")
    return [_depth(sqs, name, urls) for name, urls in known.items()]


def redrive(stage: str, queue: str) -> int:
    """Send a queue's dead letters back to it once each, and return how many there were.

    What dies again waits for the next redrive. Dead letters of the outbox's stream are only notes
    about rows, which the sweeper publishes; they are dropped when it has run without a failure.
    """
    known = _queues(stage)
    if queue not in known:
        raise CannotOperate(f"There is no queue {queue!r}; the queues are {', '.join(known)}.")
    if queue == STREAM.key:
        _sweep_outbox(stage)
    sqs, urls = boto3.client("sqs"), known[queue]
    left = _depth(sqs, queue, urls).dead
    moved = 0
    while moved < left:
        batch = sqs.receive_message(
            QueueUrl=urls.dead_letter_url,
            MaxNumberOfMessages=min(BATCH_SIZE, left - moved),
            MessageAttributeNames=["All"],
            WaitTimeSeconds=1,
        ).get("Messages", [])
        if not batch:
            break
        for message in batch:
            _move(sqs, urls, message)
        moved += len(batch)
    return moved


def _move(sqs: Any, urls: QueueUrls, message: Any) -> None:
    """Send first, delete after: a crash between leaves two, and every consumer bears that."""
    if urls.url:
        sqs.send_message(
            QueueUrl=urls.url,
            MessageBody=message["Body"],
            MessageAttributes=message.get("MessageAttributes", {}),
        )
    sqs.delete_message(QueueUrl=urls.dead_letter_url, ReceiptHandle=message["ReceiptHandle"])


def _sweep_outbox(stage: str) -> None:
    try:
        refused = strike(stage, "OutboxSweep")["refused"]
    except StrikeFailed as said:
        raise CannotOperate(f"The outbox sweep fails: {said}") from None
    if refused:
        raise CannotOperate(f"The bus still refuses {refused} facts; the sweep's log names them.")


def _depth(sqs: Any, name: str, urls: QueueUrls) -> Depth:
    waiting, delayed, in_flight = _counts(sqs, urls.url) if urls.url else (0, 0, 0)
    return Depth(
        queue=name,
        waiting=waiting + delayed,
        in_flight=in_flight,
        dead=sum(_counts(sqs, urls.dead_letter_url)),
    )


def _counts(sqs: Any, url: str) -> tuple[int, ...]:
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(DEPTHS))["Attributes"]
    return tuple(int(found.get(name, 0)) for name in DEPTHS)


def _queues(stage: str) -> dict[str, QueueUrls]:
    return outputs.queues(outputs.of(stage))
