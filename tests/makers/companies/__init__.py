"""Companies to test with: small servers that behave like the real ones, signing independently."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any]


class Company:
    """A server on loopback. Subclasses answer; `broken` holds statuses to answer with first.

    A status of 0 works and then loses the answer, as a cut connection does.
    """

    def __init__(self) -> None:
        self.url = ""
        self.broken: list[int] = []
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Work on one request: a status and a JSON value."""
        raise AssertionError("a company answers")

    @contextmanager
    def serving(self) -> Iterator[None]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(company: Company) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            company.requests.append((self.command, self.path, headers, body))
            broken = company.broken.pop(0) if company.broken else None
            if broken:
                self._send(broken, {"error": {"type": "api_error"}})
                return
            status, value = company.answer(self.command, self.path, headers, body)
            if broken == 0:
                self.close_connection = True
                return
            self._send(status, value)

        def _send(self, status: int, value: Any) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _serve  # noqa: N815 - http.server looks them up by these names

        def log_message(self, *_args: object) -> None:
            """Keep the tests' output clean."""

    return Handler
