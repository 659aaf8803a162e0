"""Stock to test with: put, held, read back."""

from chalicelib.aws import reads, transact
from chalicelib.contexts.inventory import Holds, Stock, service, store
from chalicelib.kernel.actors import SYSTEM, Actor, ActorKind

KEEPER = Actor(ActorKind.MERCHANT, "api_1", "mer_1")


def put(sku: str, on_hand: int, actor: Actor = KEEPER) -> Stock:
    return service.put_stock(actor, sku, on_hand)


def levels(sku: str, actor: Actor = KEEPER) -> tuple[int, int]:
    """What is free and what is held."""
    stock = service.get_stock(actor, sku)
    return stock.available, stock.held


def hold(purchase_id: str, orders: dict[str, dict[str, int]]) -> Holds:
    service.hold(purchase_id, orders, transact.commit)
    return holds(purchase_id)


def spread(sku: str, shards: int) -> None:
    """Spread a sku over that many rows; over no fewer than it has."""
    present = max(1, len(rows(sku)))
    service.spread(SYSTEM, sku, max(shards, present))


def rows(sku: str) -> list[tuple[int, int]]:
    """What is free and held in each row of a sku."""
    of_sku = reads.query(store.StockItem, f"STOCK#{sku}", begins_with="AT#").items
    return [(int(row.available), int(row.held)) for row in of_sku]


def holds(purchase_id: str) -> Holds:
    place = store.holds_key(purchase_id)
    return store.holds_of(reads.get(store.HoldsItem, place.pk, place.sk))
