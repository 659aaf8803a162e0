"""CPU and round trips of the routes that matter, beside the CPU of their bare store calls.

Each request runs through the real Lambda handler against the local stack. Its calls to DynamoDB and
their answers are recorded; then a plain botocore client sends the same calls and gets the same
bytes. The ratio of the two is what Souk adds.
"""

import base64
import hashlib
import hmac
import json
import statistics
import time
import uuid
from collections.abc import Iterator
from typing import Any

from bench import canned, stack
from bench.gateway import Function, Prepared
from bench.report import heading, line

RUNS = 40
WARM_UP = 5
RATIO_MAX = 2.0
RATIO_AIM = 1.5
ROUND_TRIPS = {
    "listing of 24": 2,
    "product": 2,
    "search": None,
    "cart change": 3,
    "checkout": 4,
    "webhook": 3,
}
ADDRESS = {
    "name": "Ada Example",
    "phone": "+442079460000",
    "line1": "1 Example Street",
    "line2": "",
    "city": "London",
    "region": "",
    "postal_code": "N1 1AA",
    "country": "GB",
}


def main() -> bool:
    """Measure every route and print its figures."""
    heading(f"Requests through the Lambda handler, median of {RUNS}")
    kept = True
    described = stack.described()
    with canned.serving() as address:
        import app

        function = Function(app.app)
        for name, prepare in _routes(function, described):
            kept = _measure(name, function, prepare, address) and kept
    return kept


def _measure(name: str, function: Function, prepare: Prepared, address: str) -> bool:
    ours, bare, trips = [], [], []
    plain = _plain_client(address)
    for run in range(WARM_UP + RUNS):
        event = prepare()
        with _recorded() as calls:
            started = time.process_time()
            answer = function.invoke(event)
            spent = time.process_time() - started
        assert answer["statusCode"] < 300, (name, answer["statusCode"], answer["body"])
        canned.teach(address, [(operation, body) for operation, _, body in calls])
        bare_spent = _replay(plain, calls)
        if run >= WARM_UP:
            ours.append(spent)
            bare.append(bare_spent)
            trips.append(len(calls))
    ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    line(f"{name}: CPU", statistics.median(ours) * 1_000, "ms")
    kept = line(f"{name}: round trips", max(trips), "calls", limit=ROUND_TRIPS[name])
    return (
        line(f"{name}: CPU / bare store calls", ratio, "x", limit=RATIO_MAX, aim=RATIO_AIM) and kept
    )


class _recorded:  # noqa: N801 - used as a verb
    """Record the calls that the function's connection makes, with their arguments and answers."""

    def __enter__(self) -> list[tuple[str, dict[str, Any], bytes]]:
        from chalicelib.aws.tables import connection

        self.calls: list[tuple[str, dict[str, Any], bytes]] = []
        self.client = connection().client
        self.events = self.client.meta.events
        self.events.register("provide-client-params.dynamodb.*", self._asked)
        self.events.register("after-call.dynamodb.*", self._answered)
        return self.calls

    def __exit__(self, *_: object) -> None:
        self.events.unregister("provide-client-params.dynamodb.*", self._asked)
        self.events.unregister("after-call.dynamodb.*", self._answered)

    def _asked(self, params: dict[str, Any], **_: object) -> None:
        self.arguments = params

    def _answered(self, http_response: Any, model: Any, **_: object) -> None:
        self.calls.append((model.name, self.arguments, http_response.content))


def _plain_client(address: str) -> Any:
    import botocore.session

    return botocore.session.get_session().create_client("dynamodb", endpoint_url=address)


def _replay(plain: Any, calls: list[tuple[str, dict[str, Any], bytes]]) -> float:
    import botocore

    methods = [getattr(plain, botocore.xform_name(operation)) for operation, _, _ in calls]
    started = time.process_time()
    for method, (_, arguments, _) in zip(methods, calls, strict=True):
        method(**arguments)
    return time.process_time() - started


