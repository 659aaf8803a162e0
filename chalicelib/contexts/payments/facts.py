"""What payments tells the other rooms. The history of each fact is its purchase's."""

from chalicelib.contexts.payments.model import Refund
from chalicelib.kernel.facts import Fact
from chalicelib.kernel.money import Money


class _OfPurchase(Fact, frozen=True, kw_only=True):
    purchase_id: str

    @property
    def aggregate(self) -> str:
        return self.purchase_id


class PaymentCaptured(_OfPurchase, frozen=True, kw_only=True):
    """Money arrived. Where `applied` is false no order took it, and it goes back."""

    name, version = "payments.PaymentCaptured", 1

    payment_id: str
    provider: str
    provider_reference: str
    amount: Money
    applied: bool


class PaymentFailed(_OfPurchase, frozen=True, kw_only=True):
    """A payment was declined or ran out of time; the shopper may try again."""

    name, version = "payments.PaymentFailed", 1

    payment_id: str
    provider: str
    state: str
    reason: str


class RefundSucceeded(_OfPurchase, frozen=True, kw_only=True):
    """The company gave the money back."""

    name, version = "payments.RefundSucceeded", 1

    refund: Refund


class RefundFailed(_OfPurchase, frozen=True, kw_only=True):
    """The company did not give the money back; what was set aside for it is free again."""

    name, version = "payments.RefundFailed", 1

    refund: Refund
    reason: str


class ChargebackOpened(_OfPurchase, frozen=True, kw_only=True):
    """The shopper's bank wants the money back."""

    name, version = "payments.ChargebackOpened", 1

    payment_id: str
    provider: str
    provider_reference: str
    amount: Money
    reason: str
