"""The Lambda handler behind a WSGI door, for a client that speaks no Lambda."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from tests.makers.http import Http, Reply

Start = Callable[[str, list[tuple[str, str]]], object]


class Gateway:
    """Shapes requests as API Gateway does, and what has no route gets its answer."""

    def __init__(self) -> None:
        self.http = Http()
        self.calls = 0

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        self.calls += 1
        reply = self._answer(environ)
        headers = [
            (name.title(), value)
            for name, value in reply.headers.items()
            if name != "content-length"
        ]
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", headers)
        return [reply.text.encode()]

    def _answer(self, environ: dict[str, Any]) -> Reply:
        size = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(size) if size else b""
        self.http.cookies = {}
        path = environ["REQUEST_URI"].partition("?")[0] + "?" + environ.get("QUERY_STRING", "")
        event = self.http.event(environ["REQUEST_METHOD"], path, body, _headers(environ))
        if event is None:
            return Reply(404, {"content-type": "application/json"}, '{"message":"Not found"}')
        return self.http.deliver(event)


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    found = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        found["content-type"] = environ["CONTENT_TYPE"]
    return found
