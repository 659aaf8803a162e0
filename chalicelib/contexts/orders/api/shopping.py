"""Checkout, purchases and what a shopper may do with them."""

from typing import Annotated, Any

import msgspec
from chalice import Blueprint
from msgspec import Meta

from chalicelib.aws import idempotency
from chalicelib.contexts.cart.api import cart_token
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.orders import service
from chalicelib.contexts.orders.api.reading import Checkout, PaymentBody, wish_of
from chalicelib.contexts.orders.api.views import (
    PurchaseList,
    PurchaseView,
    Timeline,
    purchase_summary,
    purchase_view,
    timeline_view,
)
from chalicelib.contexts.orders.model.values import Order
from chalicelib.contexts.orders.service import Seen, Shopper
from chalicelib.kernel.paging import CURSOR_LENGTH_MAX, PAGE_SIZE, PAGE_SIZE_MAX
from chalicelib.web.endpoint import Answer, Keys, created, endpoint, once, replay, sealed
from chalicelib.web.request import Request
from chalicelib.web.session import member_cookie

bp = Blueprint(__name__)


class Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No field is needed."""


class PageQuery(msgspec.Struct, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE
    cursor: Annotated[str, Meta(max_length=CURSOR_LENGTH_MAX)] = ""


class Received(msgspec.Struct):
    id: str
    state: str


@endpoint(
    bp,
    "POST",
    "/api/v1/carts/{cart}/checkout",
    summary="Buy what is in the cart",
    tag="shopping",
    answer=PurchaseView,
    status=201,
    body=Checkout,
    security="cart",
    keys=Keys.REQUIRED,
)
def checkout(request: Request, cart: str) -> Any:
    token = cart_token(request)
    cookie = "" if request.bearer else member_cookie(request)
    answer = service.place(
        cart,
        token,
        wish_of(request.body, request.locale),
        key=request.idempotency_key(token),
        seal=_placed,
        bearer=request.bearer,
        member=identity.caller("", cookie),
    )
    return replay(answer)


@endpoint(
    bp,
    "GET",
    "/api/v1/purchases/{purchase}",
    summary="A purchase with its orders, payment and refunds",
    tag="shopping",
    answer=PurchaseView,
    security="purchase|member",
)
def read_purchase(request: Request, purchase: str) -> PurchaseView:
    return purchase_view(service.look(shopper(request), purchase))


@endpoint(
    bp,
    "POST",
    "/api/v1/purchases/{purchase}/cancel",
    summary="Cancel a purchase; what was paid is refunded",
    tag="shopping",
    answer=PurchaseView,
    body=Nothing,
    body_optional=True,
    security="purchase|member",
    keys=Keys.ACCEPTED,
)
def cancel_purchase(request: Request, purchase: str) -> Any:
    asking = shopper(request)
    return once(
        request,
        credential(request),
        lambda key: Answer(
            purchase_view(service.cancel_purchase(asking, purchase, key=key, seal=_shown))
        ),
        resume=_finished,
    )


@endpoint(
    bp,
    "POST",
    "/api/v1/orders/{order}/cancel",
    summary="Cancel one order of a purchase; what was paid for it is refunded",
    tag="shopping",
    answer=PurchaseView,
    body=Nothing,
    body_optional=True,
    security="purchase|member",
    keys=Keys.ACCEPTED,
)
def cancel_order(request: Request, order: str) -> Any:
    asking = shopper(request)
    return once(
        request,
        credential(request),
        lambda key: Answer(
            purchase_view(service.cancel_order(asking, order, key=key, seal=_shown))
        ),
        resume=_finished,
    )


@endpoint(
    bp,
    "POST",
    "/api/v1/purchases/{purchase}/payments",
    summary="Try to pay again after a decline",
    tag="shopping",
    answer=PurchaseView,
    status=201,
    body=PaymentBody,
    security="purchase|member",
    keys=Keys.ACCEPTED,
)
def pay_again(request: Request, purchase: str) -> Any:
    asking, provider = shopper(request), request.body.provider
    return once(
        request,
        credential(request),
        lambda key: _purchase_created(
            service.pay_again(asking, purchase, provider, key=key, seal=_placed)
        ),
        resume=lambda subject, key: replay(service.finish(subject, key, _placed)),
    )


@endpoint(
    bp,
    "POST",
    "/api/v1/orders/{order}/receive",
    summary="Say that the goods have arrived; the order completes",
    tag="shopping",
    answer=Received,
    body=Nothing,
    body_optional=True,
    security="purchase|member",
    keys=Keys.ACCEPTED,
)
def receive(request: Request, order: str) -> Any:
    asking = shopper(request)

    def answered(received: Order) -> Answer:
        return Answer(Received(received.id, received.state))

    return once(
        request,
        credential(request),
        lambda key: answered(
            service.receive(asking, order, key=key, seal=lambda one: sealed(answered(one)))
        ),
    )


@endpoint(
    bp,
    "GET",
    "/api/v1/orders/{order}/timeline",
    summary="What happened to an order, oldest first",
    tag="shopping",
    answer=Timeline,
    security="purchase|member",
)
def read_timeline(request: Request, order: str) -> Timeline:
    return timeline_view(service.timeline(shopper(request), order), request.locale)


@endpoint(
    bp,
    "GET",
    "/api/v1/me/purchases",
    summary="The member's purchases, newest first",
    tag="members",
    answer=PurchaseList,
    query=PageQuery,
    security="member",
)
def list_purchases(request: Request) -> PurchaseList:
    member = identity.caller(request.bearer, member_cookie(request))
    page = service.purchases_of_member(
        member, limit=request.query.limit, cursor=request.query.cursor
    )
    return PurchaseList([purchase_summary(one) for one in page.items], page.next_cursor)


def shopper(request: Request) -> Shopper:
    """Who asks: whoever holds the purchase's token, and the member whose token or cookie comes along.

    Refuses 401 for a bearer token that is not good.
    """
    token = request.headers.get("x-purchase-token", "")
    return Shopper(identity.caller(request.bearer, member_cookie(request)), token)


def credential(request: Request) -> str:
    """What an idempotency key is scoped to: the purchase's token, or else the member's."""
    token = request.headers.get("x-purchase-token", "")
    return token or request.bearer or member_cookie(request)


def _purchase_created(seen: Seen) -> Answer:
    return created(purchase_view(seen), f"/api/v1/purchases/{seen.purchase.id}")


def _placed(seen: Seen) -> idempotency.Answer:
    return sealed(_purchase_created(seen))


def _shown(seen: Seen) -> idempotency.Answer:
    return sealed(Answer(purchase_view(seen)))


def _finished(subject: str, key: idempotency.IdempotencyKey) -> Any:
    return replay(service.finish(subject, key, _shown))
