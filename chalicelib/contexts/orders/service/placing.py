"""Checkout: from a cart to a purchase that waits for payment, in one transaction.

Four round trips: {cart, idempotency record, the member's session} · {variants, merchants} · the
write · {the payment's action and the stored answer}. The last is not needed where the action
follows from the payment's id: then the answer is part of the write.
"""

import contextlib
from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.aws import idempotency, outbox, reads, retries, transact
from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.aws.settings import settings
from chalicelib.aws.transact import Write
from chalicelib.contexts.cart import service as carts
from chalicelib.contexts.cart import store as cart_store
from chalicelib.contexts.cart.model import (
    Cart,
    Delivery,
    NoCart,
    PricedCart,
    Totals,
    without_gifts,
)
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.inventory import StockShort
from chalicelib.contexts.inventory import service as inventory
from chalicelib.contexts.members import PointsShort
from chalicelib.contexts.orders import store
from chalicelib.contexts.orders.facts import PlacedLine, PlacedOrder, PurchasePlaced
from chalicelib.contexts.orders.model.placing import Agreement, split, writes_later
from chalicelib.contexts.orders.model.refusals import CartTooComplex, PriceChanged
from chalicelib.contexts.orders.model.savings import saved, sums_of
from chalicelib.contexts.orders.model.states import PurchaseState
from chalicelib.contexts.orders.model.values import (
    Address,
    Order,
    Purchase,
    payment_id,
)
from chalicelib.contexts.payments import service as payments
from chalicelib.contexts.payments import store as payment_store
from chalicelib.contexts.payments.model import Payment, PaymentMoved, Refund
from chalicelib.contexts.promotions.facts import CouponRedeemed
from chalicelib.contexts.promotions.model.campaigns import ANYBODY
from chalicelib.contexts.promotions.model.deals import CartCoupon
from chalicelib.contexts.promotions.model.refusals import LimitReached
from chalicelib.contexts.promotions.service import deals
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import ANONYMOUS, Actor
from chalicelib.kernel.errors import Busy, Refusal
from chalicelib.kernel.money import Money


class Wish(Struct, frozen=True, kw_only=True):
    """What a shopper asks for at checkout, checked field by field already."""

    email: str
    address: Address
    delivery_method: str
    provider: str
    locale: str
    expected_total: Money | None = None
    quote_id: str = ""
    note: str = ""


class Seen(Struct, frozen=True):
    """A purchase as it is looked at: its orders, its payment, and what went back."""

    purchase: Purchase
    orders: tuple[Order, ...]
    payment: Payment
    refunds: Sequence[Refund] = ()


HOLD_WRITES = 2
"""What holding goods writes besides the rows of stock: the list of holds, and a fact."""

Seal = Callable[[Seen], idempotency.Answer]


class Asked(Struct, frozen=True):
    """A checkout as it is asked for: of which cart, by whom, under which key."""

    cart: Cart
    wish: Wish
    shopper: Actor
    key: IdempotencyKey
    seal: Seal

    @property
    def who(self) -> str:
        """Whose limits count."""
        return deals.shopper_named(self.shopper.id, self.wish.email)


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
    """Place what is selected in the cart as a purchase; the rest stays in it. Returns the answer that
    `seal` made, or that of the first time.

    The shopper is `member`, or whoever `bearer` names. Refuses, with nothing written:
    `cart.not_found`, `cart.empty`, `cart.nothing_selected`, `cart.not_for_sale`, `cart.changed`,
    `cart.quote_unknown`, `cart.delivery_not_offered`, `shipping.no_delivery`, `payments.unknown_provider`,
    `orders.price_changed` with the totals (also where an offer's quota is used up or points are spent
    by now),
    `promotions.coupon_used`, `promotions.coupon_expired`, `inventory.stock_short` with what is left,
    `idempotency.key_reused`.
    """
    cart_place = carts.place_of(cart_id, token)
    keys = [cart_place, key.place, *([identity.member_place(bearer)] if bearer else [])]
    cart_row, record, *session = reads.batch(keys)
    shopper = identity.member_in(session[0]) if session else member
    used = key.opened(record)
    if used is not None:
        return _again(used, key, seal)
    try:
        cart = cart_store.cart_of(cart_row)
        if cart is None:
            raise NoCart
        looked = replace(cart, looker=shopper.id if shopper != ANONYMOUS else "")
        return _place(Asked(looked, wish, shopper, key, seal))
    except Refusal:
        # A twin of this very request may have been faster: then its answer is this one's too.
        used = key.find()
        if used is None:
            raise
        return _again(used, key, seal)


