"""What the outside does: the steps that workflows are made of, each with a key of its own."""

from typing import Any

from chalicelib.aws.settings import settings
from chalicelib.kernel import clock
from tests.faults.crashes.scene import Scene
from tests.faults.crashes.workflow import Step
from tests.makers.shop import captured_data

HALF_AN_HOUR_S = 1_800
OK = {200, 201}


def stocked(scene: Scene) -> None:
    """Two merchants' goods, and a cart with both."""
    tea, nut = scene.goods(), scene.goods("bolt", "NUT")
    scene.memo |= {"tea": tea, "nut": nut, "cart": scene.shop.cart({tea: 2, nut: 1})}


def together(*steps: Step) -> Step:
    """Do several things; for preparing."""

    def step(scene: Scene) -> None:
        for one in steps:
            one(scene)
            scene.rest()

    return step


def later(seconds: int) -> Step:
    return lambda scene: scene.later(seconds)


def strike(schedule: str) -> Step:
    """Let a clock strike; it runs inside the guard that every step has."""

    def step(_scene: Scene) -> Any:
        import app
        from tests.makers.events import schedule_event

        return app.app.handler_map[schedule](schedule_event(), None)

    return step


def checkout(provider: str = "sandbox") -> Step:
    def step(scene: Scene) -> None:
        payment = {"provider": provider}
        reply = scene.shop.checkout(scene.memo["cart"], key="checkout", payment=payment)
        assert reply.status == 201, reply.text
        scene.memo["purchase"] = reply.json()

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


def shopper(path: str) -> Step:
    """A POST of the shopper; `path` may name the purchase and its first order."""

    def step(scene: Scene) -> None:
        where = path.format(purchase=scene.purchase["id"], order=scene.order["id"])
        reply = scene.shop.shopper(scene.purchase, where)
        assert reply.status in OK, reply.text

    return step


cancel_all = shopper("/api/v1/purchases/{purchase}/cancel")
cancel_one = shopper("/api/v1/orders/{order}/cancel")
receive = shopper("/api/v1/orders/{order}/receive")


def pays_at_stripe(scene: Scene) -> None:
    """The shopper pays on the company's page, and the company says so."""
    reference = next(iter(scene.stripe.sessions))
    scene.stripe.pay(reference)
    intent = scene.stripe.intent(reference)
    headers, body = scene.stripe.signed("payment_intent.succeeded", intent, event_id="evt_paid")
    reply = scene.shop.http.send("POST", "/webhooks/payments/stripe", body, headers=headers)
    assert reply.status == 200, reply.text


def merchant(verb: str) -> Step:
    """A POST of the first order's merchant."""

    def step(scene: Scene) -> None:
        reply = scene.shop.merchant_post(scene.order, verb)
        assert reply.status in OK, reply.text

    return step


confirm = merchant("confirm")
merchant_cancels = merchant("cancel")


def ship(quantity: int, key: str) -> Step:
    def step(scene: Scene) -> None:
        reply = scene.shop.ship(scene.order, {scene.memo["tea"]: quantity}, key=key)
        assert reply.status == 201, reply.text
        scene.memo.setdefault("numbers", {})[key] = reply.json()["tracking_number"]

    return step


def courier(kind: str, key: str, event_id: str) -> Step:
    """The courier says something of the parcel that was sent under that key."""

    def step(scene: Scene) -> None:
        told = {
            "tracking_number": scene.memo["numbers"][key],
            "occurred_at": scene.memo.setdefault(event_id, clock.iso(clock.now())),
        }
        secret = settings().sandbox_courier_secret
        reply = scene.shop._call(
            "/webhooks/couriers/sandbox", secret, kind, told, event_id=event_id
        )
        assert reply.status == 200, reply.text

    return step


def refund(quantity: int, key: str, **changes: Any) -> Step:
    """The merchant gives money back for units of the first order."""

    def step(scene: Scene) -> None:
        units = {scene.memo["tea"]: quantity}
        reply = scene.shop.refund(scene.order, units, key=key, **changes)
        assert reply.status == 201, reply.text
        scene.memo.setdefault("refunds", {})[key] = reply.json()

    return step


def refunded(kind: str, key: str, event_id: str) -> Step:
    """The company says what became of the refund that was made under that key."""

    def step(scene: Scene) -> None:
        made = scene.memo["refunds"][key]
        amount = made["amount"]["amount"]
        data = captured_data(scene.purchase, refund_id=made["id"], amount=amount)
        reply = scene.shop.company(kind, data, event_id=event_id)
        assert reply.status == 200, reply.text

    return step


bought = together(stocked, checkout())
paid = together(bought, capture)
confirmed = together(paid, confirm)
shipped = together(confirmed, ship(2, "ship"))
delivered = together(shipped, courier("shipment.delivered", "ship", "msg_delivered"))
completed = together(delivered, receive)
expired = together(bought, later(HALF_AN_HOUR_S), strike("orders_sweep_due"))


def ends(purchase: str, *orders: str, refunds: tuple[str, ...] = (), left: int = -1) -> Step:
    """The purchase, its orders and its refunds are in these states, and so much tea is free."""

    def check(scene: Scene) -> None:
        seen = scene.now()
        assert seen["state"] == purchase
        assert tuple(order["state"] for order in seen["orders"]) == orders
        assert sorted(one["state"] for one in seen["payment"]["refunds"]) == sorted(refunds)
        if left >= 0:
            assert scene.shop.stock(scene.memo["tea"]) == (left, 0)

    return check
