"""What payments tells the other rooms. The history of each fact is its purchase's."""

from dataclasses import dataclass

from chalicelib.contexts.payments.model import Refund
from chalicelib.kernel.facts import Fact
from chalicelib.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfPurchase(Fact):
    purchase_id: str

    @property
    def aggregate(self) -> str:
        return self.purchase_id


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptured(_OfPurchase):
    """Money arrived. Where `applied` is false no order took it, and it goes back."""

    name, version = "payments.PaymentCaptured", 1

    payment_id: str
    provider: str
    provider_reference: str
    amount: Money
    applied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFailed(_OfPurchase):
    """A payment was declined or ran out of time; the shopper may try again."""

    name, version = "payments.PaymentFailed", 1

    payment_id: str
    provider: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSucceeded(_OfPurchase):
    """The company gave the money back."""

    name, version = "payments.RefundSucceeded", 1

    refund: Refund


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFailed(_OfPurchase):
    """The company did not give the money back; what was set aside for it is free again."""

    name, version = "payments.RefundFailed", 1

    refund: Refund
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargebackOpened(_OfPurchase):
    """The shopper's bank wants the money back."""

    name, version = "payments.ChargebackOpened", 1

    payment_id: str
    provider: str
    provider_reference: str
    amount: Money
    reason: str
