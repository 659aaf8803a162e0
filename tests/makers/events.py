"""Events as AWS hands them to workers."""

import json
from typing import Any

import msgspec


def sqs_event(*facts: Any) -> dict[str, Any]:
    """An SQS batch of facts, each wrapped by EventBridge, with message ids of their own."""
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": f"receipt-{number}",
                "body": json.dumps(envelope(fact)),
                "attributes": {"ApproximateReceiveCount": "1"},
                "eventSource": "aws:sqs",
            }
            for number, fact in enumerate(facts)
        ]
    }


def schedule_event() -> dict[str, Any]:
    """What EventBridge sends when a clock strikes."""
    return {
        "version": "0",
        "id": "event",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-03-02T09:00:00Z",
        "region": "eu-west-1",
        "resources": ["arn:aws:events:eu-west-1:123456789012:rule/clock"],
        "detail": {},
    }


def envelope(fact: Any) -> dict[str, Any]:
    """What EventBridge puts around a fact."""
    return {
        "version": "0",
        "id": fact.id,
        "detail-type": fact.name,
        "source": "souk",
        "time": fact.occurred_at,
        "detail": msgspec.to_builtins(fact) | {"version": fact.version},
    }
