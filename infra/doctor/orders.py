"""Purchases and orders: the way they took through their states, and what was agreed."""

from collections import Counter, defaultdict
from itertools import pairwise

from chalicelib.contexts.orders import facts
from chalicelib.contexts.orders.model.states import (
    ORDER,
    PAID_FOR,
    PURCHASE,
    OrderState,
    PurchaseState,
)
from chalicelib.contexts.orders.model.values import Order
from chalicelib.kernel import clock
from chalicelib.kernel.facts import Fact
from infra.doctor.registry import Found, invariant
from infra.doctor.whole import Whole

CLOCKS_DIFFER_S = 1_200
"""How far the clocks of two functions may be apart, each ten minutes off."""

TOLD: dict[type[Fact], OrderState] = {
    facts.OrderConfirmed: OrderState.CONFIRMED,
    facts.OrderPartlyShipped: OrderState.PARTLY_SHIPPED,
    facts.OrderShipped: OrderState.SHIPPED,
    facts.OrderDelivered: OrderState.DELIVERED,
    facts.OrderCompleted: OrderState.COMPLETED,
    facts.OrderCancelled: OrderState.CANCELLED,
}
"""The facts that tell which state one order came to."""

OFTEN = frozenset({OrderState.PARTLY_SHIPPED, OrderState.SHIPPED})
"""Told with every shipment; all others are told once."""

SILENT = frozenset({OrderState.PARTLY_DELIVERED, OrderState.READY_FOR_PICKUP, OrderState.COLLECTED})
"""States that no fact tells of."""

_IN_ORDER = (
    OrderState.AWAITING_PAYMENT,
    OrderState.EXPIRED,
    OrderState.PLACED,
    OrderState.CONFIRMED,
    OrderState.PARTLY_SHIPPED,
    OrderState.SHIPPED,
    OrderState.READY_FOR_PICKUP,
    OrderState.PARTLY_DELIVERED,
    OrderState.DELIVERED,
    OrderState.COLLECTED,
    OrderState.COMPLETED,
    OrderState.CANCELLED,
)
RANK = {state: rank for rank, state in enumerate(_IN_ORDER)}
assert set(RANK) == set(OrderState), "every state has its place"
assert all(
    RANK[source] < RANK[target] for source in ORDER.edges for target in ORDER.edges[source]
), "every edge leads on"


@invariant("orders.moves_along_edges")
def moves_along_edges(whole: Whole) -> Found:
    """What was told of an order is a path along listed edges that ends in its state."""
    paths = _paths(whole)
    refunded = {fact.refund.order_id for fact in whole.told(facts.RefundRequested)}
    for order in whole.orders.values():
        told = sorted(paths[order.id], key=lambda step: RANK[step[0]])
        states = [state for state, _ in told]
        words = " -> ".join(states) or "nothing"
        for (source, before), (target, after) in pairwise(told):
            if not (source in OFTEN if source is target else _leads(source, target)):
                yield order.id, f"{source} never becomes {target}: it was told {words}"
            elif source not in OFTEN and _seconds(after, before) > CLOCKS_DIFFER_S:
                yield order.id, f"it was told {target} at {after}, before {source} at {before}"
        if not states or states[0] is not OrderState.AWAITING_PAYMENT:
            yield order.id, f"it was told {words}, and no beginning"
        elif states[-1] is not order.state and not _silently(
            states[-1], order.state, is_refunded=order.id in refunded
        ):
            yield order.id, f"it is {order.state}, and was told {words}"


@invariant("orders.purchase_moves_along_edges")
def purchase_moves_along_edges(whole: Whole) -> Found:
    """What was told of a purchase is a path along listed edges, and its state follows its orders."""
    for purchase in whole.purchases.values():
        told = Counter(type(fact) for fact in whole.facts_of.get(purchase.id, []))
        steps = {
            PurchaseState.AWAITING_PAYMENT: told[facts.PurchasePlaced],
            PurchaseState.EXPIRED: told[facts.PurchaseExpired],
            PurchaseState.PAID: told[facts.PurchasePaid],
        }
        path = [state for state, times in steps.items() for _ in range(times)]
        if purchase.state is PurchaseState.CANCELLED:
            path.append(PurchaseState.CANCELLED)
        words = " -> ".join(path) or "nothing"
        for source, target in pairwise(path):
            if not PURCHASE.allows(source, target):
                yield purchase.id, f"{source} never becomes {target}: it was told {words}"
        if not path or path[-1] is not purchase.state:
            yield purchase.id, f"it is {purchase.state}, and was told {words}"
        revived = steps[PurchaseState.EXPIRED] and steps[PurchaseState.PAID]
        if told[facts.PurchaseRevived] != (1 if revived else 0):
            yield purchase.id, f"it was told revived {told[facts.PurchaseRevived]} times"


