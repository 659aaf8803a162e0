"""Checkout, and what follows at once where there is nothing to pay."""

from chalicelib.aws import idempotency
from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.contexts.orders.service import paying, placing
from chalicelib.contexts.orders.service.placing import Seal, Seen, Wish
from chalicelib.contexts.payments import service as payments
from chalicelib.kernel.actors import ANONYMOUS, Actor


def place(
    cart_id: str,
    token: str,
    wish: Wish,
    *,
    key: IdempotencyKey,
    seal: Seal,
    bearer: str = "",
    member: Actor = ANONYMOUS,
) -> idempotency.Answer:
    """Place what is selected in a cart, as `placing.place` does. A purchase that costs nothing is paid
    for in the next breath; should that breath fail, whoever asks companies pays for it.
    """
    seen: list[Seen] = []

    def sealed(placed: Seen) -> idempotency.Answer:
        seen.append(placed)
        return seal(placed)

    answer = placing.place(cart_id, token, wish, key=key, seal=sealed, bearer=bearer, member=member)
    if seen and not seen[-1].payment.amount:
        callback = payments.said_of_nothing(seen[-1].payment)
        paying.capture(callback)
    return answer
