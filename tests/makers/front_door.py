"""The front door before a tiny upstream, with a client that keeps its connection."""

import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from infra.local.door.front import BODY_BYTES_MAX, Behind, FrontDoor
from infra.local.door.routes import Routes
from infra.local.door.server import Response, Server
from infra.local.door.upstream import Upstream
from infra.stack.edge import MAINTENANCE_PAGE

ROOT = Path(__file__).resolve().parents[2]

ROUTES = Routes(
    {
        "/": frozenset({"GET"}),
        "/cart": frozenset({"GET", "POST"}),
        "/p/{slug}": frozenset({"GET"}),
        "/api/v1/products": frozenset({"GET"}),
        "/api/v1/sessions": frozenset({"POST"}),
        "/api/v1/products/{product}": frozenset({"GET"}),
        "/webhooks/payments/{provider}": frozenset({"POST"}),
    }
)
BROWSER = (b"accept", b"text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")


class Clock:
    """Seconds that a test moves."""

    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


def behind(static: Path) -> Behind:
    """What lies behind the door, with one file among the static ones and a secret beside them."""
    (static / "css").mkdir()
    (static / "css" / "shop.css").write_text("body{}")
    (static / "errors").mkdir()
    shutil.copy(ROOT / MAINTENANCE_PAGE.removeprefix("/"), static / "errors")
    (static.parent / "secret.txt").write_text("secret")
    return Behind(
        shop_url="http://127.0.0.1:8000",
        aws_port=0,
        api_id="0a1b2c3d",
        api_stage="api",
        edge_secret="edge secret",
        media_bucket="local-souk-media",
        static=static,
        routes=ROUTES,
        rate_per_minute=300,
        concurrency=4,
        failures_only=frozenset({"/api/v1/sessions"}),
    )


@contextlib.asynccontextmanager
async def opened(behind, upstream, clock=None) -> AsyncIterator["Client"]:
    """The door, its upstream and a client, all on free ports."""
    aws_port = await upstream.server.start(0)
    door = FrontDoor(replace(behind, aws_port=aws_port), now=clock or (lambda: 0.0))
    server = Server(door.answer, body_bytes_max=BODY_BYTES_MAX)
    client = Client(await server.start(0), aws_port)
    try:
        yield client
    finally:
        client.connection.close()
        await server.stop()
        door.close()
        await upstream.server.stop()


class Client:
    def __init__(self, port: int, aws_port: int) -> None:
        self.port = port
        self.aws_port = aws_port
        self.connection = Upstream(port)

    async def ask(self, method, target, *headers, body=b"") -> Response:
        return await self.connection.fetch(
            method, target.encode(), [(b"host", b"shop"), *headers], body
        )


def code(response: Response) -> str:
    assert response.header(b"content-type") == b"application/problem+json"
    problem = json.loads(response.body)
    assert problem["status"] == response.status
    assert problem["request_id"] == response.header(b"x-request-id").decode()
    assert {"type", "title", "detail"} <= set(problem)
    return problem["code"]
