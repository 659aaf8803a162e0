"""Workflows of buying: checkout, money, expiry, cancellation."""

from typing import Any

from chalicelib.contexts.inventory import service as inventory
from tests.faults.crashes.scene import Scene
from tests.faults.crashes.workflow import Step, Workflow
from tests.makers.shop import captured_data

HALF_AN_HOUR_S = 1_800
OK = {200, 201}


def stocked(scene: Scene) -> None:
    """Two merchants' goods, and a cart with both."""
    tea, nut = scene.goods(), scene.goods("bolt", "NUT")
    scene.memo |= {"tea": tea, "nut": nut, "cart": scene.shop.cart({tea: 2, nut: 1})}


def bought(scene: Scene) -> None:
    stocked(scene)
    checkout("sandbox")(scene)


def paid(scene: Scene) -> None:
    bought(scene)
    capture(scene)


def expired(scene: Scene) -> None:
    bought(scene)
    scene.rest()
    scene.later(HALF_AN_HOUR_S)
    strike("orders_sweep_due")(scene)


def sold_out_since(scene: Scene) -> None:
    """Expired, and the goods are gone since."""
    expired(scene)
    for sku in (scene.memo["tea"], scene.memo["nut"]):
        seller = scene.shop.sellers[sku.partition(".")[0]]
        inventory.put_stock(seller.actor, sku, 0)
        scene.shelves[sku] = 0


def checkout(provider: str) -> Step:
    def step(scene: Scene) -> None:
        payment = {"provider": provider}
        reply = scene.shop.checkout(scene.memo["cart"], key="checkout", payment=payment)
        assert reply.status == 201, reply.text
        scene.memo["purchase"] = reply.json()

    return step


def strike(schedule: str) -> Step:
    """Let a clock strike; run inside the guard that every step has."""

    def step(scene: Scene) -> Any:
        import app
        from tests.makers.events import schedule_event

        return app.app.handler_map[schedule](schedule_event(), None)

    return step


def company(kind: str, event_id: str, **changes: Any) -> Step:
    """The sandbox company says something of the purchase's payment."""

    def step(scene: Scene) -> None:
        data = captured_data(scene.purchase, **changes)
        reply = scene.shop.company(kind, data, event_id=event_id)
        assert reply.status == 200, reply.text

    return step


capture = company("payment.captured", "msg_captured")
declined = company("payment.failed", "msg_failed")


def pay_again(scene: Scene) -> None:
    path = f"/api/v1/purchases/{scene.purchase['id']}/payments"
    body = {"provider": "sandbox"}
    reply = scene.shop.shopper(scene.purchase, path, body, idempotency_key="again")
    assert reply.status == 201, reply.text
    scene.memo["second"] = reply.json()


def capture_second(scene: Scene) -> None:
    data = captured_data(scene.memo["second"])
    assert scene.shop.company("payment.captured", data, event_id="msg_second").status == 200


def shopper(path: str) -> Step:
    """A POST of the shopper; `path` may name the purchase and its first order."""

    def step(scene: Scene) -> None:
        where = path.format(purchase=scene.purchase["id"], order=scene.order["id"])
        reply = scene.shop.shopper(scene.purchase, where)
        assert reply.status in OK, reply.text

    return step


cancel_all = shopper("/api/v1/purchases/{purchase}/cancel")
cancel_one = shopper("/api/v1/orders/{order}/cancel")


def merchant_cancels(scene: Scene) -> None:
    reply = scene.shop.merchant_post(scene.order, "cancel")
    assert reply.status in OK, reply.text


def pays_at_stripe(scene: Scene) -> None:
    """The shopper pays on the company's page, and the company says so."""
    reference = next(iter(scene.stripe.sessions))
    scene.stripe.pay(reference)
    intent = scene.stripe.intent(reference)
    headers, body = scene.stripe.signed("payment_intent.succeeded", intent, event_id="evt_paid")
    reply = scene.shop.http.send("POST", "/webhooks/payments/stripe", body, headers=headers)
    assert reply.status == 200, reply.text


def ends(purchase: str, *orders: str, refunds: tuple[str, ...] = (), left: int = -1) -> Step:
    """The purchase, its orders and its refunds are in these states, and so much tea is free."""

    def check(scene: Scene) -> None:
        seen = scene.now()
        assert seen["state"] == purchase
        assert tuple(order["state"] for order in seen["orders"]) == orders
        assert tuple(one["state"] for one in seen["payment"]["refunds"]) == refunds
        if left >= 0:
            assert scene.shop.stock(scene.memo["tea"]) == (left, 0)

    return check


def awaits(scene: Scene) -> None:
    seen = scene.now()
    assert seen["state"] == "awaiting_payment"
    assert scene.shop.stock(scene.memo["tea"]) == (18, 2)
    assert scene.shop.look(scene.memo["cart"])["lines"] == []


def awaits_at_stripe(scene: Scene) -> None:
    awaits(scene)
    assert scene.now()["payment"]["action"]["url"]
    assert len(scene.stripe.sessions) == 1


PLACED = ("placed", "placed")
CANCELLED = ("cancelled", "cancelled")
WORKFLOWS = (
    Workflow("checkout", stocked, (checkout("sandbox"),), awaits),
    Workflow("checkout at stripe", stocked, (checkout("stripe"),), awaits_at_stripe, "stripe"),
    Workflow(
        "checkout and payment at stripe",
        stocked,
        (checkout("stripe"), pays_at_stripe),
        ends("paid", *PLACED, left=18),
        "stripe",
    ),
    Workflow("capture", bought, (capture,), ends("paid", *PLACED, left=18)),
    Workflow(
        "declined and paid again",
        bought,
        (declined, pay_again, capture_second),
        ends("paid", *PLACED, left=18),
    ),
    Workflow("late money revives", expired, (capture,), ends("paid", *PLACED, left=18)),
    Workflow(
        "late money goes back",
        sold_out_since,
        (capture,),
        ends("expired", "expired", "expired", refunds=("sent",), left=0),
    ),
    Workflow(
        "expiry",
        bought,
        (lambda scene: scene.later(HALF_AN_HOUR_S), strike("orders_sweep_due")),
        ends("expired", "expired", "expired", left=20),
    ),
    Workflow("cancel unpaid", bought, (cancel_all,), ends("cancelled", *CANCELLED, left=20)),
    Workflow(
        "cancel paid",
        paid,
        (cancel_all,),
        ends("cancelled", *CANCELLED, refunds=("sent", "sent"), left=20),
    ),
    Workflow(
        "shopper cancels one order",
        paid,
        (cancel_one,),
        ends("paid", "cancelled", "placed", refunds=("sent",), left=20),
    ),
    Workflow(
        "merchant cancels one order",
        paid,
        (merchant_cancels,),
        ends("paid", "cancelled", "placed", refunds=("sent",), left=20),
    ),
)
