"""Who may look at a purchase: whoever holds its token, and the member who made it."""

from msgspec import Struct

from chalicelib.aws import reads, secrets
from chalicelib.contexts.orders import store
from chalicelib.contexts.orders.model.refusals import NoOrder, NoPurchase
from chalicelib.contexts.orders.model.values import (
    Order,
    Purchase,
    is_order_id,
    is_purchase_id,
    purchase_of_order,
)
from chalicelib.contexts.orders.store import Whole
from chalicelib.kernel.actors import ANONYMOUS, Actor, ActorKind


class Shopper(Struct, frozen=True):
    """Who shops: a member or nobody known, perhaps with a purchase's token."""

    actor: Actor = ANONYMOUS
    token: str = ""


def token_of(purchase_id: str) -> str:
    """The token that opens a purchase, the same at every repeat."""
    return secrets.token_for(purchase_id)


def opened(shopper: Shopper, purchase_id: str, *, with_steps: bool = False) -> Whole:
    """Read a purchase that this shopper may see. One round trip.

    Refuses `orders.purchase_not_found`, absent and somebody else's alike.
    """
    if not is_purchase_id(purchase_id):
        raise NoPurchase
    has_token = secrets.token_fits(purchase_id, shopper.token)
    if not has_token and shopper.actor.kind is not ActorKind.MEMBER:
        raise NoPurchase
    read = store.read_with_steps if with_steps else store.read_whole
    whole = read(purchase_id)
    if whole is None or not (has_token or _is_theirs(whole.purchase, shopper.actor)):
        raise NoPurchase
    return whole


def opened_order(
    shopper: Shopper, order_id: str, *, with_steps: bool = False
) -> tuple[Whole, Order]:
    """Read an order of a purchase that this shopper may see. One round trip."""
    if not is_order_id(order_id):
        raise NoOrder
    whole = opened(shopper, purchase_of_order(order_id), with_steps=with_steps)
    return whole, order_in(whole, order_id)


def order_in(whole: Whole, order_id: str) -> Order:
    """Find an order in its purchase. Refuses `orders.order_not_found`."""
    order = next((order for order in whole.orders if order.id == order_id), None)
    if order is None:
        raise NoOrder
    return order


def merchants_order(actor: Actor, order_id: str) -> Order:
    """Read an order of the merchant this actor acts for. One round trip.

    Refuses `orders.order_not_found`, absent and another merchant's alike.
    """
    merchant_id = actor.for_merchant()
    if not is_order_id(order_id):
        raise NoOrder
    place = store.order_key(order_id)
    row = reads.get(store.OrderItem, place.pk, place.sk)
    order = store.order_of(row) if row is not None else None
    if order is None or order.merchant.id != merchant_id:
        raise NoOrder
    return order


def merchants_whole(actor: Actor, order_id: str) -> tuple[Whole, Order]:
    """Read an order of this actor's merchant together with the purchase around it."""
    merchant_id = actor.for_merchant()
    if not is_order_id(order_id):
        raise NoOrder
    whole = store.read_whole(purchase_of_order(order_id))
    order = order_in(whole, order_id) if whole is not None else None
    if whole is None or order is None or order.merchant.id != merchant_id:
        raise NoOrder
    return whole, order


def _is_theirs(purchase: Purchase, actor: Actor) -> bool:
    return actor.kind is ActorKind.MEMBER and purchase.member_id == actor.id