def _routes(function: Function, described: dict[str, Any]) -> Iterator[tuple[str, Prepared]]:
    cards = function.send("GET", "/api/v1/products?in_stock=true&limit=24")["items"]
    details = [function.send("GET", f"/api/v1/products/{card['id']}") for card in cards]
    skus = _skus_of_two_merchants(details)
    for detail in details[:2]:
        assert detail["variants"]
    _stock_up(function, described, skus)
    yield "listing of 24", lambda: function.event("GET", "/api/v1/products?limit=24")
    yield "product", lambda: function.event("GET", f"/api/v1/products/{cards[0]['slug']}")
    word = cards[0]["title"].split()[-1].lower()
    yield "search", lambda: function.event("GET", f"/api/v1/products?q={word}")
    yield "cart change", _cart_changes(function, skus)
    yield "checkout", lambda: _checkout(function, skus)
    yield "webhook", lambda: _webhook(function, described, skus)


def _skus_of_two_merchants(details: list[dict[str, Any]]) -> list[str]:
    by_merchant: dict[str, str] = {}
    for detail in details:
        for variant in detail["variants"]:
            if variant["available"] > 0:
                by_merchant.setdefault(detail["merchant"]["id"], variant["sku"])
    return list(by_merchant.values())[:2]


def _stock_up(function: Function, described: dict[str, Any], skus: list[str]) -> None:
    for sku in skus:
        for merchant in described["merchants"]:
            event = function.event(
                "PUT",
                f"/api/v1/merchant/stock/{sku}",
                {"on_hand": 10_000},
                authorization=f"Bearer {merchant['api_key']}",
            )
            function.invoke(event)


def _filled_cart(function: Function, skus: list[str]) -> tuple[str, str]:
    cart = function.send("POST", "/api/v1/carts")
    for sku in skus:
        path = f"/api/v1/carts/{cart['id']}/lines/{sku}"
        function.send("PUT", path, {"quantity": 1}, x_cart_token=cart["token"])
    return cart["id"], cart["token"]


def _cart_changes(function: Function, skus: list[str]) -> Prepared:
    cart, token = _filled_cart(function, skus)
    turn = iter(range(10**6))

    def prepare() -> dict[str, Any]:
        body = {"quantity": 1 + next(turn) % 2}
        return function.event(
            "PUT", f"/api/v1/carts/{cart}/lines/{skus[0]}", body, x_cart_token=token
        )

    return prepare


def _checkout(function: Function, skus: list[str]) -> dict[str, Any]:
    cart, token = _filled_cart(function, skus)
    body = {
        "email": "ada@shopper.example",
        "address": ADDRESS,
        "delivery_method": "standard",
        "payment": {"provider": "sandbox"},
    }
    return function.event(
        "POST",
        f"/api/v1/carts/{cart}/checkout",
        body,
        x_cart_token=token,
        idempotency_key=uuid.uuid4().hex,
    )


def _webhook(function: Function, described: dict[str, Any], skus: list[str]) -> dict[str, Any]:
    purchase = json.loads(function.invoke(_checkout(function, skus))["body"])
    data = {
        "payment_id": purchase["payment"]["id"],
        "provider_reference": f"ch_{uuid.uuid4().hex}",
        "amount": purchase["total"]["amount"],
        "currency": purchase["total"]["currency"],
    }
    stamp = str(int(time.time()))
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    body = json.dumps({"type": "payment.captured", "timestamp": at, "data": data}).encode()
    number = f"msg_{uuid.uuid4().hex}"
    secret = base64.b64decode(described["sandbox_payment_secret"].removeprefix("whsec_"))
    digest = hmac.new(secret, f"{number}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return function.event(
        "POST",
        "/webhooks/payments/sandbox",
        body,
        webhook_id=number,
        webhook_timestamp=stamp,
        webhook_signature="v1," + base64.b64encode(digest).decode(),
    )
