"""Purchases and orders that end early: not paid in time, or cancelled by a person.

What was held is free again, what was sold is given back, what was paid is refunded by itself, all
in the transaction that ends it.
"""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from chalicelib.aws import idempotency, outbox, reads, retries, transact
from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.aws.transact import Write
from chalicelib.contexts.inventory import HoldState
from chalicelib.contexts.inventory import store as inventory
from chalicelib.contexts.inventory.model import Holds, HoldsChanged
from chalicelib.contexts.members import PointsChanged
from chalicelib.contexts.orders import store
from chalicelib.contexts.orders.facts import PurchaseExpired
from chalicelib.contexts.orders.model import refunds
from chalicelib.contexts.orders.model.fulfilment import moved, require_cancellable
from chalicelib.contexts.orders.model.refusals import NotCancellable
from chalicelib.contexts.orders.model.states import OrderState, PurchaseState
from chalicelib.contexts.orders.model.values import Order
from chalicelib.contexts.orders.service import refunding, telling
from chalicelib.contexts.orders.service.access import (
    Shopper,
    merchants_whole,
    opened,
    opened_order,
    order_in,
)
from chalicelib.contexts.orders.service.paying import another_attempt
from chalicelib.contexts.orders.service.placing import Seal, Seen, answer_now, settled
from chalicelib.contexts.orders.store import Stale, Whole
from chalicelib.contexts.payments import store as payment_store
from chalicelib.contexts.payments.model import (
    PAYMENT,
    Payment,
    PaymentMoved,
    PaymentState,
    RefundTooLarge,
)
from chalicelib.contexts.promotions import store as promotions
from chalicelib.contexts.promotions.model.refusals import UsesChanged
from chalicelib.contexts.promotions.model.uses import Uses
from chalicelib.contexts.promotions.service import deals
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Busy
from chalicelib.kernel.money import total

BY_SHOPPER = "cancelled by the shopper"
BY_MERCHANT = "cancelled by the merchant"

Find = Callable[[], tuple[Whole, Sequence[Order]]]


def expire(purchase_id: str) -> bool:
    """End a purchase that was not paid in time. True when this call did it. Three round trips."""
    for attempt in range(retries.ROUNDS_MAX):
        whole = store.read_whole(purchase_id)
        now = clock.iso(clock.now())
        purchase = whole.purchase if whole else None
        if whole is None or purchase is None:
            return False
        if purchase.state is not PurchaseState.AWAITING_PAYMENT or purchase.expires_at > now:
            return False
        payment, holds, uses = _taken(purchase_id, purchase.payment_id)
        orders = [
            moved(order, OrderState.EXPIRED)
            for order in whole.orders
            if order.state is OrderState.AWAITING_PAYMENT
        ]
        fact = PurchaseExpired(
            id=ids.ulid(),
            occurred_at=now,
            purchase_id=purchase_id,
            order_ids=tuple(order.id for order in orders),
        )
        writes = [
            store.save_purchase(replace(purchase, state=PurchaseState.EXPIRED)),
            *(store.save_order(order) for order in orders),
            *_released(holds, None, HoldState.EXPIRED),
            *deals.given_back(uses),
            *_closed(payment, PaymentState.EXPIRED),
            outbox.write(fact),
        ]
        if _commits(writes, attempt):
            return True
    raise Busy


def cancel_purchase(
    shopper: Shopper,
    purchase_id: str,
    *,
    key: IdempotencyKey | None = None,
    seal: Seal | None = None,
) -> Seen:
    """Cancel every order of a purchase; what was paid is refunded by itself.

    Refuses `orders.purchase_not_found`, `orders.already_shipped`, `orders.not_cancellable`. One
    that is cancelled already stays so.
    """

    def find() -> tuple[Whole, Sequence[Order]]:
        whole = opened(shopper, purchase_id)
        live = [order for order in whole.orders if order.state is not OrderState.CANCELLED]
        return whole, live

    return _cancel(find, BY_SHOPPER, key, seal)


