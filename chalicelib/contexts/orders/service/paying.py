"""Money for a purchase: captures, what they mean in each state, and another try after a decline.

A callback, an answer to a question and a sweep all go through `capture`: two reads and one write.
Against an expiry or a cancellation at the same moment one of two conditions fails, and the loser
reads again.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.aws import outbox, reads, retries, transact
from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.aws.transact import Write
from chalicelib.contexts.inventory import HoldState, StockShort
from chalicelib.contexts.inventory import service as stock
from chalicelib.contexts.inventory import store as inventory
from chalicelib.contexts.inventory.model import Holds, HoldsChanged
from chalicelib.contexts.members import PointsShort
from chalicelib.contexts.orders import store
from chalicelib.contexts.orders.facts import (
    PaidAdjustment,
    PaidLine,
    PaidOrder,
    PurchasePaid,
    PurchaseRevived,
    RefundRequested,
)
from chalicelib.contexts.orders.model.fulfilment import moved
from chalicelib.contexts.orders.model.refusals import CartTooComplex, NotAwaitingPayment
from chalicelib.contexts.orders.model.savings import saved, sums_of
from chalicelib.contexts.orders.model.states import PURCHASE, OrderState, PurchaseState
from chalicelib.contexts.orders.model.values import Order, Purchase, payment_id, purchase_of_payment
from chalicelib.contexts.orders.service.access import Shopper, opened
from chalicelib.contexts.orders.service.placing import Seal, Seen, answer_now, settled
from chalicelib.contexts.orders.store import Stale, Whole
from chalicelib.contexts.payments import service as payments
from chalicelib.contexts.payments import store as payment_store
from chalicelib.contexts.payments.model import (
    OPEN_STATES,
    CallbackSeen,
    Capture,
    Payment,
    PaymentMoved,
    PaymentState,
    judge_capture,
)
from chalicelib.contexts.payments.service import UnknownPayment
from chalicelib.contexts.promotions import store as promotions
from chalicelib.contexts.promotions.model.quotes import Adjustment
from chalicelib.contexts.promotions.model.refusals import (
    CouponExpired,
    CouponUsed,
    LimitReached,
    UsesChanged,
)
from chalicelib.contexts.promotions.model.uses import Uses
from chalicelib.contexts.promotions.service import deals
from chalicelib.kernel import clock, ids
from chalicelib.kernel.errors import Busy
from chalicelib.kernel.facts import Fact
from chalicelib.providers import payment as companies
from chalicelib.providers.payment import Acknowledgement, Callback, CallbackKind, Outcome

TOO_LATE = "The payment came after the purchase had ended"
TWICE = "The purchase was paid already"
GONE_MEANWHILE = (StockShort, LimitReached, CouponUsed, CouponExpired, PointsShort)
"""What keeps a purchase that had ended from being revived."""


class Desk(Struct, frozen=True):
    """All that a capture is judged by."""

    payment: Payment
    whole: Whole
    holds: Holds | None
    uses: Uses | None = None


def payment_callback(provider: str, headers: Mapping[str, str], body: bytes) -> Acknowledgement:
    """Take a payment company's callback and give the answer that the company expects.

    The answer is given only after the commit. Refuses 404 for a company that is not here and for an
    unknown payment, `webhooks.bad_signature`, and 400 for a garbled body.
    """
    callback = payments.read_callback(provider, headers, body)
    outcome = Outcome.IGNORED if callback is None else hear(callback)
    return companies.provider(provider).acknowledge(outcome)


def hear(callback: Callback) -> Outcome:
    """Do what a verified callback asks for. Repeating it changes nothing."""
    if callback.kind is CallbackKind.CAPTURED:
        return capture(callback)
    return payments.take_note(callback)


def capture(callback: Callback) -> Outcome:
    """Take in captured money: pay for the purchase with it, or send it back.

    What was asked for while it was awaited pays. Money for an expired purchase takes the stock
    and its limited offers again and revives it; if it cannot, and for a cancelled purchase or one that is paid, the same
    transaction that records the money records its refund. An amount that was not asked for is
    recorded and flagged. Three round trips. Refuses `payments.unknown`.
    """
    for attempt in range(retries.ROUNDS_MAX):
        desk = _read(callback)
        if desk is None:
            return Outcome.DUPLICATE
        try:
            return _capture(desk, callback)
        except CallbackSeen:
            return Outcome.DUPLICATE
        except (Stale, PaymentMoved, HoldsChanged, UsesChanged):
            retries.pause(attempt)
    raise Busy


def pay_again(
    shopper: Shopper,
    purchase_id: str,
    provider: str,
    *,
    key: IdempotencyKey | None = None,
    seal: Seal | None = None,
) -> Seen:
    """Begin another payment after a decline. One that is still open at that company is kept.

    Refuses `orders.not_awaiting_payment`, `payments.unknown_provider`.
    """
    whole = opened(shopper, purchase_id)
    purchase = whole.purchase
    if purchase.state is not PurchaseState.AWAITING_PAYMENT:
        raise NotAwaitingPayment
    now = clock.now()
    if purchase.expires_at <= clock.iso(now):
        raise NotAwaitingPayment("Its time to pay is over")
    last, refunds = payment_store.payment_with_refunds(purchase.payment_id)
    assert last is not None, "a purchase is written together with its payment"
    seen = Seen(purchase, whole.orders, last, refunds)
    writes: list[Write] = []
    if not _is_open(last, provider):
        seen, writes = another_attempt(seen, provider)
    if key is not None and seal is not None:
        writes.insert(0, key.record(purchase.id, answer_now(seen, seal)))
    if writes:
        transact.commit(writes)
    return settled(seen, key, seal)


def another_attempt(seen: Seen, provider: str) -> tuple[Seen, list[Write]]:
    """Contribute the next payment of a purchase, for the total as it is now."""
    number = seen.purchase.attempt + 1
    payment = payments.new_payment(
        payment_id=payment_id(seen.purchase.id, number),
        purchase_id=seen.purchase.id,
        provider=provider,
        amount=seen.purchase.total,
        now=clock.now(),
    )
    purchase = replace(seen.purchase, attempt=number, payment_id=payment.id)
    writes = [store.save_purchase(purchase), payment_store.create(payment)]
    return Seen(purchase, seen.orders, payment), writes


def _is_open(payment: Payment, provider: str) -> bool:
    waits = payment.state in OPEN_STATES - {PaymentState.FAILED}
    return waits and payment.provider == provider


def _read(callback: Callback) -> Desk | None:
    """Read all that the capture touches; None when this callback was handled before.

    The purchase first: whatever moves its holds or its payment afterwards writes the purchase too,
    and then the purchase that was seen cannot be saved. Read last, it could tell of an expiry that
    the holds, read before, do not know; reviving it would take no stock.
    """
    purchase_id = purchase_of_payment(callback.payment_id)
    whole = store.read_whole(purchase_id)
    payment_row, known, holds_row, uses_row = reads.batch(
        [
            payment_store.payment_key(callback.payment_id),
            payment_store.callback_key(callback),
            inventory.holds_key(purchase_id),
            promotions.uses_key(purchase_id),
        ]
    )
    payment = payment_store.payment_of(payment_row)
    if whole is None or payment is None or payment.provider != callback.provider:
        raise UnknownPayment
    if known is not None:
        return None
    holds = inventory.holds_of(holds_row) if holds_row else None
    return Desk(payment, whole, holds, promotions.uses_of(uses_row))


def _capture(desk: Desk, callback: Callback) -> Outcome:
    match judge_capture(desk.payment, callback.amount, callback.provider_reference):
        case Capture.DUPLICATE:
            transact.commit([payment_store.record_callback(callback, Outcome.DUPLICATE)])
            return Outcome.DUPLICATE
        case Capture.MISMATCH:
            transact.commit(payment_store.flag(desk.payment, callback))
            return Outcome.FLAGGED
        case Capture.EXTRA:
            _send_back(desk, callback, TWICE)
        case Capture.TAKE:
            _take(desk, callback)
    return Outcome.ACCEPTED


def _take(desk: Desk, callback: Callback) -> None:
    purchase, payment = desk.whole.purchase, desk.payment
    is_asked_for = payment.amount == purchase.total and payment.state is not PaymentState.CANCELLED
    if not is_asked_for or not PURCHASE.allows(purchase.state, PurchaseState.PAID):
        paid = purchase.state is PurchaseState.PAID
        _send_back(desk, callback, TWICE if paid else TOO_LATE)
    elif purchase.state is PurchaseState.AWAITING_PAYMENT:
        transact.commit(_applied(desk, callback, OrderState.AWAITING_PAYMENT, _sold(desk.holds)))
    else:
        try:
            _take_again(desk, callback)
        except (*GONE_MEANWHILE, CartTooComplex):
            _send_back(desk, callback, TOO_LATE)


def _take_again(desk: Desk, callback: Callback) -> None:
    """Take an expired purchase's stock and offers again and revive it, in one transaction."""
    back = {order.merchant.id for order in desk.whole.orders if order.state is OrderState.EXPIRED}
    used = deals.taken_again(desk.uses, {*back, ""})

    def commit(taken: list[Write]) -> None:
        writes = _applied(desk, callback, OrderState.EXPIRED, [*taken, *used])
        if len(writes) > transact.WRITES_MAX:
            raise CartTooComplex
        transact.commit(writes)

    if desk.holds is not None and desk.holds.orders_in(HoldState.EXPIRED):
        stock.hold_again(desk.holds, commit)
    else:
        commit([])


