"""Putting coupons and points on a cart, and taking them off."""

from collections.abc import Callable

from chalicelib.aws import retries, transact
from chalicelib.contexts.cart import store
from chalicelib.contexts.cart.model import Cart, CartChanged, PricedCart
from chalicelib.contexts.cart.service.reading import (
    counted,
    delivered,
    opened,
    price_now,
)
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.promotions.model.campaigns import ANYBODY, COUPONS_A_CART_MAX
from chalicelib.contexts.promotions.model.refusals import (
    CouponsThrottled,
    NoCoupon,
    TooManyCoupons,
)
from chalicelib.contexts.promotions.service import deals
from chalicelib.kernel import clock
from chalicelib.kernel.errors import NotSignedIn

CODE_LENGTH_MAX = 64


def put_coupon(
    cart_id: str, token: str, code: str, *, address: str, bearer: str = "", member_id: str = ""
) -> PricedCart:
    """Put a coupon on a cart: one that the member holds, or a code that anybody may use.

    Wrong codes are counted against who sends them. Refuses `promotions.no_such_coupon`,
    `promotions.coupon_used`, `promotions.coupon_expired`, `promotions.too_many_coupons`,
    `promotions.codes_throttled`.
    """
    code = code.strip().upper()
    guess = identity.guess(f"coupons from {address}", address=address)
    if guess.wait_s:
        raise CouponsThrottled(guess.wait_s)
    for attempt in range(retries.ROUNDS_MAX):
        cart = opened(cart_id, token, bearer, member_id)
        holders = [cart.coupons[code]] if code in cart.coupons else [cart.looker, "", ANYBODY]
        found = deals.find_coupon(code, holders) if 0 < len(code) <= CODE_LENGTH_MAX else None
        if found is None:
            guess.fails()
            raise NoCoupon
        found.require_good(clock.now())
        if code in cart.coupons:
            return _priced(cart)
        if len(cart.coupons) >= COUPONS_A_CART_MAX:
            raise TooManyCoupons
        changed = cart.with_coupons({**cart.coupons, code: found.holder})
        if _saved(cart, changed, attempt):
            return _priced(changed)
    raise CartChanged


def put_points(
    cart_id: str, token: str, points: int, *, bearer: str = "", member_id: str = ""
) -> PricedCart:
    """Let the member who looks pay with up to so many points; 0 is none. What is more than there are, or
    than may pay, is not spent.

    Refuses `identity.not_signed_in` where nobody looks, `cart.not_found`.
    """
    for attempt in range(retries.ROUNDS_MAX):
        cart = opened(cart_id, token, bearer, member_id)
        if not cart.looker:
            raise NotSignedIn
        changed = cart.with_points(points)
        if (changed.points, changed.points_of) == (cart.points, cart.points_of):
            return _priced(cart)
        if _saved(cart, changed, attempt):
            return _priced(changed)
    raise CartChanged


def remove_coupon(cart_id: str, token: str, code: str, *, bearer: str = "") -> PricedCart:
    """Take a coupon off a cart; one that is not on it is off already. It stays held."""
    return _changed(
        lambda: opened(cart_id, token, bearer),
        lambda cart: {key: who for key, who in cart.coupons.items() if key != code.upper()},
    )


def _changed(find: Callable[[], Cart], coupons: Callable[[Cart], dict[str, str]]) -> PricedCart:
    for attempt in range(retries.ROUNDS_MAX):
        cart = find()
        changed = cart.with_coupons(coupons(cart))
        if changed.coupons == cart.coupons or _saved(cart, changed, attempt):
            return _priced(changed)
    raise CartChanged


def _saved(cart: Cart, changed: Cart, attempt: int) -> bool:
    try:
        transact.commit([store.change(cart, changed)])
    except CartChanged:
        retries.pause(attempt)
        return False
    return True


def _priced(cart: Cart) -> PricedCart:
    return delivered(cart, counted(price_now(cart)))
