"""Offers to test with."""

from datetime import timedelta
from typing import Any

from chalicelib.kernel import clock, ids
from tests.makers.http import Reply
from tests.makers.people import Seller
from tests.makers.shop import Shop, gbp

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


def campaign_body(kind: str = "amount_off", value: Any = None, **changes: Any) -> dict[str, Any]:
    """What is sent for a campaign of ten coupons, one a member; £3 off where nothing is said."""
    offer = offer_body(kind, value if value or kind != "amount_off" else gbp(300))
    body = {
        "title": "Welcome",
        "coupon": {"kind": kind, "value": offer["value"]},
        "quantity": 10,
        "per_member": 1,
        "starts_at": offer["starts_at"],
        "ends_at": offer["ends_at"],
        **changes,
    }
    for name in ("threshold", "products", "categories", "combines_with"):
        if name in body:
            body["coupon"][name] = body.pop(name)
    return body


def post_campaign(shop: Shop, seller: Seller, *args: Any, **changes: Any) -> Reply:
    headers = changes.pop("headers", {})
    body = campaign_body(*args, **changes)
    return shop.http.post("/api/v1/merchant/campaigns", body, **seller.authorization, **headers)


def a_campaign(shop: Shop, seller: Seller, *args: Any, **changes: Any) -> Any:
    """An open campaign, as the API shows it."""
    reply = post_campaign(shop, seller, *args, **changes)
    assert reply.status == 201, reply.text
    return reply.json()


def claim(shop: Shop, campaign_id: str, token: str, key: str = "") -> Reply:
    path = f"/api/v1/campaigns/{campaign_id}/claim"
    headers = {"authorization": f"Bearer {token}", "idempotency_key": key or ids.ulid()}
    return shop.http.post(path, {}, **headers)


def claimed(shop: Shop, campaign_id: str, token: str) -> Any:
    """A coupon that the member has now."""
    reply = claim(shop, campaign_id, token)
    assert reply.status == 201, reply.text
    return reply.json()


def put_coupon(shop: Shop, cart: dict[str, str], code: str, **headers: str) -> Reply:
    path = f"/api/v1/carts/{cart['id']}/coupons/{code}"
    return shop.http.put(path, x_cart_token=cart["token"], **headers)
