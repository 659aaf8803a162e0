"""From paid to completed: the merchant confirms and ships, the courier tells, the shopper has it."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from chalicelib.aws import idempotency, outbox, reads, retries, transact
from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.contexts.orders import store
from chalicelib.contexts.orders.model import fulfilment
from chalicelib.contexts.orders.model.refusals import NothingToShip
from chalicelib.contexts.orders.model.states import OrderState
from chalicelib.contexts.orders.model.values import Order, ShipmentCopy, ShippedLine
from chalicelib.contexts.orders.service import telling
from chalicelib.contexts.orders.service.access import Shopper, merchants_order, opened_order
from chalicelib.contexts.orders.service.refunding import units_of
from chalicelib.contexts.orders.store import Stale
from chalicelib.contexts.shipping import service as shipping
from chalicelib.contexts.shipping import store as shipping_store
from chalicelib.contexts.shipping.model import Shipment, ShipmentLine
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Busy
from chalicelib.kernel.facts import Fact
from chalicelib.providers import courier as couriers

Seal = Callable[[Order], idempotency.Answer]


class ShipWish(Struct, frozen=True, kw_only=True):
    """What a merchant hands over: units by SKU (its own code will do), to whom, under which number."""

    courier: str
    lines: Sequence[tuple[str, int]]
    tracking_number: str = ""


def confirm(
    actor: Actor, order_id: str, *, key: IdempotencyKey | None = None, seal: Seal | None = None
) -> Order:
    """Take an order on. One that is confirmed stays so. Refuses `orders.not_placed`."""

    def step(order: Order) -> tuple[Order, Sequence[Fact]]:
        if order.state is OrderState.CONFIRMED:
            return order, []
        return fulfilment.confirmed(order), [telling.confirmed(order)]

    return _change(lambda: merchants_order(actor, order_id), step, key, seal)


def ship(
    actor: Actor,
    order_id: str,
    wish: ShipWish,
    *,
    key: IdempotencyKey | None = None,
    seal: Callable[[ShipmentCopy], idempotency.Answer] | None = None,
) -> ShipmentCopy:
    """Hand units over to a courier; a missing tracking number is booked.

    Refuses `orders.order_not_found`, `orders.not_confirmed`, `orders.no_such_line`,
    `orders.nothing_to_ship`, `shipping.unknown_courier`, `shipping.number_missing`,
    `shipping.tracking_number_used`.
    """
    shipment_id = ids.derived("shp", key.hash) if key else ids.new("shp")
    for attempt in range(retries.ROUNDS_MAX):
        order = merchants_order(actor, order_id)
        units = units_of(order, wish.lines)
        if not units:
            raise NothingToShip("Name what is in the shipment")
        fulfilment.require_shippable(order, units)
        shipment = _prepared(order, shipment_id, wish, units)
        copy = _copy(shipment)
        after = telling.timed(fulfilment.shipped(order, copy))
        writes = [
            *shipping_store.create_shipment(shipment),
            store.save_order(after),
            outbox.write(telling.sent(after, copy)),
        ]
        if key is not None and seal is not None:
            writes.insert(0, key.record(shipment_id, seal(copy)))
        try:
            transact.commit(writes)
        except Stale:
            retries.pause(attempt)
        else:
            return copy
    raise Busy


def receive(
    shopper: Shopper, order_id: str, *, key: IdempotencyKey | None = None, seal: Seal | None = None
) -> Order:
    """The shopper has it: the order completes. Refuses `orders.not_shipped` before all is sent."""

    def step(order: Order) -> tuple[Order, Sequence[Fact]]:
        steps = fulfilment.received(order)
        return (steps[-1] if steps else order), telling.received(steps)

    return _change(lambda: opened_order(shopper, order_id)[1], step, key, seal)


def complete(order_id: str) -> bool:
    """Complete an order whose time to object is over. True when this call did it."""
    place = store.order_key(order_id)
    for attempt in range(retries.ROUNDS_MAX):
        row = reads.get(store.OrderItem, place.pk, place.sk)
        order = store.order_of(row) if row is not None else None
        if order is None or not order.complete_at:
            return False
        if order.complete_at > clock.iso(clock.now()):
            return False
        steps = fulfilment.received(order)
        writes = [store.save_order(steps[-1]), *map(outbox.write, telling.received(steps))]
        try:
            transact.commit(writes)
        except Stale:
            retries.pause(attempt)
        else:
            return True
    raise Busy


def _change(
    find: Callable[[], Order],
    step: Callable[[Order], tuple[Order, Sequence[Fact]]],
    key: IdempotencyKey | None,
    seal: Seal | None,
) -> Order:
    for attempt in range(retries.ROUNDS_MAX):
        order = find()
        after, facts = step(order)
        writes = [store.save_order(after), *map(outbox.write, facts)] if facts else []
        if key is not None and seal is not None:
            writes.insert(0, key.record(order.id, seal(after)))
        try:
            if writes:
                transact.commit(writes)
        except Stale:
            retries.pause(attempt)
        else:
            return after
    raise Busy


def _prepared(order: Order, shipment_id: str, wish: ShipWish, units: dict[str, int]) -> Shipment:
    return shipping.prepare(
        shipment_id=shipment_id,
        order_id=order.id,
        purchase_id=order.purchase_id,
        merchant_id=order.merchant.id,
        courier=wish.courier,
        tracking_number=wish.tracking_number,
        lines=tuple(ShipmentLine(sku, quantity) for sku, quantity in units.items()),
    )


def _copy(shipment: Shipment) -> ShipmentCopy:
    return ShipmentCopy(
        id=shipment.id,
        courier=shipment.courier,
        tracking_number=shipment.tracking_number,
        state=shipment.state,
        lines=tuple(ShippedLine(line.sku, line.quantity) for line in shipment.lines),
        created_at=shipment.created_at,
        tracking_url=couriers.tracking_url(shipment.courier, shipment.tracking_number),
    )
