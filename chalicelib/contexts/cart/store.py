"""The table `cart`: one row a cart with all its lines; one row a member that names its cart."""

from msgspec.structs import replace
from pynamodb.attributes import DiscriminatorAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import transact
from chalicelib.aws.reads import Key
from chalicelib.aws.tables import DocumentAttribute, Item
from chalicelib.aws.transact import Write
from chalicelib.contexts.cart.model import (
    CART_TTL_S,
    Cart,
    CartChanged,
    CartLine,
    Destination,
    NoCart,
)
from chalicelib.contexts.promotions.model.offers import Channel
from chalicelib.kernel import clock


class CartRoomItem(Item):
    class Meta:
        room = "cart"

    kind = DiscriminatorAttribute()


class CartItem(CartRoomItem, discriminator="CART"):
    """A cart. `version` counts changes, so that two of them never overwrite each other."""

    version = NumberAttribute()
    lines: DocumentAttribute[dict[str, CartLine]] = DocumentAttribute(dict[str, CartLine])
    delivery: DocumentAttribute[Destination] = DocumentAttribute(Destination, null=True)
    coupons: DocumentAttribute[dict[str, str]] = DocumentAttribute(dict[str, str], null=True)
    points = NumberAttribute(null=True)
    points_of = UnicodeAttribute(null=True)
    channel = UnicodeAttribute(null=True)


class OwnerItem(CartRoomItem, discriminator="OWNER"):
    """Which cart is a member's."""

    cart_id = UnicodeAttribute()


def cart_key(cart_id: str) -> Key:
    """Where a cart lies."""
    return Key(CartItem, f"CART#{cart_id}", "CART")


def owner_key(member_id: str) -> Key:
    """Where the name of a member's cart lies."""
    return Key(OwnerItem, f"OWNER#{member_id}", "CART")


def cart_of(row: CartItem | None) -> Cart | None:
    """Return the cart that a row holds; None when there is none or its time is over."""
    if row is None or int(row.expires_at or 0) <= clock.epoch(clock.now()):
        return None
    return Cart(
        row.pk.removeprefix("CART#"),
        row.lines,
        int(row.version),
        row.delivery,
        row.coupons or {},
        int(row.points or 0),
        row.points_of or "",
        row.channel or Channel.WEB,
    )


def create(cart: Cart) -> Write:
    """Contribute a new cart; one that exists stays as it is and refuses."""
    return transact.create(_row(cart))


def change(seen: Cart, now: Cart) -> Write:
    """Contribute a change of what was seen. Refuses `cart.changed` when it was changed meanwhile."""
    row = _row(replace(now, version=seen.version + 1))
    return transact.put(row, CartItem.version == seen.version, refuse=lambda _old: CartChanged())


def remember(cart: Cart, delivery: Destination) -> Write:
    """Contribute where the cart's last quote was for. No change of the cart: its version stays."""
    place = cart_key(cart.id)
    return transact.update(
        CartItem(place.pk, place.sk),
        [CartItem.delivery.set(delivery), CartItem.expires_at.set(_until())],
        CartItem.pk.exists(),
        refuse=lambda _old: NoCart(),
    )


def point(member_id: str, cart_id: str) -> Write:
    """Contribute that this cart is the member's from now on."""
    return transact.put(OwnerItem(pk=f"OWNER#{member_id}", sk="CART", cart_id=cart_id))


def _row(cart: Cart) -> CartItem:
    return CartItem(
        pk=f"CART#{cart.id}",
        sk="CART",
        version=cart.version,
        lines=cart.lines,
        delivery=cart.delivery,
        coupons=cart.coupons or None,
        points=cart.points or None,
        points_of=cart.points_of or None,
        channel=None if cart.channel == Channel.WEB else cart.channel,
        expires_at=_until(),
    )


def _until() -> int:
    return clock.epoch(clock.now()) + CART_TTL_S


def forget(member_id: str, cart_id: str) -> list[Write]:
    """Contribute the end of a member's cart, and of its name."""
    place, owner = cart_key(cart_id), owner_key(member_id)
    return [
        transact.delete(CartItem(place.pk, place.sk)),
        transact.delete(OwnerItem(owner.pk, owner.sk), OwnerItem.cart_id == cart_id),
    ]
