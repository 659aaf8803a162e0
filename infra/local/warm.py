"""Starts workers before somebody waits for them: a cold one costs half a second of a core."""

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.local import stack
from infra.local.layout import HOST, Ports
from infra.local.problems import LocalProblem
from infra.striking import StrikeFailed, strike

TIMEOUT_S = 60.0
NOTHING = json.dumps({"Records": []}).encode()
PATIENT = Config(read_timeout=120, retries={"total_max_attempts": 1})
FIRST_TURNS = ("CatalogWriteSitemaps", "SearchBuild")
"""Schedules whose work shoppers see, by logical id: they would strike only minutes from now."""


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


def beside_the_shop() -> None:
    """What is better done soon after the shop opened, but need not be waited for."""
    first_turns()
    listeners()


def first_turns() -> None:
    """Have the sitemap and the index of search made now. What fails has its next turn soon."""
    client: Any = boto3.client("lambda", config=PATIENT)
    for logical_id in FIRST_TURNS:
        with contextlib.suppress(BotoCoreError, ClientError, StrikeFailed):
            strike(stack.STAGE, logical_id, client)


def listeners() -> None:
    """Give each function behind a queue or stream an empty batch, one after the other.

    Runs beside the open shop, so it takes one core at most. The stack may be stopped meanwhile, and
    a function that fails here will say so in its log: neither is this one's business.
    """
    client: Any = boto3.client("lambda", config=PATIENT)
    with contextlib.suppress(BotoCoreError, ClientError):
        pages = client.get_paginator("list_event_source_mappings").paginate()
        for function in sorted({one["FunctionArn"] for page in pages for one in _mappings(page)}):
            client.invoke(FunctionName=function, Payload=NOTHING)


def _mappings(page: Any) -> list[Any]:
    found: list[Any] = page["EventSourceMappings"]
    return found
