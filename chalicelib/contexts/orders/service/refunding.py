"""Giving money back: what a merchant refunds by hand, and what a cancellation refunds by itself.

The amount depends on what went back before, so the order is written under the version that was
read; when that fails the order is read and the amount computed again.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from chalicelib.aws import idempotency, outbox, reads, retries, transact
from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.contexts.inventory import store as inventory
from chalicelib.contexts.orders import store
from chalicelib.contexts.orders.facts import RefundRequested
from chalicelib.contexts.orders.model import fulfilment, refunds
from chalicelib.contexts.orders.model.refunds import RefundPlan
from chalicelib.contexts.orders.model.refusals import NoSuchLine, NothingToRefund
from chalicelib.contexts.orders.model.values import Order
from chalicelib.contexts.orders.service import telling
from chalicelib.contexts.orders.service.access import merchants_order
from chalicelib.contexts.orders.store import Stale
from chalicelib.contexts.payments import store as payment_store
from chalicelib.contexts.payments.model import (
    Payment,
    Refund,
    RefundState,
    RefundTooLarge,
)
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Busy


class RefundWish(Struct, frozen=True, kw_only=True):
    """What a merchant wants to give back: units by SKU (its own code will do), shipping, a reason.

    `restock`: the units come back into stock.
    """

    lines: Sequence[tuple[str, int]]
    with_shipping: bool = False
    restock: bool = False
    reason: str = ""


def refund(
    actor: Actor,
    order_id: str,
    wish: RefundWish,
    *,
    key: IdempotencyKey | None = None,
    seal: Callable[[Refund], idempotency.Answer] | None = None,
) -> Refund:
    """Give a shopper money back for units of an order, and what is left of shipping if asked.

    The company is asked after the commit, by a worker. Refuses `orders.order_not_found`,
    `orders.no_such_line`, and `orders.nothing_to_refund` for more than is left.
    """
    for attempt in range(retries.ROUNDS_MAX):
        order = merchants_order(actor, order_id)
        plan = refunds.plan(order, units_of(order, wish.lines), with_shipping=wish.with_shipping)
        payment = _payment(order)
        refund_id = ids.derived("ref", key.hash) if key else ids.new("ref")
        made = refund_made(plan, payment, refund_id, wish.reason)
        left, units = refunds.put_back(plan) if wish.restock else (plan.order, {})
        after = telling.timed(fulfilment.advanced(left))
        writes = [
            store.save_order(after),
            payment_store.reserve_refund(payment, made.amount),
            payment_store.refund_row(made),
            outbox.write(requested(made)),
            *map(outbox.write, telling.arrived(order, after)),
        ]
        if key is not None and seal is not None:
            writes.insert(0, key.record(refund_id, seal(made)))
        if units:
            writes += inventory.give_back(order.purchase_id, refund_id, units)
        try:
            transact.commit(writes)
        except Stale:
            retries.pause(attempt)
        except RefundTooLarge:
            raise NothingToRefund from None
        else:
            return made
    raise Busy


def units_of(order: Order, lines: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Sum up units by full SKU. Refuses `orders.no_such_line`."""
    units: dict[str, int] = {}
    for place, (sku, quantity) in enumerate(lines):
        line = order.line(sku)
        if line is None:
            raise NoSuchLine(sku, place)
        units[line.sku] = units.get(line.sku, 0) + quantity
    return units


def requested(made: Refund) -> RefundRequested:
    """The fact that makes the refund go out."""
    return RefundRequested(
        id=ids.ulid(), occurred_at=made.created_at, purchase_id=made.purchase_id, refund=made
    )


def refund_made(plan: RefundPlan, payment: Payment, refund_id: str, reason: str) -> Refund:
    """Make the refund that a plan comes to."""
    order = plan.order
    return Refund(
        id=refund_id,
        payment_id=payment.id,
        purchase_id=order.purchase_id,
        provider=payment.provider,
        provider_reference=payment.provider_reference,
        state=RefundState.REQUESTED,
        amount=plan.amount,
        captured=payment.captured,
        shipping=plan.shipping,
        tax=plan.tax,
        commission=plan.commission,
        reason=reason,
        created_at=clock.iso(clock.now()),
        order_id=order.id,
        merchant_id=order.merchant.id,
        merchant_name=order.merchant.named(order.locale),
        lines=plan.lines,
        shipping_funding=plan.shipping_funding.amount,
        email=order.email,
        locale=order.locale,
    )


def _payment(order: Order) -> Payment:
    place = payment_store.payment_key(order.payment_id)
    payment = payment_store.payment_of(reads.get(payment_store.PaymentItem, place.pk, place.sk))
    assert payment is not None, "an order that is paid for names its payment"
    return payment
