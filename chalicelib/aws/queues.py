"""Queues: messages that a room sends to itself."""

from collections.abc import Sequence
from typing import Any

import msgspec

from chalicelib.aws import retries
from chalicelib.aws.clients import client

BATCH_MAX = 10


class NotQueued(RuntimeError):
    """SQS refused some messages of a batch; sending the whole again is safe for every consumer."""


def send(queue_url: str, messages: Sequence[Any]) -> None:
    """Send messages (dataclasses or dicts) as JSON, ten a round trip. Refuses `Busy`."""
    bodies = [msgspec.json.encode(message).decode() for message in messages]
    for start in range(0, len(bodies), BATCH_MAX):
        _send_batch(queue_url, bodies[start : start + BATCH_MAX])


def _send_batch(queue_url: str, bodies: list[str]) -> None:
    """What SQS could not take for its own reasons is sent again; what is wrong by itself is not."""
    waiting = {str(place): body for place, body in enumerate(bodies)}

    def send_once(_: bool) -> None:
        entries = [{"Id": place, "MessageBody": body} for place, body in waiting.items()]
        answer = client("sqs").send_message_batch(QueueUrl=queue_url, Entries=entries)
        failed = answer.get("Failed") or []
        wrong = [one for one in failed if one["SenderFault"]]
        if wrong:
            raise NotQueued(f"{len(wrong)} of {len(bodies)} messages were refused")
        left = {one["Id"] for one in failed}
        for place in set(waiting) - left:
            del waiting[place]
        if waiting:
            raise retries.LeftOver

    retries.persist(send_once)
