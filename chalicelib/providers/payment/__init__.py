"""The port to payment companies, in Souk's words. Every adapter passes one contract test.

A company exists where its secret is set. Calls that move money carry Souk's own id as the
company's idempotency key, so that each may be made again.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from chalicelib.aws.settings import settings
from chalicelib.kernel.errors import Refusal
from chalicelib.kernel.money import Money

SANDBOX = "sandbox"
STRIPE = "stripe"
FREE = "free"
"""Who takes payments of nothing: nobody chooses it."""


class UnknownProvider(Refusal):
    """No payment company of this name takes money here."""

    code, status, title = "payments.unknown_provider", 422, "This payment company is not taken here"


class CallbackKind(StrEnum):
    """What a company can tell, in the words of the sandbox."""

    AUTHORIZED = "payment.authorized"
    CAPTURED = "payment.captured"
    FAILED = "payment.failed"
    EXPIRED = "payment.expired"
    REFUND_SUCCEEDED = "refund.succeeded"
    REFUND_FAILED = "refund.failed"
    CHARGEBACK_OPENED = "chargeback.opened"


class RefundStanding(StrEnum):
    """How a refund stands at the company."""

    SENT = "sent"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Outcome(StrEnum):
    """What Souk did with a callback; every one of them is a success to the company."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    FLAGGED = "flagged"


class PaymentRequest(Struct, frozen=True):
    """What a company needs to let a shopper pay; the payment's id is the idempotency key."""

    payment_id: str
    purchase_id: str
    amount: Money
    return_url: str
    created_at: str
    email: str = ""
    locale: str = "en"


class Action(Struct, frozen=True):
    """What the shopper does next: `redirect` to `url`, scan `qr`, use `client_secret`, or `none`.

    `reference` is the company's own name for this attempt, for asking it later.
    """

    type: str
    url: str = ""
    qr: str = ""
    client_secret: str = ""
    reference: str = ""


class Callback(Struct, frozen=True):
    """A verified message of a company, or its answer to a question.

    `event_id` is the company's id of the message: the same id is the same message.
    `provider_reference` names the money that moved: two captures with the same reference are one.
    `payment_id` may be empty where a company names the payment by its reference alone. `raw` is
    the body as it came.
    """

    provider: str
    event_id: str
    kind: CallbackKind
    payment_id: str
    provider_reference: str
    amount: Money | None
    at: str
    refund_id: str = ""
    reason: str = ""
    raw: str = ""


class RefundOrder(Struct, frozen=True):
    """What a company needs to give money back; the refund's id is the idempotency key.

    `provider_reference` names the captured money, `refund_reference` the refund at the company
    once it is known.
    """

    refund_id: str
    payment_id: str
    provider_reference: str
    amount: Money
    captured: Money
    reason: str = ""
    refund_reference: str = ""


class RefundAnswer(Struct, frozen=True):
    """What a company said about a refund."""

    standing: RefundStanding
    refund_reference: str = ""
    reason: str = ""


class Acknowledgement(Struct, frozen=True):
    """The success answer that a company expects."""

    body: str
    status: int = 200
    content_type: str = "application/json"


class PaymentProvider(Protocol):
    """A payment company.

    `needs_call`: `start` calls the company; else its action follows from the request alone.
    `can_be_asked`: `ask` can find out about a payment whose callback was lost.
    Calls refuse `providers.unavailable` when trying again is the answer.
    """

    @property
    def name(self) -> str: ...

    @property
    def needs_call(self) -> bool: ...

    @property
    def can_be_asked(self) -> bool: ...

    def start(self, request: PaymentRequest) -> Action:
        """Let the shopper pay. Called after the commit; the same request gives the same action."""
        ...

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Callback | None:
        """Read a callback; None for kinds that mean nothing to Souk.

        Refuses `webhooks.bad_signature`, and 400 for a body that its own signer garbled.
        """
        ...

    def acknowledge(self, outcome: Outcome) -> Acknowledgement:
        """Say thanks as the company expects it."""
        ...

    def ask(self, request: PaymentRequest, reference: str) -> Callback | None:
        """Ask how a payment stands: the callback that should have come, or None while it is open."""
        ...

    def refund(self, order: RefundOrder) -> RefundAnswer:
        """Send a refund. May be repeated."""
        ...

    def ask_refund(self, order: RefundOrder) -> RefundAnswer:
        """Ask how a refund stands that was sent, or may have been."""
        ...


def available() -> tuple[str, ...]:
    """Name the companies that exist at this stage, the sandbox first."""
    here = settings()
    names = ((SANDBOX, here.sandbox_payment_secret), (STRIPE, here.stripe_key))
    return tuple(name for name, secret in names if secret)


def provider(name: str) -> PaymentProvider:
    """Return a company's adapter. Refuses `payments.unknown_provider`."""
    if name == FREE:
        from chalicelib.providers.payment.free import Free

        return Free()
    if name not in available():
        raise UnknownProvider(f"There is no payment company {name[:40]!r} here")
    here = settings()
    if name == STRIPE:
        from chalicelib.providers.payment.stripe import Stripe

        return Stripe(here.stripe_key, here.stripe_webhook_secret, here.stripe_url)
    from chalicelib.providers.payment.sandbox import Sandbox

    return Sandbox(here.sandbox_payment_secret, here.sandbox_url)
