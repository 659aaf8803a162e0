"""Workflows of points and tiers: earned, taken back, spent, given back, ended, forgotten; birthdays."""

from chalicelib.contexts.members import service as members
from chalicelib.contexts.members.service import points
from chalicelib.contexts.promotions.api.coupons import CampaignBody, campaign_wish_of
from chalicelib.contexts.promotions.service import campaigns
from chalicelib.kernel import clock
from chalicelib.kernel.actors import SYSTEM, Actor, ActorKind
from chalicelib.web.page import converted
from tests.faults.crashes.scene import DAY_S, Scene
from tests.faults.crashes.workflow import Step, Workflow
from tests.faults.crashes.workflows.acts import (
    HALF_AN_HOUR_S,
    cancel_all,
    cancel_one,
    capture,
    company,
    confirm,
    ends,
    later,
    receive,
    refund,
    refunded,
    ship,
    stocked,
    strike,
    together,
)
from tests.makers.offers import a_campaign, campaign_body
from tests.makers.people import a_member
from tests.makers.points import bearer, put_points
from tests.makers.shop import captured_data, gbp

YEAR_AND_MORE_S = 400 * DAY_S
EARNED = 20
"""What two teas of ten pounds earn."""
PLACED, CANCELLED, EXPIRED = (2 * (state,) for state in ("placed", "cancelled", "expired"))


def member_with_a_cart(scene: Scene) -> None:
    stocked(scene)
    actor, token = a_member()
    scene.memo |= {"member": Actor(ActorKind.MEMBER, actor.id), "token": token}


def buys(key: str = "checkout") -> Step:
    """The member checks out the cart."""

    def step(scene: Scene) -> None:
        headers = bearer(scene.memo["token"])
        reply = scene.shop.checkout(scene.memo["cart"], key=key, headers=headers)
        assert reply.status == 201, reply.text
        scene.memo["purchase"] = reply.json()

    return step


def has_points_on_a_cart(scene: Scene) -> None:
    """A member with points, and a new cart that they pay for in part."""
    earns(scene)
    scene.memo["cart"] = scene.shop.cart({scene.memo["tea"]: 2, scene.memo["nut"]: 1})
    reply = put_points(scene.shop, scene.memo["cart"], scene.memo["token"], EARNED)
    assert reply.json()["points"]["spent"] == EARNED


def all_money_back(scene: Scene) -> None:
    """The company gives back what was taken for the purchase."""
    for made in scene.now()["payment"]["refunds"]:
        data = captured_data(scene.purchase, refund_id=made["id"], amount=made["amount"]["amount"])
        event_id = f"msg_{made['id']}"
        assert scene.shop.company("refund.succeeded", data, event_id=event_id).status == 200


def points_are(balance: int, tier: str = "", then: Step | None = None) -> Step:
    def look(scene: Scene) -> None:
        found = points.points_of(scene.memo["member"], limit=50)
        assert found.balance == balance
        assert sum(one.points for one in found.entries.items) == balance
        if tier:
            headers = bearer(scene.memo["token"])
            seen = scene.shop.http.get("/api/v1/me/tier", **headers).json()
            assert seen["tier"]["code"] == tier
        if then is not None:
            then(scene)

    return look


def forgets(scene: Scene) -> None:
    points.forget_points(scene.memo["member"].id)


def nothing_is_left(scene: Scene) -> None:
    assert points.held_about(scene.memo["member"].id)["statement"] == []


def buys_at_silver(scene: Scene) -> None:
    """A cart that lifts whoever completes it."""
    member_with_a_cart(scene)
    tea = scene.shop.goods(own_code="SET", price=60_000)
    scene.memo |= {"tea": tea, "cart": scene.shop.cart({tea: 1})}
    together(buys(), capture, confirm, ship(1, "ship"))(scene)


def coupon_for_an_order(scene: Scene) -> None:
    """A campaign that gives a coupon for every order of a hundred pounds."""
    trigger = {"on": "spend", "amount": gbp(10_000)}
    a_campaign(scene.shop, scene.shop.merchant(), trigger=trigger)


def has_birthday_soon(scene: Scene) -> None:
    """A member who says the day, and a campaign that has something for it."""
    stocked(scene)
    actor, token = a_member()
    scene.memo |= {"member": actor, "token": token}
    ends_at = clock.iso(clock.later(clock.now(), 30 * DAY_S))
    body = campaign_body(per_member=5, trigger={"on": "birthday"}, ends_at=ends_at)
    campaigns.create(SYSTEM, campaign_wish_of(converted(body, CampaignBody)))
    day = clock.later(clock.now(), 3 * DAY_S)
    members.change_birthday(actor, month=str(day.month), day=str(day.day))


def holds_a_coupon(scene: Scene) -> None:
    headers = bearer(scene.memo["token"])
    items = scene.shop.http.get("/api/v1/me/coupons", **headers).json()["items"]
    assert [one["state"] for one in items] == ["held"]


earns = together(member_with_a_cart, buys(), capture, confirm, ship(2, "ship"), receive)
spent = together(has_points_on_a_cart, buys("second"))
pays = company("payment.captured", "msg_captured_second")
spent_and_paid = together(spent, pays)
WORKFLOWS = (
    Workflow(
        "a member's order is completed",
        together(member_with_a_cart, buys(), capture, confirm, ship(2, "ship")),
        (receive,),
        points_are(EARNED),
    ),
    Workflow(
        "a completed order goes back in part",
        earns,
        (refund(1, "one"), refunded("refund.succeeded", "one", "msg_back")),
        points_are(EARNED // 2),
    ),
    Workflow("an order lifts a member", buys_at_silver, (receive,), points_are(600, "silver")),
    Workflow(
        "an order earns a coupon",
        together(coupon_for_an_order, buys_at_silver),
        (receive,),
        holds_a_coupon,
    ),
    Workflow("checkout with points", has_points_on_a_cart, (buys("second"),), points_are(0)),
    Workflow(
        "expiry with points",
        spent,
        (later(HALF_AN_HOUR_S), strike("orders_sweep_due")),
        points_are(EARNED, then=ends("expired", *EXPIRED)),
    ),
    Workflow(
        "one order cancelled before it is paid for with points",
        spent,
        (cancel_one,),
        points_are(13),
    ),
    Workflow(
        "late money with points",
        together(spent, later(HALF_AN_HOUR_S), strike("orders_sweep_due")),
        (pays,),
        points_are(0, then=ends("paid", *PLACED)),
    ),
    Workflow(
        "cancel what was paid for with points",
        spent_and_paid,
        (cancel_all, all_money_back),
        points_are(EARNED, then=ends("cancelled", *CANCELLED, refunds=("succeeded",) * 2)),
    ),
    Workflow(
        "points end",
        together(earns, later(YEAR_AND_MORE_S)),
        (strike("members_sweep_due"),),
        points_are(0),
    ),
    Workflow(
        "a birthday",
        together(has_birthday_soon, later(4 * DAY_S)),
        (strike("members_sweep_due"), strike("members_sweep_due")),
        holds_a_coupon,
    ),
    Workflow("a member's points are forgotten", earns, (forgets,), nothing_is_left),
)
