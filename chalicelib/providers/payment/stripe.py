"""Stripe: Checkout Sessions, refunds, and its signed webhooks.

Sources: https://docs.stripe.com/api/checkout/sessions, /api/refunds, /api/idempotent_requests and
https://docs.stripe.com/webhooks#verify-manually. Differences from Stripe's own library: timestamps
from the future are refused too, and nothing is verified without a secret.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from chalicelib.kernel import clock
from chalicelib.kernel.errors import Malformed
from chalicelib.kernel.money import AMOUNT_MAX, Money
from chalicelib.providers import http, signing
from chalicelib.providers.http import ProviderUnavailable
from chalicelib.providers.payment import (
    STRIPE,
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

SESSION_TTL_S = 7_200
"""A session may live 30 minutes to 24 hours, counted by Stripe from when it is made. This leaves room
for a late first call, and is the same at every repeat, as Stripe's idempotency wants it."""
REFUNDS_LISTED_MAX = 100
SIGNATURES_MAX = 20
LOCALES = {"en": "en", "zh-CN": "zh"}

T = TypeVar("T")
_Text = Annotated[str, msgspec.Meta(max_length=5_000)]


class _Error(msgspec.Struct):
    code: str | None = None
    type: str | None = None


class _Refused(msgspec.Struct):
    error: _Error


class _Session(msgspec.Struct):
    id: _Text
    url: _Text | None = None
    status: str | None = None
    payment_status: str | None = None
    payment_intent: _Text | None = None
    client_reference_id: _Text | None = None
    amount_total: int | None = None
    currency: str | None = None
    metadata: dict[str, str] | None = None


class _Intent(msgspec.Struct):
    id: _Text
    amount_received: int
    currency: str
    metadata: dict[str, str] | None = None


class _Refund(msgspec.Struct):
    id: _Text
    status: str | None
    amount: int
    currency: str
    payment_intent: _Text | None = None
    failure_reason: str | None = None
    metadata: dict[str, str] | None = None


class _Refunds(msgspec.Struct):
    data: list[_Refund] = []


class _Charge(msgspec.Struct):
    id: _Text
    refunds: _Refunds | None = None


class _Dispute(msgspec.Struct):
    id: _Text
    amount: int
    currency: str
    payment_intent: _Text | None = None
    reason: str | None = None


class _Object(msgspec.Struct):
    object: msgspec.Raw


class _Event(msgspec.Struct):
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=signing.EVENT_ID_LENGTH_MAX)]
    type: str
    data: _Object
    created: int = 0
    livemode: bool = False


STANDINGS = {
    "succeeded": RefundStanding.SUCCEEDED,
    "failed": RefundStanding.FAILED,
    "canceled": RefundStanding.FAILED,
    "pending": RefundStanding.SENT,
    "requires_action": RefundStanding.SENT,
}


