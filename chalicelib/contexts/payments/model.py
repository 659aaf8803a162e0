"""Payments and refunds as values: their states, and what a callback means for one."""

import json
from enum import StrEnum
from typing import Any

from msgspec import Struct

from chalicelib.kernel.errors import Conflict, Refusal
from chalicelib.kernel.money import Money
from chalicelib.kernel.states import Machine


class PaymentState(StrEnum):
    CREATED = "created"
    REQUIRES_ACTION = "requires_action"
    AUTHORIZED = "authorized"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    CAPTURED = "captured"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"


P = PaymentState
PAYMENT = Machine(
    PaymentState,
    {
        P.CREATED: {
            P.REQUIRES_ACTION,
            P.AUTHORIZED,
            P.FAILED,
            P.EXPIRED,
            P.CANCELLED,
            P.CAPTURED,
        },
        P.REQUIRES_ACTION: {P.AUTHORIZED, P.FAILED, P.EXPIRED, P.CANCELLED, P.CAPTURED},
        P.AUTHORIZED: {P.FAILED, P.EXPIRED, P.CANCELLED, P.CAPTURED},
        P.FAILED: {P.AUTHORIZED, P.EXPIRED, P.CANCELLED, P.CAPTURED},
        P.EXPIRED: {P.CAPTURED},
        P.CANCELLED: {P.CAPTURED},
        P.CAPTURED: {P.PARTLY_REFUNDED, P.REFUNDED, P.DISPUTED},
        P.PARTLY_REFUNDED: {P.REFUNDED, P.DISPUTED},
        P.REFUNDED: {P.DISPUTED},
        P.DISPUTED: set(),
    },
)
OPEN_STATES = frozenset({P.CREATED, P.REQUIRES_ACTION, P.AUTHORIZED, P.FAILED})
"""A shopper can still pay; a failed one by trying again on the same page."""
HOLDS_MONEY = frozenset({P.CAPTURED, P.PARTLY_REFUNDED, P.REFUNDED, P.DISPUTED})
assert frozenset(PAYMENT.sources(P.CAPTURED)) == OPEN_STATES | {P.EXPIRED, P.CANCELLED}
assert frozenset(P) == HOLDS_MONEY | OPEN_STATES | {P.EXPIRED, P.CANCELLED}


class RefundState(StrEnum):
    REQUESTED = "requested"
    SENT = "sent"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


R = RefundState
REFUND = Machine(
    RefundState,
    {
        # A company may give its word before we have noted that we asked it.
        R.REQUESTED: {R.SENT, R.SUCCEEDED, R.FAILED},
        R.SENT: {R.SUCCEEDED, R.FAILED},
        R.SUCCEEDED: set(),
        R.FAILED: set(),
    },
)


class CallbackSeen(Conflict):
    """The company told this before: a success to it, and nothing to do."""

    code, title = "payments.callback_seen", "This callback was handled before"


class PaymentMoved(Conflict):
    """The payment changed since it was read; read it again and judge anew."""

    code, title = "payments.moved", "The payment changed meanwhile"


class RefundTooLarge(Refusal):
    """More would go back than was captured and not yet promised back."""

    code, status, title = "payments.refund_too_large", 422, "There is not that much left to refund"


class PaymentAction(Struct, frozen=True):
    """What the shopper does next: `redirect|qr|client_secret|none`.

    `reference` is the company's name for this attempt and is not shown.
    """

    type: str = "none"
    url: str = ""
    qr: str = ""
    client_secret: str = ""
    reference: str = ""


class Payment(Struct, frozen=True, kw_only=True):
    """One attempt to pay for a purchase at one company.

    `refunded` is what has been promised back (never more than `captured`), `returned` what the
    company has confirmed as given back. `ask_at` is when to ask the company, empty for never.
    """

    id: str
    purchase_id: str
    provider: str
    state: PaymentState
    amount: Money
    captured: Money
    refunded: Money
    returned: Money
    created_at: str
    provider_reference: str = ""
    action: PaymentAction | None = None
    is_flagged: bool = False
    ask_at: str = ""

    @property
    def left(self) -> Money:
        """What may still be refunded."""
        return self.captured - self.refunded


class RefundLine(Struct, frozen=True, kw_only=True):
    """Units of one sku given back: the shopper's part, the commission on it, and in minor units what
    the platform had paid towards it, and what tax had added.
    """

    sku: str
    quantity: int
    amount: Money
    commission: Money
    funding: int = 0
    tax: int = 0


class Refund(Struct, frozen=True, kw_only=True):
    """Money on its way back. `order_id` and `merchant_id` are empty for money no order took.

    `amount` includes `shipping` and `tax`; the rest is goods, of which `commission` was taken.
    `provider_reference` names the captured money, `refund_reference` the refund at the company.
    """

    id: str
    payment_id: str
    purchase_id: str
    provider: str
    provider_reference: str
    state: RefundState
    amount: Money
    captured: Money
    shipping: Money
    tax: Money
    commission: Money
    created_at: str
    reason: str = ""
    order_id: str = ""
    merchant_id: str = ""
    merchant_name: str = ""
    lines: tuple[RefundLine, ...] = ()
    email: str = ""
    locale: str = "en"
    refund_reference: str = ""
    shipping_funding: int = 0
    """What the platform had paid towards delivery and gets back, in minor units."""

    @property
    def funding(self) -> Money:
        """What the platform had paid towards the goods and gets back."""
        return Money(sum(line.funding for line in self.lines), self.amount.currency)

    @property
    def goods(self) -> Money:
        """The goods' part of the amount."""
        return self.amount - self.shipping - self.tax


class Capture(StrEnum):
    """What captured money means for a payment.

    TAKE: the first money for it. DUPLICATE: the same money told again. EXTRA: other money on top,
    which goes back. MISMATCH: not what was asked for; recorded, flagged, never paid.
    """

    TAKE = "take"
    DUPLICATE = "duplicate"
    EXTRA = "extra"
    MISMATCH = "mismatch"


def judge_capture(payment: Payment, amount: Money | None, reference: str) -> Capture:
    """Say what captured money of this reference means for the payment as it is."""
    if payment.state in HOLDS_MONEY and reference == payment.provider_reference:
        return Capture.DUPLICATE
    if amount != payment.amount:
        return Capture.MISMATCH
    return Capture.EXTRA if payment.state in HOLDS_MONEY else Capture.TAKE


def state_after_return(payment: Payment, amount: Money) -> PaymentState:
    """The payment's state once this much more has been given back."""
    if payment.state is P.DISPUTED or payment.state is P.REFUNDED:
        return payment.state
    whole = payment.returned + amount == payment.captured
    return P.REFUNDED if whole else P.PARTLY_REFUNDED


PERSONAL = frozenset(
    {"email", "name", "phone", "address", "shipping", "shipping_details", "receipt_email"}
    | {"billing_details", "customer_details", "customer_email"}
)
"""Where companies' messages tell who pays; Stripe's do, though nothing here asks for it."""


def nameless(raw: str) -> str:
    """Give a message's body without what names a person, for it is kept longer than an account.

    Nothing of a body that is no JSON is kept.
    """
    try:
        found = json.loads(raw)
    except ValueError:
        return ""
    return json.dumps(_without_people(found), ensure_ascii=False, separators=(",", ":"))


def _without_people(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_people(one) for key, one in value.items() if key not in PERSONAL}
    return [_without_people(one) for one in value] if isinstance(value, list) else value
