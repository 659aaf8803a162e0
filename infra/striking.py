"""Strikes a schedule by hand: its function gets what the clock would have given it."""

import json
from collections.abc import Mapping
from typing import Any

import boto3

from infra.wiring import stack_name

TICK: Mapping[str, Any] = {
    "version": "0",
    "id": "00000000-0000-0000-0000-000000000000",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "000000000000",
    "time": "1970-01-01T00:00:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {},
}
"""Chalice's event object wants every one of these; see
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html. Workers read the
time from their own clock."""


class StrikeFailed(Exception):
    """The function raised; the message is what it said."""


def strike(stage: str, logical_id: str, client: Any = None) -> Any:
    """Invoke a stage's function by its logical id and return its answer. Raises `StrikeFailed`."""
    found = boto3.client("cloudformation").describe_stack_resource(
        StackName=stack_name(stage), LogicalResourceId=logical_id
    )
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    answer = (client or boto3.client("lambda")).invoke(
        FunctionName=name, Payload=json.dumps(TICK).encode()
    )
    said = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        raise StrikeFailed(said)
    return json.loads(said)
