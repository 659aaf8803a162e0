"""Use cases of a cart: open one, look at it, change it, ask for a quote, keep it at sign-in.

A cart is opened by its id and token. A member's bearer token may go with any call; it has to be
good, and adds nothing to the cart itself.
"""

from chalicelib.contexts.cart.service.changing import (
    add_many,
    add_to_line,
    mend,
    open_with,
    put_line,
    select,
)
from chalicelib.contexts.cart.service.coupons import put_coupon, put_points, remove_coupon
from chalicelib.contexts.cart.service.keeping import (
    cart_of_member,
    forget_member,
    held_about,
    merge,
    open_cart,
)
from chalicelib.contexts.cart.service.quoting import Promise, Quote, promise_of, quote
from chalicelib.contexts.cart.service.reading import (
    chosen,
    counted,
    delivery_for,
    look,
    place_of,
    price_now,
    token_of,
)

__all__ = [
    "Promise",
    "Quote",
    "add_many",
    "add_to_line",
    "cart_of_member",
    "chosen",
    "counted",
    "delivery_for",
    "forget_member",
    "held_about",
    "look",
    "mend",
    "merge",
    "open_cart",
    "open_with",
    "place_of",
    "price_now",
    "promise_of",
    "put_coupon",
    "put_line",
    "put_points",
    "quote",
    "remove_coupon",
    "select",
    "token_of",
]
