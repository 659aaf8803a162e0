"""Quotes: what a cart costs delivered, promised for a while."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from chalicelib.aws import idempotency, transact
from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.aws.settings import settings
from chalicelib.contexts.cart import store
from chalicelib.contexts.cart.model import (
    QUOTE_TTL_S,
    Delivery,
    Destination,
    QuoteUnknown,
    Totals,
)
from chalicelib.contexts.cart.service.reading import (
    chosen,
    counted,
    delivery_for,
    opened,
    price_now,
)
from chalicelib.kernel import clock, paging
from chalicelib.kernel.errors import BadCursor
from chalicelib.kernel.money import Money

QUOTE_SCOPE = "quote"


class Quote(Struct, frozen=True):
    """What a cart costs delivered there: every way to deliver, and the totals of the chosen one."""

    id: str
    options: Sequence[Delivery]
    delivery: Delivery
    totals: Totals
    expires_at: str


class Promise(Struct, frozen=True):
    """What a quote said: the total of one cart, until then."""

    cart_id: str
    payable: Money
    expires_at: int


def quote(
    cart_id: str,
    token: str,
    country: str,
    delivery_method: str = "",
    *,
    region: str = "",
    bearer: str = "",
    member_id: str = "",
    is_kept: bool = False,
    key: IdempotencyKey | None = None,
    seal: Callable[[Quote], idempotency.Answer] | None = None,
) -> Quote:
    """Tell what the cart costs delivered to a country, and promise it for 15 minutes.

    One that `is_kept` is what the cart shows from then on: three round trips, else two. Refuses
    `cart.empty`, `cart.nothing_selected`, `cart.not_for_sale`, `shipping.no_delivery`,
    `cart.delivery_not_offered`.
    """
    cart = opened(cart_id, token, bearer, member_id)
    priced = counted(price_now(cart.to_buy(), with_stock=False))
    priced.require_for_sale()
    options = delivery_for(priced, country, region)
    delivery = chosen(options, delivery_method or options[0].id)
    totals = delivery.totals_of(priced)
    expires_at = clock.later(clock.now(), QUOTE_TTL_S)
    promise = {
        "cart": cart_id,
        "amount": totals.payable.amount,
        "currency": totals.payable.currency,
        "until": clock.epoch(expires_at),
    }
    sealed_id = paging.encode_cursor(promise, scope=QUOTE_SCOPE, secret=settings().token_secret)
    made = Quote(f"quo_{sealed_id}", options, delivery, totals, clock.iso(expires_at))
    writes = [key.record(cart_id, seal(made))] if key is not None and seal is not None else []
    asked = Destination(country, delivery.id, region)
    if is_kept and cart.delivery != asked:
        writes.append(store.remember(cart, asked))
    if writes:
        transact.commit(writes)
    return made


def promise_of(quote_id: str) -> Promise:
    """Open a quote that Souk gave. Refuses `cart.quote_unknown` for anything else."""
    try:
        said = paging.decode_cursor(
            quote_id.removeprefix("quo_"), scope=QUOTE_SCOPE, secret=settings().token_secret
        )
    except BadCursor:
        raise QuoteUnknown from None
    return Promise(said["cart"], Money(said["amount"], said["currency"]), said["until"])
