"""The shop on loopback without a stack: a real browser in front, the Lambda handler behind.

What the front door decides about a request is decided here by the same code.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from infra.assets import content_type
from infra.local.door.server import Request
from infra.local.door.viewer import prepared
from tests.makers.http import Http

ROOT = Path(__file__).resolve().parents[2]
EDGE_SECRET = "edge secret of the bridge"


@contextmanager
def bridged(port: int = 8000) -> Iterator[str]:
    """Serve the app of this process; yields its address. The stage names port 8000 its own."""
    server = _Server(("127.0.0.1", port), _Door)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(HTTPServer):
    """Answers one after another, as the app of one process must; a browser that left is let go."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Door(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/static/"):
            self._file()
        else:
            self._call(b"")

    def do_POST(self) -> None:
        self._call(self.rfile.read(int(self.headers.get("content-length", "0"))))

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""

    def _file(self) -> None:
        path = ROOT / self.path.partition("?")[0].removeprefix("/")
        self._send(200, [("Content-Type", content_type(path.name))], path.read_bytes())

    def _call(self, body: bytes) -> None:
        headers = [(n.lower().encode(), v.encode()) for n, v in self.headers.items()]
        seen = prepared(Request(self.command, self.path.encode(), headers, body))
        sent = {name.decode(): value.decode() for name, value in seen.headers}
        http = Http()
        event = http.event(
            self.command, seen.target.decode(), body, {**sent, "x-souk-edge": EDGE_SECRET}
        )
        if event is None:
            self._send(404, [], b"")
            return
        answer = http.app(event, http.context)
        many = answer.get("multiValueHeaders") or {}
        pairs = [(name, value) for name, values in many.items() for value in values]
        pairs += [(n, v) for n, v in (answer.get("headers") or {}).items() if n not in many]
        self._send(answer["statusCode"], pairs, (answer.get("body") or "").encode())

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
