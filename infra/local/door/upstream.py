"""Kept connections to one server on loopback, for a front door that forwards requests."""

import asyncio
import contextlib
import time
from dataclasses import dataclass

import h11

from infra.local.door.server import Headers, Response

IDLE_S_MAX = 30.0
"""Shorter than MiniStack's 75 s, so that a kept connection is not closed as we use it."""
CONNECT_TIMEOUT_S = 5.0
READ_BYTES = 256 * 1024
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FRAMING = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"transfer-encoding", b"upgrade"}
)


class UpstreamDown(Exception):
    """Nothing answers behind the front door."""


@dataclass(slots=True)
class _Kept:
    """A connection and since when it lies idle."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    wire: h11.Connection
    idle_since: float = 0.0
    is_used: bool = False

    def is_fresh(self, now: float) -> bool:
        return (
            now - self.idle_since < IDLE_S_MAX
            and not self.reader.at_eof()
            and not self.writer.is_closing()
        )

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.writer.close()


class Upstream:
    """Sends requests to 127.0.0.1:port over connections that are kept between requests."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[_Kept] = []

    async def fetch(self, method: str, target: bytes, headers: Headers, body: bytes) -> Response:
        """Send one request and read its answer whole. Raises `UpstreamDown`.

        A kept connection may turn out to be dead. What changes nothing is then sent once more; a
        request that could have been acted on is not.
        """
        while True:
            kept = self._take() or await self._connect()
            was_used = kept.is_used
            try:
                return await self._exchange(kept, method, target, headers, body)
            except (OSError, h11.RemoteProtocolError) as failure:
                if was_used and method in SAFE:
                    continue
                raise UpstreamDown(str(failure)) from failure

    def close(self) -> None:
        """Hang up the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> _Kept | None:
        now = time.monotonic()
        while self._idle:
            kept = self._idle.pop()
            if kept.is_fresh(now):
                return kept
            kept.close()
        return None

    async def _connect(self) -> _Kept:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", self._port, limit=READ_BYTES
                )
        except (OSError, TimeoutError) as failure:
            raise UpstreamDown(str(failure)) from failure
        return _Kept(reader, writer, h11.Connection(h11.CLIENT))

    async def _exchange(
        self, kept: _Kept, method: str, target: bytes, headers: Headers, body: bytes
    ) -> Response:
        is_done = False
        try:
            head = [pair for pair in headers if pair[0] not in FRAMING]
            if body and not any(name == b"content-length" for name, _ in head):
                head.append((b"content-length", str(len(body)).encode()))
            wire = kept.wire
            sent = wire.send(h11.Request(method=method, target=target, headers=head)) or b""
            if body:
                sent += wire.send(h11.Data(data=body)) or b""
            kept.writer.write(sent + (wire.send(h11.EndOfMessage()) or b""))
            response = await _read_response(kept)
            is_done = True
            return response
        finally:
            self._give_back(kept, is_done=is_done)

    def _give_back(self, kept: _Kept, *, is_done: bool) -> None:
        wire = kept.wire
        if is_done and wire.our_state is h11.DONE and wire.their_state is h11.DONE:
            wire.start_next_cycle()
            kept.is_used, kept.idle_since = True, time.monotonic()
            self._idle.append(kept)
        else:
            kept.close()


async def _read_response(kept: _Kept) -> Response:
    parts: list[bytes] = []
    response: Response | None = None
    while True:
        event = kept.wire.next_event()
        if event is h11.NEED_DATA:
            kept.wire.receive_data(await kept.reader.read(READ_BYTES))
        elif isinstance(event, h11.Response):
            response = Response(event.status_code, [(bytes(n), bytes(v)) for n, v in event.headers])
        elif isinstance(event, h11.Data):
            parts.append(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            assert response is not None
            response.body = b"".join(parts)
            return response
        elif not isinstance(event, h11.InformationalResponse):
            raise ConnectionResetError("the server hung up before it answered")
