"""The shipping table: rows, keys, and the writes that shipping contributes to transactions."""

from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import outbox, reads, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.tables import DocumentAttribute, Item
from chalicelib.aws.transact import Write
from chalicelib.contexts.shipping.facts import ShipmentCreated
from chalicelib.contexts.shipping.model import (
    RANK,
    NumberUsed,
    Shipment,
    ShipmentEvent,
    ShipmentLine,
    ShipmentState,
)
from chalicelib.kernel import clock, ids
from chalicelib.kernel.errors import Conflict

CALLBACK_TTL_S = 400 * 86_400


class CallbackSeen(Conflict):
    """The courier told this before: a success to it, and nothing to do."""

    code, title = "shipping.callback_seen", "This callback was handled before"


class ShipmentChanged(Conflict):
    """The shipment changed since it was read; read it again and judge anew."""

    code, title = "shipping.changed", "The shipment changed meanwhile"


class ShippingItem(Item):
    """A row of the shipping table."""

    class Meta:
        room = "shipping"

    kind = DiscriminatorAttribute()


class ShipmentItem(ShippingItem, discriminator="SHIPMENT"):
    """One shipment; `owner` is its order."""

    state = UnicodeAttribute()
    rank = NumberAttribute()
    order_id = UnicodeAttribute()
    purchase_id = UnicodeAttribute()
    merchant_id = UnicodeAttribute()
    courier = UnicodeAttribute()
    tracking_number = UnicodeAttribute()
    lines: DocumentAttribute[tuple[ShipmentLine, ...]] = DocumentAttribute(tuple[ShipmentLine, ...])
    created_at = UnicodeAttribute()
    version = NumberAttribute(default=1)


class MoveItem(ShippingItem, discriminator="MOVE"):
    """One thing that a courier told about a shipment."""

    event: DocumentAttribute[ShipmentEvent] = DocumentAttribute(ShipmentEvent)


class TrackItem(ShippingItem, discriminator="TRACK"):
    """Which shipment a courier's tracking number belongs to."""

    shipment_id = UnicodeAttribute()


class CourierCallbackItem(ShippingItem, discriminator="CALLBACK"):
    """A callback as it came; its presence makes a repetition fail."""

    shipment_id = UnicodeAttribute()
    received_at = UnicodeAttribute()
    raw = UnicodeAttribute()


def shipment_key(shipment_id: str) -> Key:
    return Key(ShipmentItem, f"SHIPMENT#{shipment_id}", "SHIPMENT")


def track_key(courier: str, number: str) -> Key:
    return Key(TrackItem, f"TRACK#{courier}#{number}", "TRACK")


def shipment_of(row: ShipmentItem | None) -> Shipment | None:
    """Return the shipment a row holds; None for no row."""
    if row is None:
        return None
    return Shipment(
        id=row.pk.partition("#")[2],
        order_id=row.order_id,
        purchase_id=row.purchase_id,
        merchant_id=row.merchant_id,
        courier=row.courier,
        tracking_number=row.tracking_number,
        state=ShipmentState(row.state),
        lines=row.lines,
        created_at=row.created_at,
        rank=int(row.rank),
        version=int(row.version),
    )


def get(shipment_id: str) -> Shipment | None:
    """Read a shipment. One round trip."""
    key = shipment_key(shipment_id)
    return shipment_of(reads.get(ShipmentItem, key.pk, key.sk))


def find(courier: str, number: str) -> Shipment | None:
    """Find a shipment by its tracking number. Two round trips."""
    key = track_key(courier, number)
    track = reads.get(TrackItem, key.pk, key.sk)
    return get(track.shipment_id) if track else None


def events(shipment_id: str) -> list[ShipmentEvent]:
    """Read what the courier told about a shipment, by the courier's time."""
    pk = shipment_key(shipment_id).pk
    rows = reads.query_all(MoveItem, pk, begins_with="MOVE#")
    return sorted((row.event for row in rows), key=lambda one: (one.at, one.recorded_at))


def shipments_of_order(order_id: str) -> list[Shipment]:
    """Read the shipments of an order, oldest first."""
    rows = reads.query_all(ShipmentItem, f"ORDER#{order_id}", index="by_owner")
    return [found for row in rows if (found := shipment_of(row))]


def create_shipment(shipment: Shipment) -> list[Write]:
    """Contribute a new shipment, its unique tracking number, and the fact.

    Refuses `shipping.tracking_number_used`.
    """
    key = shipment_key(shipment.id)
    row = ShipmentItem(
        pk=key.pk,
        sk=key.sk,
        state=shipment.state,
        rank=shipment.rank,
        order_id=shipment.order_id,
        purchase_id=shipment.purchase_id,
        merchant_id=shipment.merchant_id,
        courier=shipment.courier,
        tracking_number=shipment.tracking_number,
        lines=shipment.lines,
        created_at=shipment.created_at,
        owner=f"ORDER#{shipment.order_id}",
        owner_at=shipment.created_at,
    )
    number = track_key(shipment.courier, shipment.tracking_number)
    track = TrackItem(pk=number.pk, sk=number.sk, shipment_id=shipment.id)
    fact = ShipmentCreated(
        id=ids.ulid(),
        occurred_at=shipment.created_at,
        purchase_id=shipment.purchase_id,
        order_id=shipment.order_id,
        merchant_id=shipment.merchant_id,
        shipment_id=shipment.id,
        courier=shipment.courier,
        tracking_number=shipment.tracking_number,
        lines=shipment.lines,
    )
    return [
        transact.create(row),
        transact.create(track, refuse=lambda _old: NumberUsed()),
        outbox.write(fact),
    ]


def record_move(shipment: Shipment, event_id: str, raw: str, event: ShipmentEvent) -> list[Write]:
    """Contribute what a courier told and its marker. Refuses `shipping.callback_seen`."""
    now = clock.now()
    marker = CourierCallbackItem(
        pk=f"CALLBACK#{shipment.courier}#{event_id}",
        sk="CALLBACK",
        shipment_id=shipment.id,
        received_at=clock.iso(now),
        raw=raw,
        expires_at=clock.epoch(now) + CALLBACK_TTL_S,
    )
    move = MoveItem(
        pk=shipment_key(shipment.id).pk,
        sk=f"MOVE#{RANK.get(event.state, shipment.rank):02d}#{event.at}#{event_id}",
        event=event,
    )
    return [transact.create(marker, refuse=lambda _old: CallbackSeen()), transact.put(move)]


def move(shipment: Shipment, state: ShipmentState, rank: int) -> Write:
    """Contribute a shipment's next state. Refuses `shipping.changed`."""
    key = shipment_key(shipment.id)
    return transact.update(
        ShipmentItem(pk=key.pk, sk=key.sk),
        [ShipmentItem.state.set(state), ShipmentItem.rank.set(rank), ShipmentItem.version.add(1)],
        ShipmentItem.version == shipment.version,
        refuse=lambda _old: ShipmentChanged(),
    )