def answer_now(seen: Seen, seal: Seal) -> idempotency.Answer | None:
    """The answer as it can be stored in the write; None while the company has to be asked first."""
    waits = seen.purchase.state is PurchaseState.AWAITING_PAYMENT
    return None if waits and seen.payment.action is None else seal(seen)


def settled(seen: Seen, key: IdempotencyKey | None, seal: Seal | None) -> Seen:
    """Begin the payment after a commit, and store the answer that could not be part of it."""
    after, writes = _asked(seen)
    if key is not None and seal is not None and answer_now(seen, seal) is None:
        _store(seal(after), writes, key)
    elif writes:
        _begun(writes)
    return after


def finish(purchase_id: str, key: IdempotencyKey, seal: Seal) -> idempotency.Answer:
    """Give a repeat the answer that the first time did not live to store."""
    whole = store.read_whole(purchase_id)
    assert whole is not None, "the record was written together with its purchase"
    payment, refunds = payment_store.payment_with_refunds(whole.purchase.payment_id)
    assert payment is not None, "a purchase is written together with its payment"
    after, writes = _asked(Seen(whole.purchase, whole.orders, payment, refunds))
    return _store(seal(after), writes, key)


def check_total(totals: Totals, wish: Wish, cart_id: str) -> None:
    """Refuse `orders.price_changed` when the total is not what was shown or promised."""
    shown = [wish.expected_total] if wish.expected_total is not None else []
    if wish.quote_id:
        promise = carts.promise_of(wish.quote_id)
        shown.append(promise.payable)
        if promise.cart_id != cart_id:
            raise PriceChanged("This quote is another cart's", extra={"totals": totals})
    if any(amount != totals.payable for amount in shown):
        raise PriceChanged(extra={"totals": totals})


def _place(asked: Asked) -> idempotency.Answer:
    cart = asked.cart
    priced = carts.price_now(cart.to_buy(), with_stock=False)
    priced.require_for_sale()
    for coupon in priced.deal.coupons:
        coupon.require_good(priced.deal.now)
    for attempt in range(retries.ROUNDS_MAX):
        try:
            return _place_at(priced, asked)
        except (PriceChanged, LimitReached, PointsShort, StockShort) as refusal:
            fresh = _fresher(priced, asked, refusal, attempt)
            if fresh is priced:
                raise
            priced = fresh
    raise Busy


def _fresher(priced: PricedCart, asked: Asked, refusal: Refusal, attempt: int) -> PricedCart:
    """Price a cart again, knowing what it was refused for; the same where that is all there is to
    know.
    """
    if isinstance(refusal, StockShort):
        return without_gifts(priced, {sku for sku, _ in refusal.lines})
    if isinstance(refusal, PointsShort):
        return carts.price_now(asked.cart.to_buy(), with_stock=False)
    if isinstance(refusal, PriceChanged) and priced.deal.is_counted:
        return priced
    if isinstance(refusal, LimitReached) and attempt:
        retries.pause(attempt)
        priced = carts.price_now(asked.cart.to_buy(), with_stock=False)
    counted = carts.counted(priced, asked.who)
    return replace(counted) if isinstance(refusal, LimitReached) else counted


def _place_at(priced: PricedCart, asked: Asked) -> idempotency.Answer:
    """Place a cart at these prices. What is left of limited offers is not read before: the
    conditions decide, and refuse `promotions.limit_reached`.
    """
    wish, key, seal = asked.wish, asked.key, asked.seal
    address = wish.address
    options = carts.delivery_for(priced, address.country, address.region)
    delivery = carts.chosen(options, wish.delivery_method)
    check_total(delivery.totals_of(priced), wish, asked.cart.id)
    seen = _agree(priced, delivery, wish, asked.shopper)
    answer = answer_now(seen, seal)
    quoted = delivery.quoted or priced.quoted
    deal = priced.deal
    used = deals.taken(deal.uses(priced.basket, quoted, seen.purchase.id, asked.who))
    used += [
        outbox.write(_redeemed(coupon, seen.purchase))
        for coupon in (deal.spent(quoted) if quoted else ())
    ]

    def commit(held: list[Write]) -> None:
        stock_rows = len(held) - HOLD_WRITES
        if writes_later(len(seen.orders), stock_rows, len(used)) > transact.WRITES_MAX:
            raise CartTooComplex
        writes = [key.record(seen.purchase.id, answer), *_writes(asked.cart, seen, held), *used]
        transact.commit(writes)

    units = {order.id: {line.sku: line.quantity for line in order.lines} for order in seen.orders}
    inventory.hold(seen.purchase.id, units, commit)
    if answer is not None:
        return answer
    after, more = _asked(seen)
    return _store(seal(after), more, key)


