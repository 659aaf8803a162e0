"""Nobody's company: where there is nothing to pay, it is paid by saying so.

No company takes a payment of nothing. This adapter takes no other, speaks no callbacks, and cannot be
chosen: a purchase that costs nothing has it.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from chalicelib.kernel import clock
from chalicelib.kernel.errors import NotFound
from chalicelib.providers.payment import (
    FREE,
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


class Free(Struct, frozen=True):
    """The adapter."""

    name: str = FREE
    needs_call: bool = False
    can_be_asked: bool = True

    def start(self, request: PaymentRequest) -> Action:
        assert not request.amount, "only nothing is free"
        return Action("none")

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Callback | None:
        """Nobody calls back. Refuses 404."""
        del headers, body, now
        raise NotFound

    def acknowledge(self, outcome: Outcome) -> Acknowledgement:
        return Acknowledgement(f'{{"outcome":"{outcome}"}}')

    def ask(self, request: PaymentRequest, reference: str) -> Callback | None:
        """What costs nothing is paid as soon as anybody asks."""
        del reference
        if request.amount:
            return None
        name = f"free_{request.payment_id}"
        return Callback(
            provider=FREE,
            event_id=name,
            kind=CallbackKind.CAPTURED,
            payment_id=request.payment_id,
            provider_reference=name,
            amount=request.amount,
            at=clock.iso(clock.now()),
        )

    def refund(self, order: RefundOrder) -> RefundAnswer:
        del order
        return RefundAnswer(RefundStanding.SUCCEEDED)

    def ask_refund(self, order: RefundOrder) -> RefundAnswer:
        del order
        return RefundAnswer(RefundStanding.SUCCEEDED)
