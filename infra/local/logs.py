"""`make logs`: follow the functions' logs, the front door's and the supervisor's."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.local import locks
from infra.local.emulator import REGION
from infra.local.layout import Layout, layout
from infra.local.problems import LocalProblem
from infra.local.stack import STAGE
from infra.wiring import stack_name

POLL_S = 1.0
TAIL_LINES = 20
GROUP_PREFIX = f"/aws/lambda/{stack_name(STAGE)}-"
FRAMES = ("START RequestId", "END RequestId", "REPORT RequestId")


def follow() -> int:
    """Print what is logged until Ctrl-C, or until the stack has stopped."""
    places = layout()
    if locks.holder(places.lock) is None:
        raise LocalProblem("Souk is not running; `make start` starts it")
    files = [_File(places.logs / name) for name in ("souk.log", "door.log")]
    functions = _Functions(places)
    while True:
        for line in _lines(files, functions):
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
        if locks.holder(places.lock) is None:
            return 0
        time.sleep(POLL_S)


def _lines(files: list["_File"], functions: "_Functions") -> Iterator[str]:
    for file in files:
        yield from file.read()
    yield from functions.read()


class _File:
    """A log file that grows and may be replaced by a new one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place: int | None = None

    def read(self) -> Iterator[str]:
        """The lines since the last call; at first the last few."""
        if not self._path.exists():
            return
        size = self._path.stat().st_size
        if self._place is None or size < self._place:
            lines = self._path.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        else:
            with self._path.open("rb") as file:
                file.seek(self._place)
                lines = file.read(size - self._place).decode(errors="replace").splitlines()
        self._place = size
        name = self._path.stem
        yield from (f"{name:<24} {line}" for line in lines if line)


class _Functions:
    """The log groups of the stack's functions, read from the emulator."""

    def __init__(self, places: Layout) -> None:
        self._places = places
        self._since_ms = int((time.time() - 60) * 1000)
        self._seen: set[tuple[str, int, str]] = set()

    def read(self) -> Iterator[str]:
        """The events since the last call, oldest first."""
        try:
            events = sorted(self._events(), key=lambda event: event[0])
        except (OSError, ValueError, BotoCoreError, ClientError):
            return
        for _, name, text in events:
            yield f"{name:<24} {text}"

    def _events(self) -> Iterator[tuple[int, str, str]]:
        described = json.loads(self._places.stack_file.read_text())
        client = _client(described["aws_endpoint_url"])
        since, fresh = self._since_ms, set()
        for group in _groups(client):
            found = client.filter_log_events(logGroupName=group, startTime=since)
            for event in found["events"]:
                mark = (event["logStreamName"], event["timestamp"], event["message"])
                fresh.add(mark)
                self._since_ms = max(self._since_ms, event["timestamp"])
                if mark in self._seen or event["message"].startswith(FRAMES):
                    continue
                name = group.removeprefix(GROUP_PREFIX).rpartition("-")[0]
                yield event["timestamp"], name, event["message"].rstrip()
        self._seen = fresh


def _groups(client: Any) -> list[str]:
    pages = client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=GROUP_PREFIX)
    return [group["logGroupName"] for page in pages for group in page["logGroups"]]


def _client(endpoint_url: str) -> Any:
    return boto3.client(
        "logs",
        endpoint_url=endpoint_url,
        region_name=REGION,
        config=Config(signature_version=UNSIGNED, retries={"max_attempts": 0}, proxies={}),
    )
