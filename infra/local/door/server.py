"""A small HTTP/1.1 server for loopback: asyncio carries the bytes, h11 knows the protocol.

A handler is one coroutine from a request to a response. Bodies are held whole, up to a limit;
larger ones are answered with 413 and read away, so that a client that is still sending sees the
answer instead of a broken connection.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

import h11

IDLE_TIMEOUT_S = 75.0
BODY_TIMEOUT_S = 60.0
DRAIN_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 3.0
HEAD_BYTES_MAX = 64 * 1024
READ_BYTES = 64 * 1024
BACKLOG = 4096
REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}

Headers = list[tuple[bytes, bytes]]

log = logging.getLogger("souk.server")


@dataclass(slots=True)
class Request:
    """One request as it came in. `target` is the raw path and query; header names are lower case."""

    method: str
    target: bytes
    headers: Headers
    body: bytes = b""
    peer: str = "127.0.0.1"
    is_too_large: bool = False

    def header(self, name: bytes) -> bytes:
        """The first value of a header, or nothing."""
        return next((value for key, value in self.headers if key == name), b"")

    @property
    def raw_path(self) -> bytes:
        return self.target.partition(b"?")[0]


@dataclass(slots=True)
class Response:
    """One answer. The server adds Content-Length, and leaves the body out for HEAD."""

    status: int
    headers: Headers
    body: bytes = b""

    def header(self, name: bytes) -> bytes:
        """The first value of a header whatever its case, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name), b"")


Handler = Callable[[Request], Awaitable[Response]]


class Server:
    """Listens on one loopback port and gives each request to the handler."""

    def __init__(self, handler: Handler, *, body_bytes_max: int) -> None:
        self._handler = handler
        self._body_bytes_max = body_bytes_max
        self._connections: set[asyncio.Task[None]] = set()
        self._busy: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> int:
        """Bind 127.0.0.1; return the port, which is a free one where 0 was asked for."""
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", port, backlog=BACKLOG, limit=READ_BYTES
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take no more connections, let what is being answered finish, close the rest."""
        if self._server is not None:
            self._server.close()
        for task in self._connections - self._busy:
            task.cancel()
        if self._busy:
            await asyncio.wait(set(self._busy), timeout=STOP_TIMEOUT_S)
        for task in set(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._converse(task, reader, writer)
        except (OSError, TimeoutError, asyncio.CancelledError, h11.RemoteProtocolError):
            pass  # the other side left, sent nonsense, or we are stopping: nobody to answer
        finally:
            self._busy.discard(task)
            self._connections.discard(task)
            with contextlib.suppress(OSError):
                writer.close()

    async def _converse(
        self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        wire = _Wire(reader, writer, self._body_bytes_max)
        while True:
            try:
                request = await wire.read_request()
            except h11.RemoteProtocolError as nonsense:
                await wire.refuse(nonsense)
                return
            if request is None:
                return
            self._busy.add(task)
            response = await self._answer(request)
            await wire.write_response(response, with_body=request.method != "HEAD")
            if request.is_too_large:
                await wire.read_away()
                return
            self._busy.discard(task)
            if not wire.may_go_on() or not self._is_open():
                return

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._handler(request)
        except Exception:
            log.exception("defect while answering %s", request.method)
            return Response(500, [(b"Content-Type", b"text/plain")], b"Something broke here.")

    def _is_open(self) -> bool:
        return self._server is not None and self._server.is_serving()


class _Wire:
    """One connection: h11's state and the streams under it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body_bytes_max: int
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._body_bytes_max = body_bytes_max
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES_MAX)
        peer = writer.get_extra_info("peername")
        self._peer = peer[0] if peer else "127.0.0.1"

    async def read_request(self) -> Request | None:
        """Read one request whole; None when the other side has hung up."""
        async with asyncio.timeout(IDLE_TIMEOUT_S):
            head = await self._next_event()
        if not isinstance(head, h11.Request):
            return None
        request = Request(
            method=head.method.decode("ascii"),
            target=head.target,
            headers=[(bytes(name), bytes(value)) for name, value in head.headers],
            peer=self._peer,
        )
        declared = request.header(b"content-length")
        if declared.isdigit() and int(declared) > self._body_bytes_max:
            request.is_too_large = True
            return request
        async with asyncio.timeout(BODY_TIMEOUT_S):
            await self._read_body(request)
        return request

    async def _read_body(self, request: Request) -> None:
        if self._h11.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[])
            self._writer.write(self._h11.send(go_on) or b"")
        parts: list[bytes] = []
        size = 0
        while isinstance(event := await self._next_event(), h11.Data):
            size += len(event.data)
            if size > self._body_bytes_max:
                request.is_too_large = True
                return
            parts.append(bytes(event.data))
        request.body = b"".join(parts)

    async def _next_event(self) -> object:
        while (event := self._h11.next_event()) is h11.NEED_DATA:
            self._h11.receive_data(await self._reader.read(READ_BYTES))
        return event

    async def write_response(self, response: Response, *, with_body: bool = True) -> None:
        """Send one answer; its own framing headers are replaced by the true length."""
        unframed = [
            pair
            for pair in response.headers
            if pair[0].lower() not in {b"content-length", b"transfer-encoding", b"connection"}
        ]
        may_have_body = response.status not in {204, 304}
        if may_have_body:
            unframed.append((b"Content-Length", str(len(response.body)).encode()))
        head = h11.Response(
            status_code=response.status, headers=unframed, reason=REASONS.get(response.status, b"")
        )
        sent = [self._h11.send(head)]
        if response.body and may_have_body and with_body:
            sent.append(self._h11.send(h11.Data(data=response.body)))
        sent.append(self._h11.send(h11.EndOfMessage()))
        self._writer.write(b"".join(part for part in sent if part))
        await self._writer.drain()

    async def refuse(self, nonsense: h11.RemoteProtocolError) -> None:
        """Answer bytes that are no request, as far as there is anyone to answer."""
        if self._h11.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            return
        text = b"This is not an HTTP request."
        headers = [(b"Content-Type", b"text/plain"), (b"Connection", b"close")]
        status = nonsense.error_status_hint or 400
        await self.write_response(Response(status, headers, text))

    async def read_away(self) -> None:
        """Swallow the rest of a body that was refused, for a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                while await self._reader.read(READ_BYTES):
                    pass

    def may_go_on(self) -> bool:
        """Make ready for the next request, where the connection stays open."""
        if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
            return False
        self._h11.start_next_cycle()
        return True
