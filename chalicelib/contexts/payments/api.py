"""Where payment companies call."""

import msgspec
from chalice import Blueprint

from chalicelib.contexts.orders import service as orders
from chalicelib.web.endpoint import ANY_TYPE, Answer, endpoint
from chalicelib.web.request import Request

bp = Blueprint(__name__)


class Acknowledged(msgspec.Struct):
    """Thanks, for companies that expect JSON; `outcome` is `accepted`, `duplicate`, `ignored` or `flagged`."""

    received: bool
    outcome: str


@endpoint(
    bp,
    "POST",
    "/webhooks/payments/{provider}",
    summary="A payment company tells about a payment or refund",
    tag="callbacks",
    answer=Acknowledged,
    raw_body=(ANY_TYPE,),
    headers=("webhook-id", "webhook-timestamp", "webhook-signature", "stripe-signature"),
)
def payment_callback(request: Request, provider: str) -> Answer:
    thanks = orders.payment_callback(provider, request.headers, request.bytes_within())
    return Answer(thanks.body, thanks.status, {"Content-Type": thanks.content_type})
