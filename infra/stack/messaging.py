"""The bus, and for every workflow a queue, its dead-letter queue and the rule that feeds it."""

from infra.stack.cfn import Json, att, ref, resource, sub
from infra.stack.storage import ARRIVAL_QUEUES
from infra.wiring import (
    QUEUE_RECEIVES_MAX,
    QUEUE_RETENTION_S,
    QUEUES,
    STREAM,
    UPLOADS,
    Queue,
    bus_name,
)

FACT_SOURCE = "souk"


def resources(stage: str) -> Json:
    """The bus and everything that stands between it and the workers."""
    found: Json = {"Bus": resource("AWS::Events::EventBus", {"Name": bus_name(stage)})}
    found[STREAM.dead_logical_id] = _dead_queue(STREAM.dead_name(stage))
    for queue in QUEUES:
        found[queue.dead_logical_id] = _dead_queue(queue.dead_name(stage))
        found[queue.logical_id] = _queue(queue, stage)
        if queue.is_fed_by_bus:
            found[queue.rule_logical_id] = _rule(queue, stage)
            found[f"{queue.logical_id}Policy"] = _queue_policy(
                [queue.logical_id, queue.dead_logical_id], _from_rule(queue)
            )
    for logical_id in ARRIVAL_QUEUES:
        found[f"{logical_id}Policy"] = _queue_policy([logical_id], _from_uploads(stage))
    return found


def event_pattern(queue: Queue) -> Json:
    """Which facts a queue's rule lets through."""
    exact: list[str | Json] = list(queue.facts)
    return {
        "source": [FACT_SOURCE],
        "detail-type": exact + [{"prefix": family} for family in queue.families],
    }


def _dead_queue(name: str) -> Json:
    return resource(
        "AWS::SQS::Queue",
        {
            "QueueName": name,
            "MessageRetentionPeriod": QUEUE_RETENTION_S,
            "SqsManagedSseEnabled": True,
        },
    )


def _queue(queue: Queue, stage: str) -> Json:
    return resource(
        "AWS::SQS::Queue",
        {
            "QueueName": queue.name(stage),
            "VisibilityTimeout": queue.visibility_s,
            "MessageRetentionPeriod": QUEUE_RETENTION_S,
            "SqsManagedSseEnabled": True,
            "RedrivePolicy": {
                "deadLetterTargetArn": att(queue.dead_logical_id, "Arn"),
                "maxReceiveCount": QUEUE_RECEIVES_MAX,
            },
        },
    )


def _rule(queue: Queue, stage: str) -> Json:
    """What cannot be delivered to the queue at all goes to the queue's own dead letters."""
    return resource(
        "AWS::Events::Rule",
        {
            "Name": queue.name(stage),
            "EventBusName": ref("Bus"),
            "EventPattern": event_pattern(queue),
            "State": "ENABLED",
            "Targets": [
                {
                    "Id": queue.purpose,
                    "Arn": att(queue.logical_id, "Arn"),
                    "DeadLetterConfig": {"Arn": att(queue.dead_logical_id, "Arn")},
                }
            ],
        },
    )


def _queue_policy(queue_ids: list[str], sender: Json) -> Json:
    statements = [
        {
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": att(queue_id, "Arn"),
            **sender,
        }
        for queue_id in queue_ids
    ]
    return resource(
        "AWS::SQS::QueuePolicy",
        {
            "Queues": [ref(queue_id) for queue_id in queue_ids],
            "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
        },
    )


def _from_rule(queue: Queue) -> Json:
    return {
        "Principal": {"Service": "events.amazonaws.com"},
        "Condition": {"ArnEquals": {"aws:SourceArn": att(queue.rule_logical_id, "Arn")}},
    }


def _from_uploads(stage: str) -> Json:
    """The bucket is named, not referred to: it cannot exist before its queue lets it in."""
    return {
        "Principal": {"Service": "s3.amazonaws.com"},
        "Condition": {
            "StringEquals": {"aws:SourceAccount": ref("AWS::AccountId")},
            "ArnEquals": {
                "aws:SourceArn": sub(
                    f"arn:${{AWS::Partition}}:s3:::{stage}-souk-{UPLOADS.purpose}"
                    "-${AWS::AccountId}-${AWS::Region}"
                )
            },
        },
    }
