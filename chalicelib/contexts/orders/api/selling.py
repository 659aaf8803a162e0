"""What a merchant does with its orders."""

from typing import Annotated, Any

import msgspec
from chalice import Blueprint
from msgspec import Meta

from chalicelib.aws import idempotency
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.orders import service
from chalicelib.contexts.orders.api.shopping import Nothing, PageQuery
from chalicelib.contexts.orders.api.views import (
    MerchantOrderList,
    MerchantOrderView,
    RefundMade,
    ShipmentView,
    merchant_order_view,
    refund_made,
    shipment_view,
)
from chalicelib.contexts.orders.model.states import OrderState
from chalicelib.contexts.orders.model.values import Order, ShipmentCopy
from chalicelib.contexts.orders.service import RefundWish, Seen, ShipWish
from chalicelib.contexts.payments.model import Refund
from chalicelib.kernel import text
from chalicelib.kernel.errors import FieldError, Malformed
from chalicelib.web.endpoint import Answer, Keys, created, endpoint, once, replay, sealed
from chalicelib.web.request import Request

bp = Blueprint(__name__)
LINES_MAX = 100
QUANTITY_MAX = 9_999
REASON_LENGTH_MAX = 500
NUMBER_PATTERN = r"^[\x21-\x7e]([\x20-\x7e]{0,62}[\x21-\x7e])?$"

Sku = Annotated[str, Meta(min_length=1, max_length=128)]


class OrdersQuery(PageQuery, forbid_unknown_fields=True):
    state: OrderState | None = None


class Units(msgspec.Struct, forbid_unknown_fields=True):
    """Some units of a line; the merchant's own code alone will do."""

    sku: Sku
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]


class ShipBody(msgspec.Struct, forbid_unknown_fields=True):
    courier: Annotated[str, Meta(min_length=1, max_length=40)]
    lines: Annotated[list[Units], Meta(min_length=1, max_length=LINES_MAX)]
    tracking_number: Annotated[str, Meta(pattern=NUMBER_PATTERN)] | None = None


class RefundBody(msgspec.Struct, forbid_unknown_fields=True):
    lines: Annotated[list[Units], Meta(max_length=LINES_MAX)]
    reason: Annotated[
        str,
        Meta(min_length=1, max_length=REASON_LENGTH_MAX, extra_json_schema=text.TOLD_FILLED),
    ]
    shipping: bool = False
    restock: bool = False


@endpoint(
    bp,
    "GET",
    "/api/v1/merchant/orders",
    summary="The merchant's orders, newest first",
    tag="selling",
    answer=MerchantOrderList,
    query=OrdersQuery,
    security="merchant",
)
def list_orders(request: Request) -> MerchantOrderList:
    query = request.query
    page = service.list_orders(
        identity.merchant(request.bearer),
        state=query.state,
        limit=query.limit,
        cursor=query.cursor,
    )
    return MerchantOrderList([merchant_order_view(one) for one in page.items], page.next_cursor)


@endpoint(
    bp,
    "GET",
    "/api/v1/merchant/orders/{order}",
    summary="One of the merchant's orders",
    tag="selling",
    answer=MerchantOrderView,
    security="merchant",
)
def get_order(request: Request, order: str) -> MerchantOrderView:
    return merchant_order_view(service.get_order(identity.merchant(request.bearer), order))


@endpoint(
    bp,
    "POST",
    "/api/v1/merchant/orders/{order}/confirm",
    summary="Take an order on",
    tag="selling",
    answer=MerchantOrderView,
    body=Nothing,
    body_optional=True,
    security="merchant",
    keys=Keys.ACCEPTED,
)
def confirm(request: Request, order: str) -> Any:
    actor = identity.merchant(request.bearer)
    return once(
        request,
        request.bearer,
        lambda key: _shown(
            service.confirm(actor, order, key=key, seal=lambda one: sealed(_shown(one)))
        ),
    )


@endpoint(
    bp,
    "POST",
    "/api/v1/merchant/orders/{order}/cancel",
    summary="Cancel an order; what was paid for it is refunded",
    tag="selling",
    answer=MerchantOrderView,
    body=Nothing,
    body_optional=True,
    security="merchant",
    keys=Keys.ACCEPTED,
)
def cancel(request: Request, order: str) -> Any:
    actor = identity.merchant(request.bearer)

    def seal(seen: Seen) -> idempotency.Answer:
        return sealed(_shown(next(one for one in seen.orders if one.id == order)))

    return once(
        request,
        request.bearer,
        lambda key: _shown(
            service.cancel_as_merchant(actor, order, key=key, seal=lambda one: sealed(_shown(one)))
        ),
        resume=lambda subject, key: replay(service.finish(subject, key, seal)),
    )


@endpoint(
    bp,
    "POST",
    "/api/v1/merchant/orders/{order}/shipments",
    summary="Hand units over to a courier",
    tag="selling",
    answer=ShipmentView,
    status=201,
    body=ShipBody,
    security="merchant",
    keys=Keys.REQUIRED,
)
def ship(request: Request, order: str) -> Any:
    actor, body = identity.merchant(request.bearer), request.body
    wish = ShipWish(
        courier=body.courier,
        lines=[(line.sku, line.quantity) for line in body.lines],
        tracking_number=body.tracking_number or "",
    )

    def made(shipment: ShipmentCopy) -> Answer:
        return created(shipment_view(shipment), f"/api/v1/merchant/orders/{order}")

    return once(
        request,
        request.bearer,
        lambda key: made(
            service.ship(actor, order, wish, key=key, seal=lambda one: sealed(made(one)))
        ),
    )


@endpoint(
    bp,
    "POST",
    "/api/v1/merchant/orders/{order}/refunds",
    summary="Give money back, computed from what was paid",
    tag="selling",
    answer=RefundMade,
    status=201,
    body=RefundBody,
    security="merchant",
    keys=Keys.REQUIRED,
)
def refund(request: Request, order: str) -> Any:
    actor, body = identity.merchant(request.bearer), request.body
    if not body.reason.strip() or text.has_control(body.reason):
        wrong = FieldError("reason", "invalid", "A reason in plain text")
        raise Malformed(wrong.detail, errors=[wrong])
    wish = RefundWish(
        lines=[(line.sku, line.quantity) for line in body.lines],
        with_shipping=body.shipping,
        restock=body.restock,
        reason=body.reason.strip(),
    )

    def made(refunded: Refund) -> Answer:
        return created(refund_made(refunded), f"/api/v1/merchant/orders/{order}")

    return once(
        request,
        request.bearer,
        lambda key: made(
            service.refund(actor, order, wish, key=key, seal=lambda one: sealed(made(one)))
        ),
    )


def _shown(order: Order) -> Answer:
    return Answer(merchant_order_view(order))