def _applied(
    desk: Desk, callback: Callback, waiting: OrderState, stock_writes: list[Write]
) -> list[Write]:
    """The writes by which money pays for the purchase: its orders in `waiting` are placed."""
    now = clock.iso(clock.now())
    payment = desk.payment
    purchase = replace(
        desk.whole.purchase, state=PurchaseState.PAID, payment_id=payment.id, paid_at=now
    )
    orders = [
        replace(moved(order, OrderState.PLACED), paid_at=now, payment_id=payment.id)
        for order in desk.whole.orders
        if order.state is waiting
    ]
    facts: list[Fact] = [_paid(purchase, orders, payment, now)]
    if waiting is OrderState.EXPIRED:
        order_ids = tuple(order.id for order in orders)
        revived = PurchaseRevived(
            id=ids.ulid(), occurred_at=now, purchase_id=purchase.id, order_ids=order_ids
        )
        facts.insert(0, revived)
    return [
        *payment_store.capture(payment, callback),
        store.save_purchase(purchase),
        *(store.save_order(order) for order in orders),
        *stock_writes,
        *map(outbox.write, facts),
    ]


def _sold(holds: Holds | None) -> list[Write]:
    """Let what was held leave the stock."""
    if holds is None or not holds.orders_in(HoldState.HELD):
        return []
    return inventory.consume(holds)


