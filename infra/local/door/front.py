"""The front door of the shop on one machine: what CloudFront, its firewall and the gateway do on AWS.

`/static` comes from the checkout, `/media` from its bucket, everything else from the API, public
pages from a copy for as long as they say. The door also fills in what the emulator's gateway leaves out: unknown paths, bodies that are too large, the
29 seconds, rate limits, an `X-Request-Id` on every answer.
"""

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from infra.local.door import files
from infra.local.door.kept import Kept
from infra.local.door.limits import RateLimit
from infra.local.door.refusals import maintenance, refuse, refuse_method, wants_page
from infra.local.door.routes import Routes
from infra.local.door.server import Headers, Request, Response
from infra.local.door.upstream import Upstream, UpstreamDown
from infra.local.door.viewer import SAFE, is_public, prepared
from infra.stack.gateway import EDGE_HEADER

GATEWAY_TIMEOUT_S = 29.0
BODY_BYTES_MAX = 10 * 1024 * 1024
EDGE = EDGE_HEADER.lower().encode()
VIEWER = b"x-viewer-address"
REPLACED = frozenset(
    {b"host", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", EDGE, VIEWER}
)
DOOR_FILES = Path(__file__).parent
STORE_HEADERS = frozenset(
    {b"content-type", b"etag", b"last-modified", b"cache-control", b"accept-ranges"}
    | {b"content-range", b"content-encoding"}
)
NAMED = re.compile(rb"/(?:(?:en|zh)/)?(?:account|locale)(?:/|$)")
"""Pages that are shown at `localhost`, too."""
ASKED_OF_STORE = frozenset({b"range", b"if-none-match", b"if-modified-since"})

log = logging.getLogger("souk.door")


@dataclass(frozen=True, slots=True)
class Behind:
    """What lies behind the door.

    `concurrency` is how many requests the machine works on at once: more Lambda workers than that
    only wait for each other, and each costs a cold start.
    """

    shop_url: str
    aws_port: int
    api_id: str
    api_stage: str
    edge_secret: str
    media_bucket: str
    static: Path
    routes: Routes
    rate_per_minute: int
    concurrency: int
    timeout_s: float = GATEWAY_TIMEOUT_S
    failures_only: frozenset[str] = field(default_factory=frozenset)
    """Routes of codes and sign-ins, where only failures count toward the rate."""

    @property
    def api_host(self) -> bytes:
        return f"{self.api_id}.execute-api.127.0.0.1:{self.aws_port}".encode()


class FrontDoor:
    """Answers every request of the shop's address."""

    def __init__(self, behind: Behind, *, now: Callable[[], float] = time.monotonic) -> None:
        self._behind = behind
        self._upstream = Upstream(behind.aws_port)
        self._turns = asyncio.Semaphore(behind.concurrency)
        self._limit = RateLimit(behind.rate_per_minute, now)
        self._kept = Kept(now)
        self._renewing: set[asyncio.Task[None]] = set()

    async def answer(self, request: Request) -> Response:
        """Answer one request and log the outcome, without anything personal."""
        started = time.perf_counter()
        request_id = str(uuid4())
        response = await self._dispatch(request, request_id)
        if not response.header(b"x-request-id"):
            response.headers.append((b"X-Request-Id", request_id.encode()))
        log.info(
            "%s %s %d %d ms %s",
            request.method,
            request.raw_path.decode("latin-1"),
            response.status,
            (time.perf_counter() - started) * 1000,
            response.header(b"x-request-id").decode("latin-1"),
        )
        return response

    def close(self) -> None:
        """Hang up what leads to the emulator."""
        for task in self._renewing:
            task.cancel()
        self._upstream.close()

    async def _dispatch(self, request: Request, request_id: str) -> Response:
        path = request.raw_path
        if request.is_too_large:
            return refuse("REQUEST_TOO_LARGE", request, request_id)
        if elsewhere := self._elsewhere(request):
            return elsewhere
        if path.startswith(b"/static/"):
            return self._file(self._behind.static, b"/static/", request, request_id)
        if path.startswith(b"/_door/") and path.endswith(b".css"):
            return self._file(DOOR_FILES, b"/_door/", request, request_id)
        try:
            async with asyncio.timeout(self._behind.timeout_s):
                if path.startswith((b"/media/", b"/sitemap")):
                    return await self._picture(request, request_id)
                return await self._call(request, request_id)
        except TimeoutError:
            return refuse("INTEGRATION_TIMEOUT", request, request_id)
        except UpstreamDown:
            if wants_page(request):
                return maintenance(self._behind.static)
            return refuse("INTEGRATION_FAILURE", request, request_id)

    def _elsewhere(self, request: Request) -> Response | None:
        """Lead a browser that asked for `localhost` to the address that the shop calls its own.

        To a browser these are two places, each with its own cookies. The account's pages are shown
        at both: passkeys belong to a name.
        """
        host = request.header(b"host")
        if request.method != "GET" or not host.startswith(b"localhost") or not wants_page(request):
            return None
        if NAMED.match(request.raw_path):
            return None
        location = self._behind.shop_url.encode() + request.target
        return Response(307, [(b"Location", location), (b"Cache-Control", b"no-store")])

    def _file(self, root: Path, prefix: bytes, request: Request, request_id: str) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return refuse_method(request, request_id, frozenset({"GET", "HEAD"}))
        found = files.find(root, request, prefix)
        return found or refuse("RESOURCE_NOT_FOUND", request, request_id)

    async def _picture(self, request: Request, request_id: str) -> Response:
        """A file of the media bucket: its keys are the paths below `/media/`, and the sitemap's."""
        if request.method not in {"GET", "HEAD"}:
            return refuse_method(request, request_id, frozenset({"GET", "HEAD"}))
        key = request.raw_path.removeprefix(b"/media/").removeprefix(b"/")
        target = b"/" + self._behind.media_bucket.encode() + b"/" + key
        headers: Headers = [(b"host", f"127.0.0.1:{self._behind.aws_port}".encode())]
        headers += [pair for pair in request.headers if pair[0] in ASKED_OF_STORE]
        found = await self._upstream.fetch("GET", target, headers, b"")
        if found.status in {200, 206, 304}:
            found.headers = [pair for pair in found.headers if pair[0] in STORE_HEADERS]
            found.headers.append((b"X-Content-Type-Options", b"nosniff"))
            return found
        if found.status >= 500:
            return refuse("INTEGRATION_FAILURE", request, request_id)
        return refuse("RESOURCE_NOT_FOUND", request, request_id)

    async def _call(self, request: Request, request_id: str) -> Response:
        seen = prepared(request)
        route = self._behind.routes.match(seen.raw_path)
        if route is None:
            return refuse("RESOURCE_NOT_FOUND", request, request_id)
        method = "GET" if request.method == "HEAD" else request.method
        if method not in route.methods:
            return refuse_method(request, request_id, route.methods)
        key = (request.peer, method, route.template)
        if wait_s := self._limit.wait_s(key):
            return refuse("WAF_FILTERED", request, request_id, retry_after_s=wait_s)
        counts_failures = route.template in self._behind.failures_only
        if not counts_failures:
            self._limit.count(key)
        response = await self._page(method, seen, request_id)
        if counts_failures and response.status >= 400:
            self._limit.count(key)
        return response

    async def _page(self, method: str, request: Request, request_id: str) -> Response:
        """A public page from its copy while that may be shown, all else from the API."""
        if not is_public(request):
            response = await self._forward(method, request, request_id)
            if method not in SAFE:
                self._kept.forget()
            return response
        found = self._kept.find(request)
        if found is None:
            response = await self._forward(method, request, request_id)
            self._kept.keep(request, response)
            return response
        if not found.is_fresh:
            task = asyncio.create_task(self._renew(request, request_id))
            self._renewing.add(task)
            task.add_done_callback(self._renewing.discard)
        return found.response

    async def _renew(self, request: Request, request_id: str) -> None:
        """Make a stale copy anew; where that fails the old one ends by itself."""
        with contextlib.suppress(UpstreamDown, TimeoutError):
            async with asyncio.timeout(self._behind.timeout_s):
                response = await self._forward("GET", request, request_id)
            self._kept.keep(request, response)

    async def _forward(self, method: str, request: Request, request_id: str) -> Response:
        headers: Headers = [pair for pair in request.headers if pair[0] not in REPLACED]
        headers.append((b"host", self._behind.api_host))
        headers.append((EDGE, self._behind.edge_secret.encode()))
        headers.append((VIEWER, request.peer.encode()))
        headers.append((b"x-forwarded-for", request.peer.encode()))
        headers.append((b"x-forwarded-proto", b"http"))
        target = b"/" + self._behind.api_stage.encode() + request.target
        async with self._turns:
            response = await self._upstream.fetch(method, target, headers, request.body)
        if response.status >= 400 and not response.header(b"x-request-id"):
            return _gateway_answer(response, request, request_id)
        return response


def _gateway_answer(response: Response, request: Request, request_id: str) -> Response:
    """Dress an answer that the application did not make: it always names the request."""
    if response.status in {403, 404}:
        return refuse("MISSING_AUTHENTICATION_TOKEN", request, request_id)
    if response.status == 429:
        return refuse("THROTTLED", request, request_id)
    if response.status == 504:
        return refuse("INTEGRATION_TIMEOUT", request, request_id)
    if response.status >= 500:
        return refuse("INTEGRATION_FAILURE", request, request_id)
    return refuse("DEFAULT_4XX", request, request_id)
