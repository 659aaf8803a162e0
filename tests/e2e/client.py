"""An outside client: knows the contract and nothing of the code."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import requests

TIMEOUT_S = 30
FOLLOW_S = 20.0
T = TypeVar("T")


@dataclass(frozen=True)
class Shop:
    """A started stack, from its `stack.json`."""

    stack: dict[str, Any]

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        expect: int | None = None,
        **headers: str,
    ) -> Any:
        """Send one call; returns the parsed body. `expect` asserts the status."""
        response = self.send(method, path, body, token=token, **headers)
        if expect is not None:
            assert response.status_code == expect, (
                method,
                path,
                response.status_code,
                response.text,
            )
        kind = response.headers.get("content-type", "")
        return response.json() if "json" in kind else response.text

    def send(
        self, method: str, path: str, body: Any = None, *, token: str = "", **headers: str
    ) -> requests.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        raw = (
            body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        )
        if body is not None:
            sent.setdefault("content-type", "application/json")
        url = self.stack["shop_url"] + path
        return requests.request(method, url, data=raw, headers=sent, timeout=TIMEOUT_S)

    def key(self, merchant: int) -> str:
        """The API key of the n-th demo merchant."""
        api_key: str = self.stack["merchants"][merchant]["api_key"]
        return api_key

    def payment_event(self, kind: str, data: dict[str, Any], **kwargs: Any) -> requests.Response:
        """Speak for the sandbox payment company."""
        secret = self.stack["sandbox_payment_secret"]
        return self._event("/webhooks/payments/sandbox", secret, kind, data, **kwargs)

    def courier_event(self, kind: str, data: dict[str, Any], **kwargs: Any) -> requests.Response:
        """Speak for the sandbox courier."""
        secret = self.stack["sandbox_courier_secret"]
        return self._event("/webhooks/couriers/sandbox", secret, kind, data, **kwargs)

    def _event(
        self,
        path: str,
        secret: str,
        kind: str,
        data: dict[str, Any],
        *,
        event_id: str = "",
        at: int | None = None,
        forge: bool = False,
    ) -> requests.Response:
        stamp = str(at or int(time.time()))
        number = event_id or f"msg_{uuid.uuid4().hex}"
        body = json.dumps({"type": kind, "timestamp": now(), "data": data}).encode()
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{number}.{stamp}.".encode() + body
        signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        headers = {
            "webhook_id": number,
            "webhook_timestamp": stamp,
            "webhook_signature": "v1," + (signature[::-1] if forge else signature),
        }
        return self.send("POST", path, body, **headers)


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def fresh_key() -> str:
    return uuid.uuid4().hex


def follow(look: Callable[[], T], fits: Callable[[T], bool], within_s: float = FOLLOW_S) -> T:
    """Look again until it fits: listings, ledger and timelines follow within seconds."""
    deadline = time.monotonic() + within_s
    while True:
        seen = look()
        if fits(seen):
            return seen
        assert time.monotonic() < deadline, f"it never followed; last seen: {seen}"
        time.sleep(0.2)
