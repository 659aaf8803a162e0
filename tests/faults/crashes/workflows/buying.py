"""Workflows of buying: checkout, money, expiry, cancellation."""

from chalicelib.contexts.cart import service as carts
from chalicelib.contexts.inventory import service as inventory
from chalicelib.kernel.actors import SYSTEM
from tests.faults.crashes.scene import Scene
from tests.faults.crashes.workflow import Workflow
from tests.faults.crashes.workflows.acts import (
    HALF_AN_HOUR_S,
    bought,
    cancel_all,
    cancel_one,
    capture,
    checkout,
    company,
    declined,
    ends,
    expired,
    later,
    merchant_cancels,
    paid,
    pays_at_stripe,
    stocked,
    strike,
    together,
)
from tests.makers.shop import captured_data


def spread(scene: Scene) -> None:
    """Much of what lies over four rows, in a cart."""
    tea, nut = scene.goods(), scene.goods("bolt", "NUT")
    inventory.spread(SYSTEM, tea, 4)
    scene.memo |= {"tea": tea, "nut": nut, "cart": scene.shop.cart({tea: 13, nut: 1})}


def sold_out(scene: Scene) -> None:
    """The goods are gone since."""
    for sku in (scene.memo["tea"], scene.memo["nut"]):
        seller = scene.shop.sellers[sku.partition(".")[0]]
        inventory.put_stock(seller.actor, sku, 0)
        scene.shelves[sku] = 0


def pay_again(scene: Scene) -> None:
    path = f"/api/v1/purchases/{scene.purchase['id']}/payments"
    body = {"provider": "sandbox"}
    reply = scene.shop.shopper(scene.purchase, path, body, idempotency_key="again")
    assert reply.status == 201, reply.text
    scene.memo["second"] = reply.json()


def capture_second(scene: Scene) -> None:
    data = captured_data(scene.memo["second"])
    assert scene.shop.company("payment.captured", data, event_id="msg_second").status == 200


def capture_and_lose_the_stream(scene: Scene) -> None:
    """The money comes, and the stream's records outlive their retention."""
    capture(scene)
    scene.machine.lose_stream()


def clicked(scene: Scene) -> None:
    """The shopper pays at the sandbox, whose callback is lost."""
    data = captured_data(scene.purchase)
    scene.sandbox.clicked[scene.purchase["payment"]["id"]] = {
        "type": "payment.captured",
        "data": data,
    }


def awaits(scene: Scene) -> None:
    seen = scene.now()
    assert seen["state"] == "awaiting_payment"
    assert scene.shop.stock(scene.memo["tea"]) == (18, 2)
    assert scene.shop.look(scene.memo["cart"])["lines"] == []


def selects_nuts(scene: Scene) -> None:
    """The shopper chooses one of two lines; choosing it again changes nothing."""
    cart = scene.memo["cart"]
    carts.select(cart["id"], cart["token"], [scene.memo["nut"]])


def runs_short(scene: Scene) -> None:
    """Fewer are left than lie in the cart."""
    stocked(scene)
    seller = scene.shop.sellers["acme"]
    inventory.put_stock(seller.actor, scene.memo["tea"], 1)
    scene.shelves[scene.memo["tea"]] = 1


def settles(scene: Scene) -> None:
    cart = scene.memo["cart"]
    carts.mend(cart["id"], cart["token"], [scene.memo["tea"]])


def nuts_bought_and_tea_kept(scene: Scene) -> None:
    seen = scene.now()
    assert [one["sku"] for order in seen["orders"] for one in order["lines"]] == [scene.memo["nut"]]
    assert kept(scene) == {scene.memo["tea"]: 2}


def as_many_as_are_left(scene: Scene) -> None:
    assert kept(scene) == {scene.memo["tea"]: 1, scene.memo["nut"]: 1}


def kept(scene: Scene) -> dict[str, int]:
    lines = scene.shop.look(scene.memo["cart"])["lines"]
    return {line["sku"]: line["quantity"] for line in lines}


def awaits_at_stripe(scene: Scene) -> None:
    awaits(scene)
    assert scene.now()["payment"]["action"]["url"]
    assert len(scene.stripe.sessions) == 1


PLACED = ("placed", "placed")
CANCELLED = ("cancelled", "cancelled")
EXPIRED = ("expired", "expired")
WORKFLOWS = (
    Workflow("checkout", stocked, (checkout(),), awaits),
    Workflow(
        "checkout of a selection", stocked, (selects_nuts, checkout()), nuts_bought_and_tea_kept
    ),
    Workflow("settle a cart", runs_short, (settles,), as_many_as_are_left),
    Workflow("checkout at stripe", stocked, (checkout("stripe"),), awaits_at_stripe, "stripe"),
    Workflow(
        "checkout and payment at stripe",
        stocked,
        (checkout("stripe"), pays_at_stripe),
        ends("paid", *PLACED, left=18),
        "stripe",
    ),
    Workflow(
        "sale over several rows",
        spread,
        (checkout(), capture, cancel_all),
        ends("cancelled", *CANCELLED, refunds=("sent", "sent"), left=20),
        # Chance says which of the rows give; how much they hold in all is looked at above.
        blind={
            "HOLDS": {"lines"},
            "STOCK": {"available"},
            "inventory.StockHeld": {"body"},
            "inventory.HoldConsumed": {"body"},
            "inventory.StockGivenBack": {"body"},
        },
    ),
    Workflow("capture", bought, (capture,), ends("paid", *PLACED, left=18)),
    Workflow(
        "capture found by asking",
        bought,
        (clicked, later(700), strike("payments_ask_provider")),
        ends("paid", *PLACED, left=18),
        "sandbox",
        patience_s=300,
    ),
    Workflow(
        "facts that the stream lost",
        bought,
        (capture_and_lose_the_stream, later(31), strike("outbox_sweep")),
        ends("paid", *PLACED, left=18),
    ),
    Workflow(
        "declined and paid again",
        bought,
        (declined, pay_again, capture_second),
        ends("paid", *PLACED, left=18),
    ),
    Workflow(
        "paid twice",
        paid,
        (company("payment.captured", "msg_more", provider_reference="ch_more"),),
        ends("paid", *PLACED, refunds=("sent",), left=18),
    ),
    Workflow("late money revives", expired, (capture,), ends("paid", *PLACED, left=18)),
    Workflow(
        "late money goes back",
        together(expired, sold_out),
        (capture,),
        ends("expired", *EXPIRED, refunds=("sent",), left=0),
    ),
    Workflow(
        "expiry",
        bought,
        (later(HALF_AN_HOUR_S), strike("orders_sweep_due")),
        ends("expired", *EXPIRED, left=20),
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