def cancel_order(
    shopper: Shopper,
    order_id: str,
    *,
    key: IdempotencyKey | None = None,
    seal: Seal | None = None,
) -> Seen:
    """Cancel one order of a purchase for the shopper. Refuses as `cancel_purchase` does."""
    return _cancel(lambda: _one(*opened_order(shopper, order_id)), BY_SHOPPER, key, seal)


def cancel_as_merchant(
    actor: Actor,
    order_id: str,
    *,
    key: IdempotencyKey | None = None,
    seal: Callable[[Order], idempotency.Answer] | None = None,
) -> Order:
    """Cancel an order of the merchant. Refuses `orders.order_not_found` and as for shoppers."""
    sealed = None if seal is None else (lambda seen: seal(_order_of(seen, order_id)))
    seen = _cancel(lambda: _one(*merchants_whole(actor, order_id)), BY_MERCHANT, key, sealed)
    return _order_of(seen, order_id)


def _one(whole: Whole, order: Order) -> tuple[Whole, Sequence[Order]]:
    return whole, [order] if order.state is not OrderState.CANCELLED else []


def _order_of(seen: Seen, order_id: str) -> Order:
    return order_in(Whole(seen.purchase, seen.orders), order_id)


def _cancel(find: Find, reason: str, key: IdempotencyKey | None, seal: Seal | None) -> Seen:
    for attempt in range(retries.ROUNDS_MAX):
        whole, leaving = find()
        payment, made = payment_store.payment_with_refunds(whole.purchase.payment_id)
        assert payment is not None, "a purchase is written together with its payment"
        seen, writes = Seen(whole.purchase, whole.orders, payment, made), list[Write]()
        if leaving:
            for order in leaving:
                require_cancellable(order)
            is_paid = whole.purchase.state is PurchaseState.PAID
            undo = _undo_paid if is_paid else _undo_unpaid
            seen, writes = undo(seen, leaving, reason)
        if key is not None and seal is not None:
            writes.insert(0, key.record(whole.purchase.id, answer_now(seen, seal)))
        if not writes or _commits(writes, attempt):
            return settled(seen, key, seal)
    raise Busy


def _undo_unpaid(seen: Seen, leaving: Sequence[Order], reason: str) -> tuple[Seen, list[Write]]:
    """Cancel before payment. Where orders stay, a new payment asks for their total alone."""
    if seen.purchase.state is not PurchaseState.AWAITING_PAYMENT:
        raise NotCancellable
    _, holds, uses = _taken(seen.purchase.id, seen.payment.id)
    gone = [moved(order, OrderState.CANCELLED) for order in leaving]
    orders = _with(seen.orders, gone)
    staying = [order for order in orders if order.state is OrderState.AWAITING_PAYMENT]
    writes = [
        *(store.save_order(order) for order in gone),
        *_released(holds, [order.id for order in gone], HoldState.RELEASED),
        *_unused(uses, orders, gone),
        *_closed(seen.payment, PaymentState.CANCELLED),
        *(outbox.write(telling.cancelled(order, reason, was_paid=False)) for order in gone),
    ]
    if not staying:
        purchase = replace(seen.purchase, state=PurchaseState.CANCELLED)
        payment = replace(seen.payment, state=PaymentState.CANCELLED)
        after = replace(seen, purchase=purchase, orders=orders, payment=payment)
        return after, [store.save_purchase(purchase), *writes]
    left = total((order.totals.payable for order in staying), seen.purchase.total.currency)
    cheaper = replace(seen, purchase=replace(seen.purchase, total=left), orders=orders)
    again, more = another_attempt(cheaper, seen.payment.provider)
    return again, [*more, *writes]


