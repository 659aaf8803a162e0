"""While a function runs in a test, it may call AWS only as its policy file allows.

The policies in `.chalice/` are hand-written; this holds every workflow, worker and route of the
suite against them. What tests do outside of a function (set up, look) is not looked at.
"""

import fnmatch
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from chalicelib.aws import observe
from infra.wiring import BUCKETS, QUEUES, TABLES, function

ROOT = Path(__file__).resolve().parents[2]
TRANSACT = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
Need = tuple[str, str]
"""An action and the resource it is for: a logical id, and after it what lies below."""


@contextmanager
def held() -> Iterator[None]:
    """Remember every call that a running function makes and may not; fail with them at the end."""
    broken: set[str] = set()
    make_api_call = BaseClient._make_api_call

    def checked(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
        name = observe.running()
        if name:
            service = client.meta.service_model.service_name
            for action, resource in needs(service, operation, params):
                if not allows(function(name).group, action, resource):
                    broken.add(f"{name} has no {action} on {resource}")
        return make_api_call(client, operation, params)

    with patch.object(BaseClient, "_make_api_call", checked):
        yield
    assert not broken, "\n".join(["missing in .chalice/:", *sorted(broken)])


def needs(service: str, operation: str, params: dict[str, Any]) -> list[Need]:
    """What a call needs, as the service authorization reference says."""
    match service:
        case "dynamodb":
            return _of_dynamodb(operation, params)
        case "sqs":
            name = params["QueueUrl"].rsplit("/", 1)[1].split("-souk-")[1]
            (queue,) = [one for one in QUEUES if f"{one.room}-{one.purpose}" == name]
            return [(f"sqs:{operation.removesuffix('Batch')}", queue.logical_id)]
        case "s3":
            (bucket,) = [one for one in BUCKETS if params["Bucket"].endswith(one.purpose)]
            action = "GetObject" if operation == "HeadObject" else operation
            return [(f"s3:{action}", f"{bucket.logical_id}/{params['Key']}")]
        case "events":
            return [("events:PutEvents", "Bus")]
        case "ses":
            return [("ses:SendEmail", "identity/sender")]
        case "sns":
            return [("sns:Publish", "*")]
    raise AssertionError(f"no function calls {service}.{operation}")


def _of_dynamodb(operation: str, params: dict[str, Any]) -> list[Need]:
    match operation:
        case "TransactWriteItems":
            return [
                (f"dynamodb:{TRANSACT[kind]}", _table(write["TableName"]))
                for part in params["TransactItems"]
                for kind, write in part.items()
            ]
        case "TransactGetItems":
            names = {part["Get"]["TableName"] for part in params["TransactItems"]}
            return [("dynamodb:GetItem", _table(name)) for name in names]
        case "BatchGetItem" | "BatchWriteItem":
            return [(f"dynamodb:{operation}", _table(name)) for name in params["RequestItems"]]
    below = f"/index/{params['IndexName']}" if "IndexName" in params else ""
    return [(f"dynamodb:{operation}", _table(params["TableName"]) + below)]


def _table(name: str) -> str:
    (table,) = [one for one in TABLES if name.endswith(f"-souk-{one.room}")]
    return table.logical_id


@cache
def allows(group: str, action: str, resource: str) -> bool:
    """Whether the group's policy file lets it."""
    document = json.loads((ROOT / ".chalice" / f"policy-{group}.json").read_text())
    return any(
        action in statement["Action"] and fnmatch.fnmatchcase(resource, pattern)
        for statement in document["Statement"]
        for pattern in map(_pattern, statement["Resource"])
    )


def _pattern(resource: Any) -> str:
    match resource:
        case str():
            return resource
        case {"Fn::GetAtt": [logical_id, "Arn" | "StreamArn"]}:
            return str(logical_id)
        case {"Fn::Sub": str(text)} if ".Arn}" in text:
            return text.replace("${", "").replace(".Arn}", "")
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), _]}:
            return "identity/*" if ":identity/" in text else text
    raise AssertionError(resource)
