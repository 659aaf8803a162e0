"""A sandbox company to test with; its callbacks are signed by the `standardwebhooks` package."""

import json
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from chalicelib.kernel import clock
from tests.makers.companies import Answer, Company
from tests.makers.stage import PAYMENT_SECRET


class SandboxCompany(Company):
    """Takes signed refund orders, and knows what was clicked."""

    secret = PAYMENT_SECRET

    def __init__(self) -> None:
        super().__init__()
        self.clicked: dict[str, dict[str, Any]] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.refuses_refunds = False
        self.refund_state = "sent"
        self.ended: dict[str, str] = {}

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if not _is_signed(headers, body):
            return 401, {}
        if method == "GET":
            found = self.clicked.get(path.rpartition("/")[2])
            return (200, found) if found else (404, {})
        assert path == "/refunds", path
        if self.refuses_refunds:
            return 422, {}
        order = json.loads(body)["data"]
        assert headers["webhook-id"] == order["refund_id"]
        self.orders[order["refund_id"]] = order
        return 202, {"state": self.ended.get(order["refund_id"], self.refund_state)}

    def end_refunds(self, state: str) -> None:
        """Let every refund of now and later have succeeded or failed."""
        self.refund_state = state

    def signed(
        self, kind: str, data: Any, event_id: str = "msg_1", at: int | None = None
    ) -> tuple[dict[str, str], bytes]:
        body = json.dumps(
            {"type": kind, "timestamp": clock.iso(clock.now()), "data": data}
        ).encode()
        return self.sign(body, clock.epoch(clock.now()) if at is None else at, event_id), body

    def sign(
        self, body: bytes, at: int, event_id: str = "msg_1", secret: str = PAYMENT_SECRET
    ) -> dict[str, str]:
        return signed_by(secret, body, at, event_id)


def signed_by(secret: str, body: bytes, at: int, event_id: str) -> dict[str, str]:
    """Sign as the Standard Webhooks package does."""
    moment = datetime.fromtimestamp(at, UTC)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(at),
        "webhook-signature": Webhook(secret).sign(event_id, moment, body.decode()),
    }


def _is_signed(headers: dict[str, str], body: bytes) -> bool:
    """Check with the package's own verifier, apart from its clock."""
    expected = Webhook(PAYMENT_SECRET).sign(
        headers["webhook-id"],
        datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC),
        body.decode(),
    )
    return headers["webhook-signature"] == expected
