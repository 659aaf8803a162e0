"""Small servers on loopback for the local stack's own tests."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.door.front import Behind
from infra.local.door.server import Request, Response, Server
from tests.makers import front_door

Scenario = Callable[[], Awaitable[Any]]


@pytest.fixture
def run() -> Callable[[Scenario], Any]:
    """Run one scenario in an event loop of its own."""

    def _run(scenario: Scenario) -> Any:
        return asyncio.run(asyncio.wait_for(scenario(), 30))

    return _run


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port of 127.0.0.1 that somebody else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Upstream:
    """A server that notes what it was asked and answers what the test says."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: list[Response] = []
        self.waits: asyncio.Event | None = None
        self.third_came = asyncio.Event()
        self.at_once = 0
        self.at_once_most = 0
        self.server = Server(self._answer, body_bytes_max=64 * 1024 * 1024)

    async def _answer(self, request: Request) -> Response:
        self.requests.append(request)
        if len(self.requests) == 3:
            self.third_came.set()
        self.at_once += 1
        self.at_once_most = max(self.at_once_most, self.at_once)
        try:
            if self.waits is not None:
                await self.waits.wait()
            await asyncio.sleep(0)
        finally:
            self.at_once -= 1
        if self.answers:
            return self.answers.pop(0)
        headers = [(b"Content-Type", b"application/json"), (b"X-Request-Id", b"from-app")]
        return Response(200, headers, b"{}")


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def behind(tmp_path: Path) -> Behind:
    static = tmp_path / "static"
    static.mkdir()
    return front_door.behind(static)


@pytest.fixture
def clock() -> front_door.Clock:
    return front_door.Clock()