class Stripe(Struct, frozen=True):
    """The adapter. `key` is the secret API key, `secret` the endpoint's `whsec_…`."""

    key: str
    secret: str
    url: str
    name: str = STRIPE
    needs_call: bool = True
    can_be_asked: bool = True

    @property
    def is_live(self) -> bool:
        """Tell a key for real money (`sk_live_`, `rk_live_`) from one for tests."""
        return self.key.partition("_")[2].startswith("live_")

    def start(self, request: PaymentRequest) -> Action:
        created = clock.parse(request.created_at)
        fields = {
            "mode": "payment",
            "client_reference_id": request.payment_id,
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": request.amount.currency.lower(),
            "line_items[0][price_data][unit_amount]": str(request.amount.amount),
            "line_items[0][price_data][product_data][name]": request.purchase_id,
            "metadata[payment_id]": request.payment_id,
            "payment_intent_data[metadata][payment_id]": request.payment_id,
            "success_url": request.return_url,
            "cancel_url": request.return_url,
            "expires_at": str(clock.epoch(clock.later(created, SESSION_TTL_S))),
            "locale": LOCALES.get(request.locale, "auto"),
        }
        if request.email:
            fields["customer_email"] = request.email
        answer = self._call("POST", "/v1/checkout/sessions", fields, key=request.payment_id)
        if answer.status != 200:
            raise ProviderUnavailable(f"Stripe refused the payment: {_refused(answer)}")
        session = _answered(answer.body, _Session)
        if not session.url:
            raise ProviderUnavailable("Stripe gave no page to pay on")
        return Action("redirect", url=session.url, reference=session.id)

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Callback | None:
        _check_signature(self.secret, headers.get("stripe-signature") or "", body, now)
        event = _told(body, _Event)
        if event.livemode != self.is_live:
            raise signing.BadSignature("This event is of the other mode, test or live")
        read = READERS.get(event.type)
        return read(event, body) if read else None

    def acknowledge(self, outcome: Outcome) -> Acknowledgement:
        return Acknowledgement(f'{{"received":true,"outcome":"{outcome}"}}')

    def ask(self, request: PaymentRequest, reference: str) -> Callback | None:
        if not reference:
            return None
        path = f"/v1/checkout/sessions/{quote(reference, safe='')}"
        answer = self._call("GET", path)
        if answer.status != 200:
            return None
        session = _answered(answer.body, _Session)
        if (session.client_reference_id or "") != request.payment_id:
            return None
        event_id = f"asked-{session.id}-{session.status}-{session.payment_status}"
        at = clock.iso(clock.now())
        return _of_session(session, event_id, at, answer.body, expired=session.status == "expired")

    def refund(self, order: RefundOrder) -> RefundAnswer:
        fields = {
            "payment_intent": order.provider_reference,
            "amount": str(order.amount.amount),
            "metadata[refund_id]": order.refund_id,
            "metadata[payment_id]": order.payment_id,
        }
        answer = self._call("POST", "/v1/refunds", fields, key=order.refund_id)
        if answer.status != 200:
            return RefundAnswer(RefundStanding.FAILED, reason=_refused(answer))
        return _standing(_answered(answer.body, _Refund))

    def ask_refund(self, order: RefundOrder) -> RefundAnswer:
        """Ask by Stripe's id, or look for ours among the payment's refunds; sent again if absent.

        Stripe forgets idempotency keys after a day, so a refund is looked for before it is repeated.
        """
        if order.refund_reference:
            path = f"/v1/refunds/{quote(order.refund_reference, safe='')}"
            answer = self._call("GET", path)
            if answer.status == 200:
                return _standing(_answered(answer.body, _Refund))
            return RefundAnswer(RefundStanding.SENT, order.refund_reference)
        query = urlencode({"payment_intent": order.provider_reference, "limit": REFUNDS_LISTED_MAX})
        answer = self._call("GET", f"/v1/refunds?{query}")
        if answer.status != 200:
            return RefundAnswer(RefundStanding.SENT)
        for refund in _answered(answer.body, _Refunds).data:
            if (refund.metadata or {}).get("refund_id") == order.refund_id:
                return _standing(refund)
        return self.refund(order)

    def _call(
        self, method: str, path: str, fields: Mapping[str, str] | None = None, *, key: str = ""
    ) -> http.Answer:
        headers = {"authorization": f"Bearer {self.key}"}
        if key:
            headers["idempotency-key"] = key
        body = None
        if fields is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
            body = urlencode(fields).encode()
        return http.call(method, self.url + path, headers=headers, body=body)


def _check_signature(secret: str, header: str, body: bytes, now: datetime) -> None:
    """Refuse `webhooks.bad_signature` unless one `v1` fits and `t` is near, before or after now."""
    pairs = [part.partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in pairs if name.strip() == "t"]
    given = [value for name, _, value in pairs if name.strip() == "v1"]
    if not secret or len(stamps) != 1 or len(given) > SIGNATURES_MAX:
        raise signing.BadSignature
    if not signing.is_fresh(stamps[0], now):
        raise signing.BadSignature
    signed = stamps[0].encode() + b"." + body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()
    fits = [hmac.compare_digest(expected, one.encode(errors="replace")) for one in given]
    if not any(fits):
        raise signing.BadSignature


def _session_completed(event: _Event, body: bytes) -> Callback | None:
    session = _told(event.data.object, _Session)
    return _of_session(session, event.id, _at(event), body, expired=False)


def _session_expired(event: _Event, body: bytes) -> Callback | None:
    session = _told(event.data.object, _Session)
    return _of_session(session, event.id, _at(event), body, expired=True)


def _session_failed(event: _Event, body: bytes) -> Callback | None:
    """A payment that needed days, such as a bank debit, did not arrive."""
    session = _told(event.data.object, _Session)
    return _callback(event, CallbackKind.FAILED, body, payment_id=_payment_of(session))


def _of_session(
    session: _Session, event_id: str, at: str, body: bytes, *, expired: bool
) -> Callback | None:
    """None while nothing is decided: an unpaid session is open, or waits for a bank."""
    if session.payment_status == "paid":
        kind, amount = CallbackKind.CAPTURED, _money(session.amount_total, session.currency)
        if not session.payment_intent:
            raise Malformed("A paid session needs its payment_intent")
    elif expired:
        kind, amount = CallbackKind.EXPIRED, None
    else:
        return None
    return Callback(
        provider=STRIPE,
        event_id=event_id,
        kind=kind,
        payment_id=_payment_of(session),
        provider_reference=session.payment_intent or "",
        amount=amount,
        at=at,
        raw=body.decode(errors="replace"),
    )


