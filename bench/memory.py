"""Peak memory of the API function: a process that imports it and answers each kind of request."""

import json
import multiprocessing
from typing import Any

from bench import stack
from bench.gateway import Function
from bench.peak import peak_bytes
from bench.report import heading, line

MB = 1_000_000
PEAK_MB_MAX = 160
REQUESTS = 50
PATHS = (
    "/",
    "/api/v1/products?limit=100",
    "/api/v1/categories",
    "/api/v1/openapi.json",
    "/search?q=a",
)


def main() -> bool:
    """Serve some hundred requests in a fresh process and print its peak."""
    heading("Peak memory of the API function")
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(stack.described(), there))
    process.start()
    peak = here.recv()
    process.join()
    return line(f"after {REQUESTS * len(PATHS)} requests", peak / MB, "MB", limit=PEAK_MB_MAX)


def _serve(described: dict[str, Any], pipe: Any) -> None:
    stack.become_the_function(described)
    import app

    function = Function(app.app)
    cards = json.loads(function.invoke(function.event("GET", "/api/v1/products"))["body"])["items"]
    paths = [*PATHS, f"/p/{cards[0]['slug']}", f"/api/v1/products/{cards[0]['slug']}"]
    for _ in range(REQUESTS):
        for path in paths:
            answer = function.invoke(function.event("GET", path))
            assert answer["statusCode"] < 400, (path, answer["statusCode"])
    pipe.send(peak_bytes())
