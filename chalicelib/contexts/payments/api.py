"""Where payment companies call."""

import msgspec
from chalice import Blueprint

from chalicelib.contexts.orders import service as orders
from chalicelib.contexts.payments import service
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
    callback = service.read_callback(provider, request.headers, request.bytes_within())
    outcome = orders.payment_callback(provider, callback) if callback else None
    thanks = service.acknowledgement(provider, outcome)
    return Answer(thanks.body, thanks.status, {"Content-Type": thanks.content_type})