def _intent_succeeded(event: _Event, body: bytes) -> Callback | None:
    intent = _told(event.data.object, _Intent)
    payment_id = (intent.metadata or {}).get("payment_id", "")
    if not payment_id:
        return None
    return _callback(
        event,
        CallbackKind.CAPTURED,
        body,
        payment_id=payment_id,
        reference=intent.id,
        amount=_money(intent.amount_received, intent.currency),
    )


def _charge_refunded(event: _Event, body: bytes) -> Callback | None:
    """The newest refund of the charge, where the event carries it (older API versions do)."""
    charge = _told(event.data.object, _Charge)
    refunds = charge.refunds.data if charge.refunds else []
    return _of_refund(refunds[0], event, body) if refunds else None


def _refund_updated(event: _Event, body: bytes) -> Callback | None:
    return _of_refund(_told(event.data.object, _Refund), event, body)


def _of_refund(refund: _Refund, event: _Event, body: bytes) -> Callback | None:
    """None for a refund that Souk did not ask for, and while nothing is decided."""
    ours = refund.metadata or {}
    standing = STANDINGS.get(refund.status or "", RefundStanding.SENT)
    if standing is RefundStanding.SENT or not ours.get("refund_id") or not ours.get("payment_id"):
        return None
    succeeded = standing is RefundStanding.SUCCEEDED
    return _callback(
        event,
        CallbackKind.REFUND_SUCCEEDED if succeeded else CallbackKind.REFUND_FAILED,
        body,
        payment_id=ours["payment_id"],
        reference=refund.payment_intent or "",
        amount=_money(refund.amount, refund.currency),
        refund_id=ours["refund_id"],
        reason=refund.failure_reason or "",
    )


def _dispute_created(event: _Event, body: bytes) -> Callback | None:
    """A dispute names the payment by its intent alone; whoever reads the callback looks it up."""
    dispute = _told(event.data.object, _Dispute)
    if not dispute.payment_intent:
        return None
    return _callback(
        event,
        CallbackKind.CHARGEBACK_OPENED,
        body,
        payment_id="",
        reference=dispute.payment_intent,
        amount=_money(dispute.amount, dispute.currency),
        reason=dispute.reason or "",
    )


READERS = {
    "checkout.session.completed": _session_completed,
    "checkout.session.async_payment_succeeded": _session_completed,
    "checkout.session.async_payment_failed": _session_failed,
    "checkout.session.expired": _session_expired,
    "payment_intent.succeeded": _intent_succeeded,
    "charge.refunded": _charge_refunded,
    "charge.refund.updated": _refund_updated,
    "refund.updated": _refund_updated,
    "refund.failed": _refund_updated,
    "charge.dispute.created": _dispute_created,
}


def _callback(
    event: _Event,
    kind: CallbackKind,
    body: bytes,
    *,
    payment_id: str,
    reference: str = "",
    amount: Money | None = None,
    refund_id: str = "",
    reason: str = "",
) -> Callback:
    return Callback(
        provider=STRIPE,
        event_id=event.id,
        kind=kind,
        payment_id=payment_id,
        provider_reference=reference,
        amount=amount,
        at=_at(event),
        refund_id=refund_id,
        reason=reason,
        raw=body.decode(errors="replace"),
    )


def _payment_of(session: _Session) -> str:
    return session.client_reference_id or (session.metadata or {}).get("payment_id", "")


def _money(amount: int | None, currency: str | None) -> Money:
    if amount is None or not currency or len(currency) != 3 or not currency.isascii():
        raise Malformed("Money needs an amount and a currency")
    if not currency.isalpha():
        raise Malformed("Money needs a currency of three letters")
    if not 0 <= amount <= AMOUNT_MAX:
        raise Malformed("Money needs an amount within bounds")
    return Money(amount, currency.upper())


def _at(event: _Event) -> str:
    try:
        return clock.iso(datetime.fromtimestamp(event.created, UTC))
    except (ValueError, OverflowError, OSError):
        raise Malformed("created is no time") from None


def _standing(refund: _Refund) -> RefundAnswer:
    standing = STANDINGS.get(refund.status or "", RefundStanding.SENT)
    return RefundAnswer(standing, refund.id, refund.failure_reason or "")


def _refused(answer: http.Answer) -> str:
    """Stripe's stable code for a refusal, never its prose."""
    try:
        error = msgspec.json.decode(answer.body, type=_Refused).error
    except msgspec.DecodeError:
        return f"status {answer.status}"
    return error.code or error.type or f"status {answer.status}"


def _answered(body: bytes, shape: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProviderUnavailable("Stripe's answer cannot be read") from error


def _told(body: bytes | msgspec.Raw, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"The body cannot be read: {error}") from None
