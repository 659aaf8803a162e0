"""The cart's JSON routes."""

from typing import Annotated, Any

import msgspec
from chalice import Blueprint
from msgspec import UNSET, Meta, UnsetType

from chalicelib.contexts.cart import service
from chalicelib.contexts.cart.model import QUANTITY_MAX, Cart, PricedCart, Totals
from chalicelib.contexts.cart.service import Quote
from chalicelib.contexts.promotions.api.views import AdjustmentView, adjustment_views
from chalicelib.contexts.promotions.model.campaigns import CouponState
from chalicelib.contexts.promotions.model.deals import CartCoupon
from chalicelib.contexts.promotions.model.offers import Channel
from chalicelib.kernel import countries
from chalicelib.kernel.errors import FieldError, Malformed
from chalicelib.kernel.money import Money
from chalicelib.web.endpoint import Answer, Keys, created, endpoint, once, sealed
from chalicelib.web.request import Request

bp = Blueprint(__name__)
Line = Annotated[str, Meta(max_length=200)]
POINTS_MAX = 1_000_000_000


class NewCart(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing is needed to open a cart. A program may say what it is: some offers are for a channel."""

    channel: Annotated[str, Meta(pattern="^(api|app|mini_program)$")] = Channel.API.value


class OpenedCart(msgspec.Struct):
    id: str
    token: str


class PutLine(msgspec.Struct, forbid_unknown_fields=True):
    quantity: Annotated[int, Meta(ge=0, le=QUANTITY_MAX)]


class PutPoints(msgspec.Struct, forbid_unknown_fields=True):
    """How many points pay at most; 0 is none."""

    points: Annotated[int, Meta(ge=0, le=POINTS_MAX)]


class QuoteAddress(msgspec.Struct, forbid_unknown_fields=True):
    """Where to: the country decides, the rest may come along or follow at checkout."""

    country: Annotated[str, Meta(pattern="^[A-Z]{2}$", extra_json_schema=countries.SCHEMA)]
    name: Line = ""
    phone: Line = ""
    line1: Line = ""
    line2: Line = ""
    city: Line = ""
    region: Line = ""
    postal_code: Line = ""


class AskQuote(msgspec.Struct, forbid_unknown_fields=True):
    address: QuoteAddress
    delivery_method: Annotated[str, Meta(max_length=64)] = ""


class LineView(msgspec.Struct):
    sku: str
    product_id: str
    slug: str
    title: str
    variant: str
    image: str
    merchant_id: str
    quantity: int
    unit_price: Money
    total: Money
    adjustments: list[AdjustmentView]
    available: int
    gift: bool = False


class NoticeView(msgspec.Struct):
    code: str
    sku: str
    text: str


class CouponView(msgspec.Struct):
    """A coupon on the cart; `applied` tells whether it takes anything off. One that is used or
    expired keeps the cart from checkout until it is taken off.
    """

    code: str
    id: str
    title: str
    state: CouponState
    applied: bool


class PointsView(msgspec.Struct):
    """The member's points: those that would pay, those that do, and what there are. A point is a minor
    unit of the shop's currency.
    """

    wished: int
    spent: int
    balance: int


class CartView(msgspec.Struct):
    """`points` is there where a member looks."""

    id: str
    lines: list[LineView]
    totals: Totals
    estimated: bool
    coupons: list[CouponView]
    notices: list[NoticeView]
    points: PointsView | UnsetType = UNSET


class DeliveryView(msgspec.Struct):
    id: str
    name: str
    price: Money
    estimate: str


class QuoteView(msgspec.Struct):
    delivery_methods: list[DeliveryView]
    totals: Totals
    quote_id: str
    expires_at: str


@endpoint(
    bp,
    "POST",
    "/api/v1/carts",
    summary="Open a cart",
    tag="shopping",
    answer=OpenedCart,
    status=201,
    body=NewCart,
    body_optional=True,
    keys=Keys.ACCEPTED,
)
def open_cart(request: Request) -> Any:
    channel = Channel(request.body.channel) if request.body else Channel.API

    def opened(cart: Cart) -> Answer:
        view = OpenedCart(cart.id, service.token_of(cart.id))
        return created(view, f"/api/v1/carts/{cart.id}")

    return once(
        request,
        request.bearer or request.address,  # nobody gets a stranger's cart by a guessed key
        lambda key: opened(
            service.open_cart(key=key, seal=lambda cart: sealed(opened(cart)), channel=channel)
        ),
    )


@endpoint(
    bp,
    "GET",
    "/api/v1/carts/{cart}",
    summary="A cart at the prices of this moment",
    tag="shopping",
    answer=CartView,
    security="cart",
)
def read_cart(request: Request, cart: str) -> CartView:
    priced = service.look(cart, cart_token(request), bearer=request.bearer)
    return cart_view(priced, request.locale)


@endpoint(
    bp,
    "PUT",
    "/api/v1/carts/{cart}/lines/{sku}",
    summary="Set how many of a variant lie in the cart; 0 removes it",
    tag="shopping",
    answer=CartView,
    body=PutLine,
    security="cart",
)
def put_line(request: Request, cart: str, sku: str) -> CartView:
    token, quantity = cart_token(request), request.body.quantity
    priced = service.put_line(cart, token, sku, quantity, bearer=request.bearer)
    return cart_view(priced, request.locale)


@endpoint(
    bp,
    "PUT",
    "/api/v1/carts/{cart}/coupons/{code}",
    summary="Put a coupon on the cart",
    tag="shopping",
    answer=CartView,
    security="cart",
)
def put_coupon(request: Request, cart: str, code: str) -> CartView:
    token, address = cart_token(request), request.address
    priced = service.put_coupon(cart, token, code, address=address, bearer=request.bearer)
    return cart_view(priced, request.locale)


@endpoint(
    bp,
    "DELETE",
    "/api/v1/carts/{cart}/coupons/{code}",
    summary="Take a coupon off the cart",
    tag="shopping",
    answer=CartView,
    security="cart",
)
def remove_coupon(request: Request, cart: str, code: str) -> CartView:
    priced = service.remove_coupon(cart, cart_token(request), code, bearer=request.bearer)
    return cart_view(priced, request.locale)


@endpoint(
    bp,
    "PUT",
    "/api/v1/carts/{cart}/points",
    summary="Pay for the cart with points of the member whose token goes along",
    tag="shopping",
    answer=CartView,
    body=PutPoints,
    security="cart",
)
def put_points(request: Request, cart: str) -> CartView:
    token, points = cart_token(request), request.body.points
    priced = service.put_points(cart, token, points, bearer=request.bearer)
    return cart_view(priced, request.locale)


@endpoint(
    bp,
    "POST",
    "/api/v1/carts/{cart}/quote",
    summary="What the cart costs delivered, promised for 15 minutes",
    tag="shopping",
    answer=QuoteView,
    body=AskQuote,
    security="cart",
    keys=Keys.ACCEPTED,
)
def quote(request: Request, cart: str) -> Any:
    token, asked = cart_token(request), request.body
    if not countries.is_country(asked.address.country):
        wrong = FieldError("address.country", "unknown", "This is no ISO 3166 alpha-2 code")
        raise Malformed(wrong.detail, errors=[wrong])

    def quoted(made: Quote) -> Answer:
        return Answer(quote_view(made, request.locale))

    return once(
        request,
        token,
        lambda key: quoted(
            service.quote(
                cart,
                token,
                asked.address.country,
                asked.delivery_method,
                region=asked.address.region,
                bearer=request.bearer,
                is_kept=True,
                key=key,
                seal=lambda made: sealed(quoted(made)),
            )
        ),
    )


def cart_token(request: Request) -> str:
    """The token that opens the cart, as the caller gave it."""
    return request.headers.get("x-cart-token", "")


def cart_view(priced: PricedCart, locale: str) -> CartView:
    """Show a cart to a program."""
    return CartView(
        id=priced.id,
        lines=[
            LineView(
                gift=place >= len(priced.lines),
                sku=line.sku,
                product_id=line.product_id,
                slug=line.slug,
                title=line.title,
                variant=line.variant,
                image=line.image,
                merchant_id=line.merchant_id,
                quantity=line.quantity,
                unit_price=line.unit_price,
                total=line.total,
                adjustments=adjustment_views(line.adjustments, locale),
                available=line.available,
            )
            for place, line in enumerate((*priced.lines, *priced.gift_lines))
        ],
        totals=priced.delivered or priced.totals,
        estimated=priced.delivered is None,
        coupons=[_coupon_view(one, priced, locale) for one in priced.deal.coupons],
        notices=[
            NoticeView(notice.code, notice.sku, notice.text(locale)) for notice in priced.notices
        ],
        points=_points_view(priced),
    )


def _points_view(priced: PricedCart) -> PointsView | UnsetType:
    patron = priced.deal.patron
    if not patron.member_id:
        return UNSET
    return PointsView(patron.points_wished, priced.points, max(0, patron.balance))


def _coupon_view(coupon: CartCoupon, priced: PricedCart, locale: str) -> CouponView:
    offer = coupon.offer
    return CouponView(
        code=coupon.code,
        id=offer.id if offer else "",
        title=offer.titles[locale] if offer else "",
        state=coupon.standing(priced.deal.now),
        applied=offer is not None and offer.id in priced.applied,
    )


def quote_view(made: Quote, locale: str) -> QuoteView:
    """Show a quote to a program."""
    return QuoteView(
        delivery_methods=[
            DeliveryView(option.id, option.name_in(locale), option.price, option.estimate(locale))
            for option in made.options
        ],
        totals=made.totals,
        quote_id=made.id,
        expires_at=made.expires_at,
    )
