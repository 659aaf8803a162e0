"""Sends callbacks to Souk: signed, tried a few times, with each try written down."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.local.door.server import Headers
from infra.local.door.upstream import Upstream, UpstreamDown
from infra.local.sandbox import signing
from infra.local.sandbox.store import Attempt, Record, Sent, Store

PAYMENTS_PATH = "/webhooks/payments/sandbox"
COURIERS_PATH = "/webhooks/couriers/sandbox"
PAUSES_S = (0.0, 1.0, 3.0)
"""Waits before each try. A click is answered when the last one is over."""

OK_FIRST, OK_LAST = 200, 299
RETRIED = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Line:
    """One line to Souk: where callbacks go, and the secret they are signed with."""

    path: str
    secret: str


class Callbacks:
    """Delivers callbacks about records and saves what became of them."""

    def __init__(
        self,
        store: Store,
        shop: Upstream,
        *,
        host: str,
        pauses_s: Sequence[float] = PAUSES_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._shop = shop
        self._host = host
        self._pauses_s = pauses_s
        self._sleep = sleep
        self._now = now

    async def send(self, line: Line, record: Record, type_: str, data: dict[str, Any]) -> Sent:
        """Tell Souk of one thing that happened to the record, once."""
        at = rfc3339(self._now())
        body = json.dumps({"type": type_, "timestamp": at, "data": data})
        sent = Sent(id=f"msg_{secrets.token_hex(12)}", type=type_, at=at, body=body)
        record.sent.append(sent)
        return await self._deliver(line, record, sent)

    async def send_again(self, line: Line, record: Record, message_id: str) -> Sent | None:
        """Repeat a callback under its old id, as a company does that got no answer."""
        for sent in record.sent:
            if sent.id == message_id:
                return await self._deliver(line, record, sent)
        return None

    async def _deliver(self, line: Line, record: Record, sent: Sent) -> Sent:
        for pause_s in self._pauses_s:
            await self._sleep(pause_s)
            outcome, is_delivered, may_retry = await self._try(line, sent)
            sent.attempts.append(Attempt(rfc3339(self._now()), outcome))
            sent.is_delivered = sent.is_delivered or is_delivered
            self._store.save(record)
            if is_delivered or not may_retry:
                break
        return sent

    async def _try(self, line: Line, sent: Sent) -> tuple[str, bool, bool]:
        """One try: what to write down, whether it arrived, whether another may help."""
        body = sent.body.encode()
        signed = signing.headers(line.secret, sent.id, int(self._now().timestamp()), body)
        headers: Headers = [(name.encode(), value.encode()) for name, value in signed.items()]
        headers += [(b"host", self._host.encode()), (b"content-type", b"application/json")]
        headers.append((b"user-agent", b"souk-sandbox"))
        try:
            answer = await self._shop.fetch("POST", line.path.encode(), headers, body)
        except UpstreamDown:
            return "no answer", False, True
        is_delivered = OK_FIRST <= answer.status <= OK_LAST
        return str(answer.status), is_delivered, answer.status in RETRIED


def rfc3339(moment: datetime) -> str:
    """UTC to the millisecond, as the contract writes times."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
