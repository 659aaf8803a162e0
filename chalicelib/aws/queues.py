"""Queues: messages that a room sends to itself."""

from collections.abc import Sequence
from typing import Any

import msgspec

from chalicelib.aws.clients import client

BATCH_MAX = 10


class NotQueued(RuntimeError):
    """SQS refused some messages of a batch; sending the whole again is safe for every consumer."""


def send(queue_url: str, messages: Sequence[Any]) -> None:
    """Send messages (dataclasses or dicts) as JSON, ten a round trip."""
    for start in range(0, len(messages), BATCH_MAX):
        chunk = messages[start : start + BATCH_MAX]
        answer = client("sqs").send_message_batch(
            QueueUrl=queue_url,
            Entries=[
                {"Id": str(place), "MessageBody": msgspec.json.encode(message).decode()}
                for place, message in enumerate(chunk)
            ],
        )
        if answer.get("Failed"):
            raise NotQueued(f"{len(answer['Failed'])} of {len(chunk)} messages were refused")
