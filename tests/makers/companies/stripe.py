"""A server of Stripe's shape: what Souk uses of its API, with its rules, and its signature."""

import json
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import stripe

from chalicelib.kernel import clock
from tests.makers.companies import Answer, Company

KEY = "sk_test_of_the_tests"
SECRET = "whsec_stripe_secret_of_the_tests"
SESSION_TTL_S = (1_800, 86_400)


class StripeCompany(Company):
    """Sessions and refunds, idempotent by key, refusing what Stripe refuses."""

    secret = SECRET

    def __init__(self) -> None:
        super().__init__()
        self.sessions: dict[str, dict[str, Any]] = {}
        self.refunds: list[dict[str, Any]] = []
        self.refund_status = "pending"
        self._answered: dict[str, tuple[str, Answer]] = {}

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if headers.get("authorization") != f"Bearer {KEY}":
            return 401, _error("invalid_request_error", "invalid_api_key")
        parts = urlsplit(path)
        if method == "GET":
            return self._get(parts.path, parse_qs(parts.query))
        assert headers["content-type"] == "application/x-www-form-urlencoded"
        key = headers.get("idempotency-key", "")
        sent = path + body.decode()
        if key in self._answered:
            same, answer = self._answered[key]
            if same != sent:
                return 400, _error("idempotency_error", None)
            return answer
        answer = self._post(parts.path, dict(parse_qsl(body.decode(), keep_blank_values=True)))
        if key:
            self._answered[key] = (sent, answer)
        return answer

    def pay(self, reference: str) -> dict[str, Any]:
        """Let the shopper pay a session's page; returns the session."""
        session = self.sessions[reference]
        session |= {
            "status": "complete",
            "payment_status": "paid",
            "payment_intent": "pi_" + reference,
        }
        return session

    def intent(self, reference: str) -> dict[str, Any]:
        session = self.sessions[reference]
        return {
            "id": session["payment_intent"],
            "object": "payment_intent",
            "amount": session["amount_total"],
            "amount_received": session["amount_total"],
            "currency": session["currency"],
            "status": "succeeded",
            "metadata": session["intent_metadata"],
        }

    def end_refunds(self, state: str) -> None:
        """Let every refund of now and later have succeeded or failed."""
        self.refund_status = state
        for refund in self.refunds:
            refund |= {"status": state}

    def signed(self, kind: str, obj: Any, event_id: str = "evt_1", at: int | None = None) -> Any:
        """Make a webhook as Stripe's own library signs it."""
        now = clock.epoch(clock.now()) if at is None else at
        body = json.dumps(
            {
                "id": event_id,
                "object": "event",
                "api_version": "2026-02-25.clover",
                "created": clock.epoch(clock.now()),
                "livemode": False,
                "type": kind,
                "data": {"object": obj},
            }
        ).encode()
        return self.sign(body, now), body

    def sign(self, body: bytes, at: int, secret: str = SECRET) -> dict[str, str]:
        header = stripe.WebhookSignature.generate_signature_header(
            body.decode(), secret, timestamp=at
        )
        return {"stripe-signature": header}

    def _get(self, path: str, query: dict[str, list[str]]) -> Answer:
        if path.startswith("/v1/checkout/sessions/"):
            found = self.sessions.get(path.rpartition("/")[2])
            return (200, found) if found else (404, _error("invalid_request_error", "missing"))
        if path == "/v1/refunds":
            intent = query["payment_intent"][0]
            mine = [one for one in self.refunds if one["payment_intent"] == intent]
            return 200, {"object": "list", "data": mine[::-1], "has_more": False}
        found = next((one for one in self.refunds if path == f"/v1/refunds/{one['id']}"), None)
        return (200, found) if found else (404, _error("invalid_request_error", "missing"))

    def _post(self, path: str, fields: dict[str, str]) -> Answer:
        if path == "/v1/checkout/sessions":
            return self._make_session(fields)
        assert path == "/v1/refunds", path
        return self._make_refund(fields)

    def _make_session(self, fields: dict[str, str]) -> Answer:
        lives_s = int(fields["expires_at"]) - clock.epoch(clock.now())
        if not SESSION_TTL_S[0] <= lives_s <= SESSION_TTL_S[1]:
            return 400, _error("invalid_request_error", "expires_at")
        if fields["mode"] != "payment" or not fields["success_url"].startswith("http"):
            return 400, _error("invalid_request_error", "parameter_invalid")
        price = "line_items[0][price_data]"
        number = f"cs_test_{len(self.sessions) + 1}"
        self.sessions[number] = {
            "id": number,
            "object": "checkout.session",
            "url": f"https://checkout.stripe.example/{number}",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "client_reference_id": fields["client_reference_id"],
            "amount_total": int(fields[f"{price}[unit_amount]"])
            * int(fields["line_items[0][quantity]"]),
            "currency": fields[f"{price}[currency]"],
            "metadata": {"payment_id": fields["metadata[payment_id]"]},
            "intent_metadata": {"payment_id": fields["payment_intent_data[metadata][payment_id]"]},
            "customer_email": fields.get("customer_email"),
        }
        assert fields[f"{price}[product_data][name]"]
        return 200, dict(self.sessions[number])

    def _make_refund(self, fields: dict[str, str]) -> Answer:
        intent = fields["payment_intent"]
        paid = [one for one in self.sessions.values() if one["payment_intent"] == intent]
        if not paid:
            return 400, _error("invalid_request_error", "resource_missing")
        given = sum(one["amount"] for one in self.refunds if one["payment_intent"] == intent)
        if given + int(fields["amount"]) > paid[0]["amount_total"]:
            return 400, _error("invalid_request_error", "charge_already_refunded")
        made = {
            "id": f"re_{len(self.refunds) + 1}",
            "object": "refund",
            "amount": int(fields["amount"]),
            "currency": paid[0]["currency"],
            "payment_intent": intent,
            "status": self.refund_status,
            "failure_reason": None,
            "metadata": {name: fields[f"metadata[{name}]"] for name in ("refund_id", "payment_id")},
        }
        self.refunds.append(made)
        return 200, dict(made)


def _error(kind: str, code: str | None) -> dict[str, Any]:
    return {"error": {"type": kind, "code": code, "message": "Something about a shopper."}}
