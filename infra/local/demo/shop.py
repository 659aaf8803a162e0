"""A program of a merchant or member: speaks to the shop's address and knows only the contract."""

import json
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from infra.local.layout import HOST
from infra.local.problems import LocalProblem

TIMEOUT_S = 35.0
BUSY = frozenset({429, 503, 504})
TRIES = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the parsed body."""

    status: int
    body: Any


class Shop:
    """Sends requests, again where the shop is busy."""

    def __init__(self, port: int) -> None:
        self._port = port

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        expect: frozenset[int] = frozenset({200, 201, 202}),
    ) -> Answer:
        """Send one call; bytes are a CSV, all else is JSON. Raises `LocalProblem`."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        sent = body
        if isinstance(body, bytes):
            headers["Content-Type"] = "text/csv"
        elif body is not None:
            headers["Content-Type"] = "application/json"
            sent = json.dumps(body).encode()
        for _ in range(TRIES):
            answer, wait_s = self._send(method, path, sent, headers)
            if answer.status not in BUSY:
                break
            time.sleep(wait_s)
        if answer.status not in expect:
            raise LocalProblem(f"{method} {path} was answered with {answer.status}: {answer.body}")
        return answer

    def _send(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[Answer, float]:
        connection = HTTPConnection(HOST, self._port, timeout=TIMEOUT_S)
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
            wait_s = float(response.headers.get("Retry-After") or 1)
        finally:
            connection.close()
        is_json = "json" in (response.headers.get("Content-Type") or "")
        return Answer(response.status, json.loads(text) if is_json else text), wait_s
