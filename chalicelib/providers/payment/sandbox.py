"""The sandbox payment company: Standard Webhooks, a pay page to click, no money.

Whoever holds the secret speaks for the company. Its pay page is reached by a signed link, so
starting a payment needs no call.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from chalicelib.kernel import clock
from chalicelib.kernel.errors import Malformed
from chalicelib.kernel.money import AMOUNT_MAX, Money
from chalicelib.providers import http, signing
from chalicelib.providers.payment import (
    SANDBOX,
    Acknowledgement,
    Action,
    Callback,
    CallbackKind,
    Outcome,
    PaymentRequest,
    RefundAnswer,
    RefundOrder,
    RefundStanding,
)

T = TypeVar("T")
Text = Annotated[str, msgspec.Meta(max_length=255)]
MONEY_KINDS = {CallbackKind.CAPTURED, CallbackKind.AUTHORIZED}
REFUND_KINDS = {CallbackKind.REFUND_SUCCEEDED, CallbackKind.REFUND_FAILED}


class _Data(msgspec.Struct):
    payment_id: Text
    provider_reference: Text = ""
    amount: Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX)] | None = None
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] | None = None
    refund_id: Text = ""
    reason: Text = ""


class _Event(msgspec.Struct):
    type: Text
    data: _Data
    timestamp: str | int | None = None


class _Envelope(msgspec.Struct):
    type: Text


class _Standing(msgspec.Struct):
    """The company's answer about a payment: its last word on it, as a callback would carry it."""

    type: str
    data: _Data


class _RefundStanding(msgspec.Struct):
    """The company's answer to a refund order: how the refund stands, where it says so."""

    state: Text = ""
    reason: Text = ""


class Sandbox(Struct, frozen=True):
    """The adapter. `url` is where the company's pages are; empty where it has none."""

    secret: str
    url: str
    name: str = SANDBOX
    needs_call: bool = False

    @property
    def can_be_asked(self) -> bool:
        return bool(self.url)

    def start(self, request: PaymentRequest) -> Action:
        if not self.url:
            return Action("none")
        amount, currency = str(request.amount.amount), request.amount.currency
        signed = f"{request.payment_id}|{amount}|{currency}|{request.return_url}"
        query = urlencode(
            {
                "amount": amount,
                "currency": currency,
                "return_url": request.return_url,
                "signature": self._link_signature(signed),
            }
        )
        return Action("redirect", url=f"{self.url}/pay/{quote(request.payment_id)}?{query}")

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Callback | None:
        event_id = signing.verify(self.secret, headers, body, now)
        kind = _decoded(body, _Envelope).type
        if kind not in set(CallbackKind):
            return None
        event = _decoded(body, _Event)
        return self._callback(event_id, CallbackKind(kind), event.data, now, body)

    def acknowledge(self, outcome: Outcome) -> Acknowledgement:
        return Acknowledgement(f'{{"received":true,"outcome":"{outcome}"}}')

    def ask(self, request: PaymentRequest, reference: str) -> Callback | None:
        """Ask the company's own page; a payment that nobody clicked is unknown there (404)."""
        del reference
        now = clock.now()
        path = f"/payments/{quote(request.payment_id)}"
        headers = signing.sign(self.secret, request.payment_id, now, b"")
        answer = http.call("GET", self.url + path, headers=headers)
        if answer.status != 200:
            return None
        standing = _decoded(answer.body, _Standing)
        if standing.type not in set(CallbackKind):
            return None
        event_id = f"asked-{request.payment_id}-{standing.type}"
        return self._callback(
            event_id, CallbackKind(standing.type), standing.data, now, answer.body
        )

    def refund(self, order: RefundOrder) -> RefundAnswer:
        """Tell the company; it gives its word when somebody clicks, by a callback and when asked."""
        if not self.url:
            return RefundAnswer(RefundStanding.SENT)
        body = msgspec.json.encode(
            {
                "type": "refund.requested",
                "timestamp": clock.iso(clock.now()),
                "data": {
                    "refund_id": order.refund_id,
                    "payment_id": order.payment_id,
                    "provider_reference": order.provider_reference,
                    "amount": order.amount.amount,
                    "currency": order.amount.currency,
                    "captured": order.captured.amount,
                    "reason": order.reason,
                },
            }
        )
        headers = signing.sign(self.secret, order.refund_id, clock.now(), body)
        headers["content-type"] = "application/json"
        answer = http.call("POST", f"{self.url}/refunds", headers=headers, body=body)
        if answer.status >= 400:
            return RefundAnswer(RefundStanding.FAILED, reason=f"refused with {answer.status}")
        return _refund_answer(answer.body)

    def ask_refund(self, order: RefundOrder) -> RefundAnswer:
        """Send it again: the refund's id makes it the same refund, and the answer tells of it."""
        return self.refund(order)

    def _callback(
        self, event_id: str, kind: CallbackKind, data: _Data, now: datetime, raw: bytes
    ) -> Callback:
        if kind in REFUND_KINDS and not data.refund_id:
            raise Malformed(f"{kind} needs a refund_id")
        has_money = data.amount is not None and data.currency is not None
        if kind in MONEY_KINDS and not (has_money and data.provider_reference):
            raise Malformed(f"{kind} needs provider_reference, amount and currency")
        amount = Money(data.amount or 0, data.currency or "") if has_money else None
        return Callback(
            provider=self.name,
            event_id=event_id,
            kind=kind,
            payment_id=data.payment_id,
            provider_reference=data.provider_reference,
            amount=amount,
            at=clock.iso(now),
            refund_id=data.refund_id,
            reason=data.reason,
            raw=raw.decode(errors="replace"),
        )

    def _link_signature(self, text: str) -> str:
        return hmac.new(signing.key_of(self.secret), text.encode(), hashlib.sha256).hexdigest()


def _refund_answer(body: bytes) -> RefundAnswer:
    """Read how a refund stands. A body that does not say so is that of a refund under way."""
    try:
        told = msgspec.json.decode(body, type=_RefundStanding)
        standing = RefundStanding(told.state)
    except (ValueError, RecursionError):
        return RefundAnswer(RefundStanding.SENT)
    return RefundAnswer(standing, reason=told.reason)


def _decoded(body: bytes, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"The body cannot be read: {error}") from None
