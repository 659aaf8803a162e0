"""Workflows after the money: confirming, sending, refunds, statements."""

from tests.faults.crashes.scene import DAY_S, HOUR_S, Scene
from tests.faults.crashes.workflow import Workflow
from tests.faults.crashes.workflows.acts import (
    checkout,
    completed,
    confirm,
    confirmed,
    courier,
    delivered,
    ends,
    later,
    paid,
    pays_at_stripe,
    receive,
    refund,
    refunded,
    ship,
    shipped,
    stocked,
    strike,
    together,
)
from tests.makers import rows


def succeeds_at_stripe(scene: Scene) -> None:
    """The company gives the money back and does not say so."""
    for made in scene.stripe.refunds:
        made["status"] = "succeeded"


def at_once(scene: Scene) -> None:
    """The company gives money back while it is asked to."""
    scene.stripe.refund_status = "succeeded"


def closed(scene: Scene) -> None:
    (statement,) = rows.of_kind("settlement", "STATEMENT")
    assert statement["state"]["S"] == "closed"
    assert len(rows.facts("settlement.StatementClosed")) == 1
    assert scene.order["merchant"]["id"] in rows.facts("settlement.StatementClosed")[0]


def refunded_once(scene: Scene) -> None:
    ends("paid", "placed", "placed", refunds=("succeeded",), left=19)(scene)
    assert scene.now()["payment"]["refunded"]["amount"] == 1_000


WORKFLOWS = (
    Workflow("confirm", paid, (confirm,), ends("paid", "confirmed", "placed", left=18)),
    Workflow(
        "ship in two parcels",
        confirmed,
        (ship(1, "first"), ship(1, "second")),
        ends("paid", "shipped", "placed", left=18),
    ),
    Workflow(
        "the courier's news",
        shipped,
        (
            courier("shipment.in_transit", "ship", "msg_moved"),
            later(HOUR_S),
            courier("shipment.delivered", "ship", "msg_delivered"),
        ),
        ends("paid", "delivered", "placed", left=18),
    ),
    Workflow("receive", delivered, (receive,), ends("paid", "completed", "placed", left=18)),
    Workflow(
        "completion by the clock",
        delivered,
        (later(8 * DAY_S), strike("orders_sweep_due")),
        ends("paid", "completed", "placed", left=18),
    ),
    Workflow(
        "refund and its callback",
        paid,
        (refund(1, "one", restock=True), refunded("refund.succeeded", "one", "msg_back")),
        refunded_once,
        "sandbox",
    ),
    Workflow(
        "refund found by asking",
        together(stocked, checkout("stripe"), pays_at_stripe),
        (
            refund(1, "one", restock=True),
            succeeds_at_stripe,
            later(3 * HOUR_S),
            strike("payments_ask_provider"),
        ),
        refunded_once,
        "stripe",
        patience_s=3 * HOUR_S,
    ),
    Workflow(
        "refund that is back at once",
        together(stocked, checkout("stripe"), pays_at_stripe, at_once),
        (refund(1, "one", restock=True),),
        refunded_once,
        "stripe",
    ),
    Workflow(
        "refund that failed and was made again",
        paid,
        (
            refund(1, "one", restock=True),
            refunded("refund.failed", "one", "msg_failed_back"),
            refund(1, "two"),
            refunded("refund.succeeded", "two", "msg_back"),
        ),
        ends("paid", "placed", "placed", refunds=("failed", "succeeded"), left=19),
        "sandbox",
    ),
    Workflow(
        "statement closing",
        completed,
        (strike("settlement_close_statements"),),
        closed,
    ),
)