def _agree(priced: PricedCart, delivery: Delivery, wish: Wish, shopper: Actor) -> Seen:
    """Make the purchase, its orders and its payment out of what is agreed."""
    now = clock.now()
    purchase_id = ids.new("pur")
    agreement = Agreement(
        purchase_id=purchase_id,
        payment_id=payment_id(purchase_id, 1),
        delivery_method=wish.delivery_method,
        address=wish.address,
        email=wish.email,
        locale=wish.locale,
        note=wish.note,
        created_at=clock.iso(now),
    )
    orders = split(priced, delivery, agreement)
    total = Totals.sum((order.totals for order in orders), priced.currency).payable
    purchase = Purchase(
        id=purchase_id,
        state=PurchaseState.AWAITING_PAYMENT,
        member_id=shopper.as_member() if shopper != ANONYMOUS else "",
        email=wish.email,
        locale=wish.locale,
        total=total,
        order_count=len(orders),
        created_at=agreement.created_at,
        expires_at=clock.iso(clock.later(now, settings().hold_ttl_s)),
        payment_id=agreement.payment_id,
    )
    payment = payments.new_payment(
        payment_id=agreement.payment_id,
        purchase_id=purchase_id,
        provider=wish.provider,
        amount=total,
        now=now,
    )
    return Seen(purchase, orders, payment)


def _writes(cart: Cart, seen: Seen, held: list[Write]) -> list[Write]:
    return [
        store.create_purchase(seen.purchase),
        *(store.create_order(order) for order in seen.orders),
        *held,
        payment_store.create(seen.payment),
        cart_store.change(cart, cart.left_over()),
        outbox.write(_placed(seen)),
    ]


def _placed(seen: Seen) -> PurchasePlaced:
    purchase = seen.purchase
    return PurchasePlaced(
        id=ids.ulid(),
        occurred_at=purchase.created_at,
        purchase_id=purchase.id,
        member_id=purchase.member_id,
        email=purchase.email,
        locale=purchase.locale,
        total=purchase.total,
        expires_at=purchase.expires_at,
        orders=tuple(
            PlacedOrder(
                order_id=order.id,
                merchant_id=order.merchant.id,
                merchant_name=order.merchant.name,
                lines=tuple(
                    PlacedLine(line.sku, line.title, line.quantity, line.unit_price, line.total)
                    for line in order.lines
                ),
                total=order.totals.payable,
            )
            for order in seen.orders
        ),
        savings=saved(seen.orders),
        sums=sums_of(seen.orders),
    )


def _redeemed(coupon: CartCoupon, purchase: Purchase) -> CouponRedeemed:
    assert coupon.offer is not None, "a coupon that is spent does something"
    return CouponRedeemed(
        id=ids.ulid(),
        occurred_at=purchase.created_at,
        coupon_id=coupon.offer.id,
        campaign_id=coupon.campaign_id,
        merchant_id=coupon.offer.merchant_id,
        member_id=purchase.member_id if coupon.holder == ANYBODY else coupon.holder,
        purchase_id=purchase.id,
    )


def _asked(seen: Seen) -> tuple[Seen, list[Write]]:
    """Ask the company for the payment's action where it is awaited and not known."""
    purchase = seen.purchase
    if purchase.state is not PurchaseState.AWAITING_PAYMENT:
        return seen, []
    payment, writes = payments.asked(seen.payment, email=purchase.email, locale=purchase.locale)
    return replace(seen, payment=payment), writes


def _store(
    answer: idempotency.Answer, writes: Sequence[Write], key: IdempotencyKey
) -> idempotency.Answer:
    """Store the payment's action and the answer at once; returns the answer that counts."""
    if not writes:
        return key.settle(answer)
    try:
        transact.commit([*writes, key.settled(answer)])
    except (PaymentMoved, transact.ConditionFailed):
        return key.settle(answer)
    return answer


def _begun(writes: Sequence[Write]) -> None:
    """Store the payment's action; a twin that did so already told the same one."""
    with contextlib.suppress(PaymentMoved):
        transact.commit(writes)


def _again(used: idempotency.KeyItem, key: IdempotencyKey, seal: Seal) -> idempotency.Answer:
    """Answer a repeat: as the first time, or by finishing what the first time left open."""
    return idempotency.answer_of(used) or finish(used.subject, key, seal)
