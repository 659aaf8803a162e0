"""Where couriers call."""

import msgspec
from chalice import Blueprint

from chalicelib.contexts.shipping import service
from chalicelib.web.endpoint import ANY_TYPE, endpoint
from chalicelib.web.request import Request

bp = Blueprint(__name__)


class Received(msgspec.Struct):
    """Thanks. `moved` tells whether the shipment's state changed."""

    received: bool
    moved: bool


@endpoint(
    bp,
    "POST",
    "/webhooks/couriers/{courier}",
    summary="A courier tells about a shipment",
    tag="callbacks",
    answer=Received,
    raw_body=(ANY_TYPE,),
    headers=("webhook-id", "webhook-timestamp", "webhook-signature"),
)
def courier_callback(request: Request, courier: str) -> Received:
    return Received(
        received=True, moved=service.hear(courier, request.headers, request.bytes_within())
    )
