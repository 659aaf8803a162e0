"""A host far away that has pictures, and does everything that hosts do."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.makers.pictures import a_picture

PNG, JPEG, GIF, WEBP = (a_picture(kind) for kind in ("PNG", "JPEG", "GIF", "WEBP"))
PICTURES = {"/a.png": PNG, "/b.jpg": JPEG, "/c.gif": GIF, "/d.webp": WEBP}


class FarHost(BaseHTTPRequestHandler):
    """Answers by path; `asked` lists the paths that were asked for."""

    asked: list[str]
    missing: set[str]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.asked.append(self.path)
        if path in PICTURES and path not in self.missing:
            self._answer(200, PICTURES[path], "image/anything")
        elif path == "/large.png":
            self._answer(200, PNG + b"x" * 20_000_001, "image/png")
        elif path == "/page.png":
            self._answer(200, b"<html><script>alert(1)</script></html>", "image/png")
        elif path == "/svg.png":
            self._answer(200, b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")
        elif path.startswith("/to/"):
            self._redirect("/" + path.removeprefix("/to/"))
        elif path == "/round":
            self._redirect("/round")
        elif path == "/inside":
            self._redirect("http://169.254.169.254/latest/meta-data/")
        elif path == "/elsewhere":
            self._redirect("file:///etc/passwd")
        elif path == "/short.png":
            self.send_response(200)
            self.send_header("Content-Length", "5000")
            self.end_headers()
            self.wfile.write(PNG)
        else:
            self._answer(404, b"nothing", "text/plain")

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _redirect(self, to: str) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests look at `asked`."""


@contextmanager
def far_host() -> Iterator[tuple[str, type[FarHost]]]:
    """Run the host on a free port; gives its `host:port` and its class."""
    kind = type("Host", (FarHost,), {"asked": [], "missing": set()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}", kind
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