def _undo_paid(seen: Seen, leaving: Sequence[Order], reason: str) -> tuple[Seen, list[Write]]:
    """Cancel after payment: refund what is left of each order and put its units back."""
    payment, made, writes = seen.payment, list(seen.refunds), list[Write]()
    gone: list[Order] = []
    units: dict[str, int] = {}
    promised = 0
    for order in leaving:
        plan = refunds.plan_rest(order)
        left, back = refunds.put_back(plan)
        after = moved(left, OrderState.CANCELLED)
        gone.append(after)
        writes += [
            store.save_order(after),
            outbox.write(telling.cancelled(after, reason, was_paid=True)),
        ]
        if plan.moves_money:
            refund_id = ids.derived("ref", "cancelled", order.id)
            refund = refunding.refund_made(plan, payment, refund_id, reason)
            writes += [payment_store.refund_row(refund), outbox.write(refunding.requested(refund))]
            made.append(refund)
            promised += refund.amount.amount
        for sku, quantity in back.items():
            units[sku] = units.get(sku, 0) + quantity
    orders = _with(seen.orders, gone)
    ends = all(order.state is OrderState.CANCELLED for order in orders)
    state = PurchaseState.CANCELLED if ends else seen.purchase.state
    purchase = replace(seen.purchase, state=state)
    if promised:
        amount = replace(payment.captured, amount=promised)
        writes.append(payment_store.reserve_refund(payment, amount))
        payment = replace(payment, refunded=payment.refunded + amount)
    if units:
        writes += inventory.give_back(purchase.id, gone[0].id, units)
    if any(order.is_discounted for order in orders):
        writes += _unused(_uses(purchase.id), orders, gone, is_paid=True)
    made.sort(key=lambda refund: (refund.created_at, refund.id))
    after_all = Seen(purchase, orders, payment, made)
    return after_all, [store.save_purchase(purchase), *writes]


def _commits(writes: Sequence[Write], attempt: int) -> bool:
    """Commit; False when something was changed since it was read and is worth reading again."""
    try:
        transact.commit(writes)
    except (Stale, PaymentMoved, HoldsChanged, UsesChanged, PointsChanged, RefundTooLarge):
        retries.pause(attempt)
        return False
    return True


def _with(orders: Sequence[Order], changed: Sequence[Order]) -> tuple[Order, ...]:
    by_id = {order.id: order for order in changed}
    return tuple(by_id.get(order.id, order) for order in orders)


def _taken(purchase_id: str, payment_id: str) -> tuple[Payment, Holds | None, Uses | None]:
    """Read a payment, and what its purchase holds and uses."""
    payment_row, holds_row, uses_row = reads.batch(
        [
            payment_store.payment_key(payment_id),
            inventory.holds_key(purchase_id),
            promotions.uses_key(purchase_id),
        ]
    )
    payment = payment_store.payment_of(payment_row)
    assert payment is not None, "a purchase is written together with its payment"
    holds = inventory.holds_of(holds_row) if holds_row else None
    return payment, holds, promotions.uses_of(uses_row)


def _uses(purchase_id: str) -> Uses | None:
    place = promotions.uses_key(purchase_id)
    return promotions.uses_of(reads.get(promotions.UsesItem, place.pk, place.sk))


def _unused(
    uses: Uses | None, orders: Sequence[Order], gone: Sequence[Order], *, is_paid: bool = False
) -> list[Write]:
    """Give back what nobody uses any more: the offers of the merchants whose orders are gone, and
    everything once all are.
    """
    if all(order.state is OrderState.CANCELLED for order in orders):
        return deals.given_back(uses, is_paid=is_paid)
    return deals.given_back(uses, {order.merchant.id for order in gone}, is_paid=is_paid)


def _released(
    holds: Holds | None, order_ids: Sequence[str] | None, state: HoldState
) -> list[Write]:
    if holds is None or not holds.orders_in(HoldState.HELD, order_ids):
        return []
    return inventory.release(holds, order_ids, state=state)


def _closed(payment: Payment, state: PaymentState) -> list[Write]:
    return [payment_store.close(payment, state)] if PAYMENT.allows(payment.state, state) else []