@invariant("orders.agree_with_purchase")
def agree_with_purchase(whole: Whole) -> Found:
    """A purchase has the orders it counts, and their states are possible in its own."""
    possible = {
        PurchaseState.AWAITING_PAYMENT: {OrderState.AWAITING_PAYMENT, OrderState.CANCELLED},
        PurchaseState.EXPIRED: {OrderState.EXPIRED, OrderState.CANCELLED},
        PurchaseState.PAID: PAID_FOR | {OrderState.CANCELLED},
        PurchaseState.CANCELLED: {OrderState.CANCELLED},
    }
    for purchase in whole.purchases.values():
        orders = whole.orders_of.get(purchase.id, [])
        if sorted(order.id for order in orders) != sorted(purchase.order_ids):
            yield purchase.id, f"it counts {purchase.order_count} orders; there are {len(orders)}"
        wrong = [order.id for order in orders if order.state not in possible[purchase.state]]
        if wrong:
            yield purchase.id, f"it is {purchase.state}, and {', '.join(wrong)} cannot be then"
        all_gone = all(order.state is OrderState.CANCELLED for order in orders)
        if orders and all_gone and purchase.state is not PurchaseState.CANCELLED:
            yield purchase.id, f"all its orders are cancelled, and it is {purchase.state}"
    for order in whole.orders.values():
        if order.purchase_id not in whole.purchases:
            yield order.id, f"there is no purchase {order.purchase_id}"


@invariant("orders.totals_are_recomputed")
def totals_are_recomputed(whole: Whole) -> Found:
    """Every total is what the agreed prices, adjustments and rates come to."""
    for order in whole.orders.values():
        yield from ((order.id, words) for words in _miscounted(order))
    for purchase in whole.purchases.values():
        orders = whole.orders_of.get(purchase.id, [])
        if purchase.state is PurchaseState.CANCELLED and not purchase.paid_at:
            continue
        asked = [one for one in orders if one.paid_at or one.state is not OrderState.CANCELLED]
        summed = sum(order.totals.payable.amount for order in asked)
        if purchase.total.amount != summed:
            yield purchase.id, f"its total is {purchase.total.amount}, its orders' {summed}"


@invariant("orders.agreement_is_kept")
def agreement_is_kept(whole: Whole) -> Found:
    """Lines, prices and totals of an order are those with which it was placed."""
    placed = {
        order.order_id: order for fact in whole.told(facts.PurchasePlaced) for order in fact.orders
    }
    for order in whole.orders.values():
        then = placed.get(order.id)
        if then is None:
            yield order.id, "no fact tells that it was placed"
            continue
        now = [(one.sku, one.quantity, one.unit_price, one.total) for one in order.lines]
        if now != [(one.sku, one.quantity, one.unit_price, one.total) for one in then.lines]:
            yield order.id, "its lines are not those with which it was placed"
        if (order.merchant.id, order.totals.payable) != (then.merchant_id, then.total):
            yield order.id, f"it was placed with {then.merchant_id} for {then.total.amount}"


@invariant("orders.refunded_within_lines")
def refunded_within_lines(whole: Whole) -> Found:
    """No line and no delivery gives back more than its own, and the last unit takes the rest."""
    for order in whole.orders.values():
        for line in order.lines:
            total, commission, funded = (
                each.amount for each in (line.total, line.commission, line.funded)
            )
            taken = (
                line.refunded,
                line.refunded_amount,
                line.refunded_commission,
                line.refunded_funding,
            )
            limits = (line.quantity, total, commission, funded)
            if not all(0 <= some <= most for some, most in zip(taken, limits, strict=True)):
                yield order.id, f"{line.sku} gave back {taken} of {limits}"
            elif not 0 <= line.restocked <= line.quantity:
                yield order.id, f"{line.restocked} of {line.quantity} {line.sku} are in stock again"
            elif line.refunded == line.quantity and taken != limits:
                yield order.id, f"{line.sku} gave back all its units, and {taken} of {limits}"
        if not 0 <= order.shipping_refunded <= order.totals.shipping.amount:
            paid = order.totals.shipping.amount
            yield order.id, f"{order.shipping_refunded} of {paid} of shipping went back"


