"""Shipments: as the couriers told them, as shipping keeps them, as their orders know them."""

from collections import Counter, defaultdict

from chalicelib.contexts.shipping.facts import ShipmentCreated, ShipmentDelivered, ShipmentMoved
from chalicelib.contexts.shipping.model import ARRIVED, RANK, ShipmentState
from infra.doctor.registry import Found, invariant
from infra.doctor.whole import Whole


@invariant("shipments.agree_with_order")
def agree_with_order(whole: Whole) -> Found:
    """An order knows exactly its shipments, with what is in them."""
    copies = {copy.id: (order, copy) for order in whole.orders.values() for copy in order.shipments}
    for shipment in whole.shipments.values():
        order, copy = copies.get(shipment.id, (None, None))
        if order is None or copy is None or order.id != shipment.order_id:
            yield shipment.id, f"its order {shipment.order_id} does not know it"
            continue
        inside = [(line.sku, line.quantity) for line in shipment.lines]
        if inside != [(line.sku, line.quantity) for line in copy.lines]:
            yield shipment.id, f"its order {order.id} thinks that something else is in it"
    for shipment_id, (order, _) in copies.items():
        if shipment_id not in whole.shipments:
            yield order.id, f"it was sent with {shipment_id}, which there is not"


@invariant("shipments.order_counts_them")
def order_counts_them(whole: Whole) -> Found:
    """The units that an order says are sent are those in its shipments."""
    for order in whole.orders.values():
        sent: Counter[str] = Counter()
        for copy in order.shipments:
            for line in copy.lines:
                sent[line.sku] += line.quantity
        for line in order.lines:
            if sent[line.sku] != line.shipped:
                yield (
                    order.id,
                    f"{line.sku}: {line.shipped} are sent; in shipments {sent[line.sku]}",
                )


@invariant("shipments.units_within_order")
def units_within_order(whole: Whole) -> Found:
    """No more is delivered than sent, and no more sent than ordered."""
    for order in whole.orders.values():
        for line in order.lines:
            if not 0 <= line.delivered <= line.shipped <= line.quantity:
                yield (
                    order.id,
                    (
                        f"{line.sku}: {line.delivered} delivered, {line.shipped} sent, "
                        f"{line.quantity} ordered"
                    ),
                )


@invariant("shipments.rank_never_falls")
def rank_never_falls(whole: Whole) -> Found:
    """A shipment is as far as the farthest that its courier ever told."""
    moves: dict[str, set[ShipmentState]] = defaultdict(set)
    for row in whole.of_kind("shipping", "MOVE"):
        moves[row.subject].add(row.event.state)
    for shipment in whole.shipments.values():
        words = moves[shipment.id]
        farthest = max((RANK.get(word, 0) for word in words), default=0)
        if shipment.rank != farthest:
            yield shipment.id, f"its rank is {shipment.rank}, its courier told {farthest}"
        possible = {word for word in words if RANK.get(word, farthest) == farthest}
        if shipment.state not in (possible or {ShipmentState.CREATED}):
            told = ", ".join(sorted(possible)) or "nothing"
            yield shipment.id, f"it is {shipment.state}, its courier told {told}"


@invariant("shipments.order_follows_courier")
def order_follows_courier(whole: Whole) -> Found:
    """An order knows of each shipment the farthest, and of that the last, that was told."""
    told: dict[str, list[tuple[tuple[int, str], str]]] = defaultdict(list)
    arrived: set[str] = set()
    for fact in (*whole.told(ShipmentMoved), *whole.told(ShipmentDelivered)):
        if whole.is_handled(fact):
            told[fact.shipment_id].append(((fact.rank, fact.id), fact.state))
            arrived |= {fact.shipment_id} if fact.state in ARRIVED else set()
    for order in whole.orders.values():
        for copy in order.shipments:
            mark, state = max(told[copy.id], default=((0, ""), ShipmentState.CREATED.value))
            if copy.told < mark or (copy.told == mark and copy.state != state):
                yield order.id, f"{copy.id} is {state} by its courier's last word, not {copy.state}"
            if copy.id in arrived and not copy.is_delivered:
                yield order.id, f"{copy.id} has arrived, and its units are not counted"


@invariant("shipments.created_once")
def created_once(whole: Whole) -> Found:
    """Every shipment was told once, and its tracking number leads to it and no other."""
    told = Counter(fact.shipment_id for fact in whole.told(ShipmentCreated))
    tracks = {row.subject: row.shipment_id for row in whole.of_kind("shipping", "TRACK")}
    for shipment in whole.shipments.values():
        if told[shipment.id] != 1:
            yield shipment.id, f"it was told {told[shipment.id]} times"
        number = f"{shipment.courier}#{shipment.tracking_number}"
        if tracks.get(number) != shipment.id:
            yield shipment.id, f"its number {number} leads to {tracks.get(number) or 'nothing'}"
    for shipment_id in told:
        if shipment_id not in whole.shipments:
            yield shipment_id, "it was told, and there is no such shipment"
