"""Beginning a cart, and keeping it at sign-in."""

from collections.abc import Callable

from chalicelib.aws import idempotency, reads, retries, transact
from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.contexts.cart import store
from chalicelib.contexts.cart.model import (
    Cart,
    CartChanged,
    NoCart,
)
from chalicelib.contexts.cart.service.reading import key_of, read
from chalicelib.contexts.promotions.model.offers import Channel
from chalicelib.kernel import ids
from chalicelib.kernel.actors import Actor


def open_cart(
    *,
    key: IdempotencyKey | None = None,
    seal: Callable[[Cart], idempotency.Answer] | None = None,
    channel: Channel = Channel.WEB,
) -> Cart:
    """Make an empty cart in a channel; `token_of` gives what opens it."""
    cart = Cart(ids.new("crt"), channel=channel)
    writes = [store.create(cart)]
    if key is not None and seal is not None:
        writes.insert(0, key.record(cart.id, seal(cart)))
    transact.commit(writes)
    return cart


def merge(cart_id: str, token: str, member: Actor) -> Cart:
    """Keep a cart at sign-in: the named cart becomes the member's and takes in what lay in the
    member's former one. Refuses `cart.not_found`.
    """
    member_id = member.as_member()
    for attempt in range(retries.ROUNDS_MAX):
        owner_row, cart_row = reads.batch([store.owner_key(member_id), key_of(cart_id, token)])
        cart = store.cart_of(cart_row)
        if cart is None:
            raise NoCart
        former_id = owner_row.cart_id if owner_row is not None else ""
        if former_id == cart_id:
            return cart
        former = read(former_id) if former_id else None
        try:
            return _take_over(cart, former, member_id)
        except CartChanged:
            retries.pause(attempt)
    raise CartChanged


def cart_of_member(member: Actor) -> Cart:
    """Find the member's own cart, or begin one. One to three round trips."""
    member_id = member.as_member()
    place = store.owner_key(member_id)
    owner_row = reads.get(store.OwnerItem, place.pk, place.sk)
    cart = read(owner_row.cart_id) if owner_row is not None else None
    if cart is None:
        cart = Cart(ids.new("crt"))
        transact.commit([store.create(cart), store.point(member_id, cart.id)])
    return cart


def held_about(member_id: str) -> Cart | None:
    """Read a member's cart, for the member's copy of what is held."""
    owner = store.owner_key(member_id)
    row = reads.get(store.OwnerItem, owner.pk, owner.sk)
    if row is None:
        return None
    place = store.cart_key(row.cart_id)
    return store.cart_of(reads.get(store.CartItem, place.pk, place.sk))


def forget_member(member_id: str) -> None:
    """Remove a member's cart; one that is gone stays so."""
    owner = store.owner_key(member_id)
    row = reads.get(store.OwnerItem, owner.pk, owner.sk)
    if row is not None:
        for write in store.forget(member_id, row.cart_id):
            transact.commit([write])


def _take_over(cart: Cart, former: Cart | None, member_id: str) -> Cart:
    writes = [store.point(member_id, cart.id)]
    joined = cart
    if former is not None and former.lines:
        joined = cart.joined(former)
        writes += [
            store.change(cart, joined),
            store.change(former, Cart(former.id, channel=former.channel)),
        ]
    transact.commit(writes)
    return joined
