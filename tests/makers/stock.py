"""Stock to test with: put, held, read back."""

from chalicelib.aws import reads, transact
from chalicelib.contexts.inventory import Holds, Stock, service, store
from chalicelib.kernel.actors import Actor, ActorKind

KEEPER = Actor(ActorKind.MERCHANT, "api_1", "mer_1")


def put(sku: str, on_hand: int, actor: Actor = KEEPER) -> Stock:
    return service.put_stock(actor, sku, on_hand)


def levels(sku: str, actor: Actor = KEEPER) -> tuple[int, int]:
    """What is free and what is held."""
    stock = service.get_stock(actor, sku)
    return stock.available, stock.held


def hold(purchase_id: str, orders: dict[str, dict[str, int]]) -> Holds:
    transact.commit(store.hold(purchase_id, orders))
    return holds(purchase_id)


def holds(purchase_id: str) -> Holds:
    place = store.holds_key(purchase_id)
    return store.holds_of(reads.get(store.HoldsItem, place.pk, place.sk))
