"""Stories that tell many facts before anybody listens. A new one is one more entry."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from tests.faults.crashes.scene import DAY_S, HOUR_S, Scene
from tests.faults.crashes.workflow import Step
from tests.faults.crashes.workflows import (
    buying,
    catalogue,
    loyalty,
    people,
    pricing,
    signing_in,
)
from tests.faults.crashes.workflows.acts import (
    HALF_AN_HOUR_S,
    cancel_all,
    capture,
    checkout,
    company,
    completed,
    confirm,
    courier,
    declined,
    delivered,
    ends,
    later,
    merchant_cancels,
    paid,
    receive,
    refund,
    refunded,
    ship,
    stocked,
    strike,
)
from tests.makers.shop import captured_data


@dataclass(frozen=True)
class Story:
    """What is done while no fact is delivered, and how it must have ended once all are."""

    name: str
    prepare: Step
    steps: tuple[Step, ...]
    ends: Step
    company: str = ""
    blind: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Attributes that may differ for a kind of row or the name of a fact, as a workflow has them."""

    def __str__(self) -> str:
        return self.name


def everything_goes_back(scene: Scene) -> None:
    """The company gives back what was taken for the purchase."""
    for made in scene.now()["payment"]["refunds"]:
        amount = made["amount"]["amount"]
        data = captured_data(scene.purchase, refund_id=made["id"], amount=amount)
        event_id = f"msg_{made['id']}"
        assert scene.shop.company("refund.succeeded", data, event_id=event_id).status == 200


delisted = catalogue.sent("PATCH", f"{catalogue.PRODUCTS}/{{product}}", {"state": "delisted"})
relisted = catalogue.sent("PATCH", f"{catalogue.PRODUCTS}/{{product}}", {"state": "listed"})
renamed = catalogue.sent("PATCH", f"{catalogue.PRODUCTS}/{{product}}", {"title": "Big Kettle"})
cheaper = catalogue.sent("PATCH", f"{catalogue.PRODUCTS}/{{product}}", catalogue.cheaper)
PLACED = ("placed", "placed")
AS_THEY_CAME = {
    # What was refunded before the completion is told is not earned and then taken back, but never
    # earned: the lines differ, and every sum, which the doctor holds to them, is the same.
    **{
        one: {"row"}
        for one in (
            "ENTRY",
            "LEG",
            "OPEN#platform#GBP",
            "members.PointsMoved",
            "members.OrderCounted",
        )
    },
    "LOYALTY": {"version"},
}

STORIES = (
    Story(
        "a copy asked for, then erased",
        people.is_a_member,
        (people.asks_for_a_copy, people.erases),
        people.is_gone,
    ),
    Story(
        "bought, sent in two parcels, delivered",
        stocked,
        (
            checkout(),
            capture,
            confirm,
            ship(1, "first"),
            ship(1, "second"),
            courier("shipment.picked_up", "first", "msg_1"),
            later(HOUR_S),
            courier("shipment.in_transit", "first", "msg_2"),
            courier("shipment.in_transit", "second", "msg_3"),
            later(HOUR_S),
            courier("shipment.delivered", "second", "msg_4"),
            courier("shipment.delivered", "first", "msg_5"),
        ),
        ends("paid", "delivered", "placed", left=18),
    ),
    Story(
        "cancelled after the money",
        stocked,
        (checkout(), capture, cancel_all, everything_goes_back),
        ends("cancelled", "cancelled", "cancelled", refunds=("succeeded",) * 2, left=20),
        "sandbox",
    ),
    Story(
        "refunded, failed, refunded again",
        paid,
        (
            refund(1, "one", restock=True),
            refunded("refund.failed", "one", "msg_failed_back"),
            refund(1, "two"),
            refunded("refund.succeeded", "two", "msg_back"),
            merchant_cancels,
        ),
        lambda scene: None,
    ),
    Story(
        "bought on offer, and sent back in parts",
        pricing.on_offer,
        (checkout(), capture, confirm, refund(1, "one"), refund(1, "two")),
        pricing.counted(0, 36),
    ),
    Story(
        "asked for help, answered",
        people.has_bought,
        (people.asks_for_help, people.gives_help, people.closes_the_case),
        people.was_helped,
    ),
    Story(
        "a birthday",
        loyalty.has_birthday_soon,
        (later(4 * DAY_S), strike("members_sweep_due")),
        loyalty.holds_a_coupon,
    ),
    Story(
        "an order lifts a member",
        loyalty.buys_at_silver,
        (receive,),
        loyalty.points_are(600, "silver"),
    ),
    Story(
        "a member's purchase with points, completed, and sent back in parts",
        loyalty.has_points_on_a_cart,
        (
            loyalty.buys("second"),
            loyalty.pays,
            confirm,
            ship(2, "second ship"),
            receive,
            refund(1, "one"),
            refunded("refund.succeeded", "one", "msg_one_back"),
            refund(1, "two"),
            refunded("refund.succeeded", "two", "msg_two_back"),
        ),
        loyalty.points_are(13),
        blind=AS_THEY_CAME,
    ),
    Story(
        "expired and revived",
        stocked,
        (checkout(), later(HALF_AN_HOUR_S), strike("orders_sweep_due"), capture, confirm),
        ends("paid", "confirmed", "placed", left=18),
    ),
    Story(
        "expired, sold out, money back",
        stocked,
        (
            checkout(),
            later(HALF_AN_HOUR_S),
            strike("orders_sweep_due"),
            buying.sold_out,
            capture,
            everything_goes_back,
        ),
        ends("expired", "expired", "expired", refunds=("succeeded",), left=0),
    ),
    Story(
        "declined, paid again, and paid twice",
        stocked,
        (checkout(), declined, buying.pay_again, buying.capture_second, capture),
        ends("paid", *PLACED, left=18),
    ),
    Story(
        "received and refunded",
        delivered,
        (receive, refund(1, "one"), refunded("refund.succeeded", "one", "msg_back")),
        ends("paid", "completed", "placed", refunds=("succeeded",), left=18),
    ),
    Story(
        "disputed after completion",
        completed,
        (company("chargeback.opened", "msg_dispute"), refund(1, "one")),
        ends("paid", "completed", "placed", refunds=("sent",), left=18),
    ),
    Story(
        "a product's life",
        catalogue.merchant_of_tops,
        (catalogue.create, cheaper, renamed, delisted, relisted),
        catalogue.listed("Big Kettle"),
    ),
    Story(
        "a schema that comes while products change",
        catalogue.on_sale_described,
        (catalogue.asks_for_a_fabric, cheaper, renamed),
        catalogue.counts_by_fabric,
    ),
    Story(
        "stock to and fro",
        catalogue.on_sale,
        (catalogue.count(0), catalogue.count(9), catalogue.count(0), catalogue.count(5)),
        catalogue.listed("Product TEA"),
    ),
    Story(
        "a merchant suspended and reinstated",
        catalogue.on_sale,
        (people.suspends, people.reinstates, catalogue.count(3)),
        catalogue.listed("Product TEA"),
    ),
    Story(
        "imported",
        catalogue.merchant_of_tops,
        (catalogue.hand_in,),
        catalogue.imported,
    ),
    Story(
        "codes asked for, the last one used",
        signing_in.is_member,
        (signing_in.asks_for_a_code, signing_in.asks_for_a_code, signing_in.chooses_a_password),
        signing_in.has_the_new_password,
    ),
)
