"""Offers to test with."""

from datetime import timedelta
from typing import Any

from chalicelib.kernel import clock
from tests.makers.http import Reply
from tests.makers.people import Seller
from tests.makers.shop import Shop

DAY = timedelta(days=1)


def offer_body(kind: str = "percent_off", value: Any = None, **changes: Any) -> dict[str, Any]:
    """What is sent for an offer that runs from now on for a day; 10% off where nothing is said."""
    now = clock.now()
    body = {
        "title": "Spring sale",
        "kind": kind,
        "value": {"percent": 10} if value is None and kind == "percent_off" else value,
        "starts_at": clock.iso(now),
        "ends_at": clock.iso(now + DAY),
        **changes,
    }
    return {name: given for name, given in body.items() if given is not ...}


def post_offer(shop: Shop, seller: Seller, *args: Any, **changes: Any) -> Reply:
    headers = changes.pop("headers", {})
    body = offer_body(*args, **changes)
    return shop.http.post("/api/v1/merchant/offers", body, **seller.authorization, **headers)


def an_offer(shop: Shop, seller: Seller, *args: Any, **changes: Any) -> Any:
    """A running offer, as the API shows it."""
    reply = post_offer(shop, seller, *args, **changes)
    assert reply.status == 201, reply.text
    return reply.json()


def patch_offer(shop: Shop, seller: Seller, offer_id: str, **changes: Any) -> Reply:
    path = f"/api/v1/merchant/offers/{offer_id}"
    return shop.http.patch(path, changes, **seller.authorization)
