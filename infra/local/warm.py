"""Starts workers before somebody waits for them: a cold one costs half a second of a core."""

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.layout import HOST, Ports
from infra.local.problems import LocalProblem

TIMEOUT_S = 60.0
NOTHING = json.dumps({"Records": []}).encode()


def api(ports: Ports, count: int) -> None:
    """Let `count` requests come at once, so that as many workers answer the shop's address."""

    def _ask(_: int) -> int:
        connection = HTTPConnection(HOST, ports.shop, timeout=TIMEOUT_S)
        try:
            connection.request("GET", "/api/v1/health")
            return connection.getresponse().status
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        statuses = set(pool.map(_ask, range(count)))
    if statuses != {200}:
        raise LocalProblem(
            f"the shop answers its health check with {statuses}; `make logs` shows why"
        )


def listeners() -> None:
    """Give each function behind a queue or stream an empty batch, one after the other.

    Runs beside the open shop, so it takes one core at most. The stack may be stopped meanwhile, and
    a function that fails here will say so in its log: neither is this one's business.
    """
    client: Any = boto3.client("lambda", config=Config(retries={"total_max_attempts": 1}))
    with contextlib.suppress(BotoCoreError, ClientError):
        pages = client.get_paginator("list_event_source_mappings").paginate()
        for function in sorted({one["FunctionArn"] for page in pages for one in _mappings(page)}):
            client.invoke(FunctionName=function, Payload=NOTHING)


def _mappings(page: Any) -> list[Any]:
    found: list[Any] = page["EventSourceMappings"]
    return found
