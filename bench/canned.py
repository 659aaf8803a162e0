"""A server that answers each DynamoDB call with the bytes recorded for it.

The plain client is measured against it: it sends the same calls and reads the same answers as the
function did, and conditional writes need no fresh state.
"""

import contextlib
import http.client
import json
import multiprocessing
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Run the server in a process of its own; gives its address."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    port = here.recv()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.join()


def teach(address: str, answers: list[tuple[str, bytes]]) -> None:
    """Hand over what to answer, call by call, in turn and for ever."""
    host = address.removeprefix("http://")
    line = http.client.HTTPConnection(host)
    body = json.dumps([[operation, answer.decode()] for operation, answer in answers])
    line.request("PUT", "/", body.encode())
    line.getresponse().read()
    line.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers: list[tuple[str, bytes]] = []  # noqa: RUF012 - one process, one list
    turn = 0

    def do_PUT(self) -> None:
        kind = type(self)
        taught = json.loads(self._body())
        kind.answers = [(operation, answer.encode()) for operation, answer in taught]
        kind.turn = 0
        self._answer(b"{}")

    def do_POST(self) -> None:
        self._body()
        kind = type(self)
        operation, answer = kind.answers[kind.turn % len(kind.answers)]
        asked = self.headers["X-Amz-Target"].rsplit(".", 1)[1]
        assert asked == operation, f"{asked} came where {operation} was recorded"
        kind.turn += 1
        self._answer(answer)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Keep quiet: this is a measuring instrument."""


def _serve(pipe: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    pipe.send(server.server_address[1])
    server.serve_forever()