@invariant("orders.commission_is_given_back_in_proportion")
def commission_is_given_back_in_proportion(whole: Whole) -> Found:
    """Commission goes back as the amount does, up to a minor unit for each unit of goods."""
    for order in whole.orders.values():
        for line in order.lines:
            gross = line.total.amount + line.funded.amount
            due = line.commission.amount * (line.refunded_amount + line.refunded_funding)
            given = line.refunded_commission * gross
            if abs(given - due) > line.quantity * max(gross, 1):
                yield (
                    order.id,
                    (
                        f"{line.sku} gave back {line.refunded_amount} of {line.total.amount} "
                        f"and {line.refunded_commission} of {line.commission.amount} of commission"
                    ),
                )


@invariant("orders.shipped_is_paid")
def shipped_is_paid(whole: Whole) -> Found:
    """Only what is paid for is confirmed, sent or delivered."""
    for order in whole.orders.values():
        if order.state in PAID_FOR and not order.paid_at:
            yield order.id, f"it is {order.state} and not paid for"
        is_sent = bool(order.shipments) or any(line.shipped for line in order.lines)
        if is_sent and order.state not in PAID_FOR:
            yield order.id, f"it is {order.state}, and some of it was sent"


def _miscounted(order: Order) -> list[str]:
    wrong = []
    for line in order.lines:
        off = sum(one.amount.amount for one in line.adjustments)
        should = line.unit_price.amount * line.quantity + off
        if line.total.amount != should:
            wrong.append(f"{line.sku} comes to {should} and says {line.total.amount}")
        commission = (line.total + line.funded).share_bps(order.commission_bps).amount
        if line.commission.amount != commission:
            wrong.append(
                f"{line.sku} owes a commission of {commission} and says {line.commission.amount}"
            )
    totals = order.totals
    goods = sum(line.unit_price.amount * line.quantity for line in order.lines)
    discount = goods - sum(line.total.amount for line in order.lines)
    payable = goods - discount + totals.shipping.amount + totals.tax.amount
    tax = order.shipping_tax.added + sum(line.tax.added for line in order.lines)
    should_be = {"goods": goods, "discount": discount, "tax": tax, "payable": payable}
    for name, amount in should_be.items():
        said = getattr(totals, name).amount
        if said != amount:
            wrong.append(f"its {name} come to {amount} and it says {said}")
    if not 0 <= discount <= goods:
        wrong.append(f"{discount} are taken off {goods}")
    return wrong


def _paths(whole: Whole) -> dict[str, list[tuple[OrderState, str]]]:
    """Order id -> every state that was told of it, and when."""
    paths: dict[str, list[tuple[OrderState, str]]] = defaultdict(list)
    for placed in whole.told(facts.PurchasePlaced):
        for order in placed.orders:
            paths[order.order_id].append((OrderState.AWAITING_PAYMENT, placed.occurred_at))
    for paid in whole.told(facts.PurchasePaid):
        for order in paid.orders:
            paths[order.order_id].append((OrderState.PLACED, paid.occurred_at))
    for expired in whole.told(facts.PurchaseExpired):
        for order_id in expired.order_ids:
            paths[order_id].append((OrderState.EXPIRED, expired.occurred_at))
    for kind, state in TOLD.items():
        for fact in whole.told(kind):
            paths[fact.order_id].append((state, fact.occurred_at))  # type: ignore[attr-defined]
    return paths


def _leads(source: OrderState, target: OrderState) -> bool:
    """Whether listed edges lead there, perhaps through states that no fact tells of."""
    return ORDER.allows(source, target) or any(
        ORDER.allows(source, silent) and _leads(silent, target) for silent in SILENT
    )


def _silently(source: OrderState, target: OrderState, *, is_refunded: bool) -> bool:
    """Whether an order comes there untold; a refund of what was not sent leaves it all shipped."""
    untold = SILENT | {OrderState.SHIPPED} if is_refunded else SILENT
    return target in untold and _leads(source, target)


def _seconds(start: str, end: str) -> float:
    return (clock.parse(end) - clock.parse(start)).total_seconds()