def _send_back(desk: Desk, callback: Callback, reason: str) -> None:
    """Record money that no order takes together with its refund."""
    purchase = desk.whole.purchase
    refund = payments.refund_of_capture(
        desk.payment, callback, email=purchase.email, locale=purchase.locale, reason=reason
    )
    requested = RefundRequested(
        id=ids.ulid(),
        occurred_at=clock.iso(clock.now()),
        purchase_id=purchase.id,
        refund=refund,
    )
    transact.commit(
        [
            *payment_store.capture_to_return(desk.payment, callback, refund),
            outbox.write(requested),
        ]
    )


def _paid(purchase: Purchase, orders: Sequence[Order], payment: Payment, now: str) -> PurchasePaid:
    return PurchasePaid(
        id=ids.ulid(),
        occurred_at=now,
        purchase_id=purchase.id,
        payment_id=payment.id,
        provider=payment.provider,
        member_id=purchase.member_id,
        email=purchase.email,
        locale=purchase.locale,
        total=payment.amount,
        orders=tuple(_paid_order(order) for order in orders),
        savings=saved(orders),
        sums=sums_of(orders),
    )


def _paid_order(order: Order) -> PaidOrder:
    totals = order.totals
    return PaidOrder(
        order_id=order.id,
        merchant_id=order.merchant.id,
        merchant_name=order.merchant.name,
        lines=tuple(
            PaidLine(
                line.sku,
                line.title,
                line.quantity,
                line.total,
                line.commission,
                _adjustments(line.adjustments),
            )
            for line in order.lines
        ),
        goods=totals.goods - totals.discount,
        shipping=totals.shipping,
        tax=totals.tax,
        total=totals.payable,
        commission=order.commission,
        funding=order.funded.amount,
        shipping_funding=order.shipping_funded.amount,
        delivery_adjustments=_adjustments(order.delivery_adjustments),
    )


def _adjustments(made: Iterable[Adjustment]) -> tuple[PaidAdjustment, ...]:
    return tuple(
        PaidAdjustment(one.offer, -one.amount.amount, one.by_merchant, one.by_platform)
        for one in made
    )
