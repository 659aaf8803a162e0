"""The table `orders`: a partition a purchase, with its orders and the steps of its timeline.

Every row is written whole under the version that was read, so that of two verbs at the same moment
one wins and the other reads again. Timers are `due_at` in the index `by_due`, set and cleared by
the write that changes the state.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import reads, transact
from chalicelib.aws.reads import Key, Position
from chalicelib.aws.tables import DocumentAttribute, Item
from chalicelib.aws.transact import Write
from chalicelib.contexts.orders.model.states import OrderState, PurchaseState
from chalicelib.contexts.orders.model.timeline import Step
from chalicelib.contexts.orders.model.values import (
    Order,
    Purchase,
    number_of_order,
    purchase_of_order,
)
from chalicelib.kernel import clock
from chalicelib.kernel.errors import Conflict

DUE_SHARDS = 8
ORDERS_PER_PURCHASE_MAX = 8
STEPS_MAX = 500


class Stale(Conflict):
    """The row was changed since it was read: read again and decide again."""

    code, title = "orders.changed_meanwhile", "It was changed meanwhile; try again"


class OrdersItem(Item):
    class Meta:
        room = "orders"

    kind = DiscriminatorAttribute()


class PurchaseItem(OrdersItem, discriminator="PURCHASE"):
    """A purchase; owned by its member, if there is one."""

    version = NumberAttribute()
    purchase: DocumentAttribute[Purchase] = DocumentAttribute(Purchase)


class OrderItem(OrdersItem, discriminator="ORDER"):
    """One merchant's order; listed by merchant, and by merchant and state."""

    version = NumberAttribute()
    order: DocumentAttribute[Order] = DocumentAttribute(Order)


class StepItem(OrdersItem, discriminator="STEP"):
    """One step of the timeline, written by a worker from a fact."""

    step: DocumentAttribute[Step] = DocumentAttribute(Step)


class OrdersDoneItem(OrdersItem, discriminator="DONE"):
    """A consumer's marker: this fact was handled."""

    fact = UnicodeAttribute()


class Whole(Struct, frozen=True):
    """A purchase with its orders, and the timeline where it was read too."""

    purchase: Purchase
    orders: tuple[Order, ...]
    steps: tuple[Step, ...] = ()


def partition(purchase_id: str) -> str:
    """Name the partition of a purchase."""
    return f"PURCHASE#{purchase_id.removeprefix('pur_')}"


def purchase_key(purchase_id: str) -> Key:
    """Where a purchase's own row lies."""
    return Key(PurchaseItem, partition(purchase_id), "PURCHASE")


def order_key(order_id: str) -> Key:
    """Where an order lies: its id says it."""
    number = number_of_order(order_id)
    return Key(OrderItem, partition(purchase_of_order(order_id)), f"ORDER#{number}")


def member_list(member_id: str) -> str:
    """Name the list of a member's purchases."""
    return f"MEMBER#{member_id}"


def merchant_list(merchant_id: str) -> str:
    """Name the list of a merchant's orders."""
    return f"MERCHANT#{merchant_id}"


def merchant_state_list(merchant_id: str, state: OrderState) -> str:
    """Name the list of a merchant's orders in one state."""
    return f"MERCHANT#{merchant_id}#{state}"


def read_whole(purchase_id: str) -> Whole | None:
    """Read a purchase and its orders. One round trip."""
    rows = reads.query(
        OrdersItem,
        partition(purchase_id),
        between=("ORDER#", "PURCHASE"),
        limit=ORDERS_PER_PURCHASE_MAX + 1,
    )
    return _whole(rows.items)


def read_with_steps(purchase_id: str) -> Whole | None:
    """Read a purchase, its orders and its timeline. One round trip."""
    return _whole(reads.query(OrdersItem, partition(purchase_id), limit=STEPS_MAX).items)


def purchase_of(row: PurchaseItem) -> Purchase:
    return replace(row.purchase, version=int(row.version))


def order_of(row: OrderItem) -> Order:
    return replace(row.order, version=int(row.version))


def create_purchase(purchase: Purchase) -> Write:
    """Contribute a new purchase with its timer."""
    return transact.create(_purchase_row(purchase, version=1))


def create_order(order: Order) -> Write:
    """Contribute a new order."""
    return transact.create(_order_row(order, version=1))


def save_purchase(purchase: Purchase) -> Write:
    """Contribute a changed purchase; `purchase.version` is the one that was read."""
    row = _purchase_row(purchase, version=purchase.version + 1)
    seen = PurchaseItem.version == purchase.version
    return transact.put(row, seen, refuse=lambda _old: Stale())


def save_order(order: Order) -> Write:
    """Contribute a changed order; `order.version` is the one that was read."""
    row = _order_row(order, version=order.version + 1)
    return transact.put(row, OrderItem.version == order.version, refuse=lambda _old: Stale())


def add_step(purchase_id: str, fact_id: str, step: Step) -> Write:
    """Contribute a step of the timeline. The same fact again writes the same row."""
    return transact.put(StepItem(pk=partition(purchase_id), sk=f"STEP#{fact_id}", step=step))


def due(shard: int, now: datetime, *, limit: int, start: Position | None) -> reads.Rows[OrdersItem]:
    """Read a page of one shard's timers that have run out, soonest first."""
    between = ("0", clock.iso(now))
    return reads.query(
        OrdersItem, f"DUE#{shard}", index="by_due", between=between, limit=limit, start=start
    )


def listed(owner: str, *, index: str, limit: int, start: Position | None) -> reads.Rows[OrdersItem]:
    """Read a page of a member's purchases or a merchant's orders, newest first."""
    return reads.query(OrdersItem, owner, index=index, limit=limit, start=start, forward=False)


def _whole(rows: Sequence[OrdersItem]) -> Whole | None:
    orders = [order_of(row) for row in rows if isinstance(row, OrderItem)]
    purchase = next((row for row in rows if isinstance(row, PurchaseItem)), None)
    if purchase is None:
        return None
    steps = tuple(row.step for row in rows if isinstance(row, StepItem))
    return Whole(purchase_of(purchase), tuple(sorted(orders, key=lambda o: o.number)), steps)


def _purchase_row(purchase: Purchase, *, version: int) -> PurchaseItem:
    waits = purchase.state is PurchaseState.AWAITING_PAYMENT
    owner = member_list(purchase.member_id) if purchase.member_id else None
    return PurchaseItem(
        pk=partition(purchase.id),
        sk="PURCHASE",
        version=version,
        purchase=purchase,
        owner=owner,
        owner_at=f"{purchase.created_at}#{purchase.id}" if owner else None,
        due_shard=_shard(purchase.id) if waits else None,
        due_at=purchase.expires_at if waits else None,
    )


def _order_row(order: Order, *, version: int) -> OrderItem:
    return OrderItem(
        pk=partition(order.purchase_id),
        sk=f"ORDER#{order.number}",
        version=version,
        order=order,
        owner=merchant_list(order.merchant.id),
        owner_at=f"{order.created_at}#{order.id}",
        state_owner=merchant_state_list(order.merchant.id, order.state),
        due_shard=_shard(order.id) if order.complete_at else None,
        due_at=order.complete_at or None,
    )


def _shard(subject: str) -> str:
    return f"DUE#{hashlib.sha256(subject.encode()).digest()[0] % DUE_SHARDS}"
