"""Coupons that come by themselves: at a sign-up, for an order of so much, at a tier; once for each."""

from typing import Any

import pytest

from chalicelib.contexts.members import service as members
from chalicelib.contexts.members.service.timers import sweep_due
from chalicelib.contexts.promotions.api.coupons import CampaignBody, campaign_wish_of
from chalicelib.contexts.promotions.service import campaigns
from chalicelib.contexts.promotions.workers import promotions_on_occasion
from chalicelib.kernel import clock
from chalicelib.kernel.actors import SYSTEM
from chalicelib.web.page import converted
from tests.conftest import Clock
from tests.makers import rows
from tests.makers.facts import deliver
from tests.makers.offers import a_campaign, campaign_body, claim, post_campaign
from tests.makers.people import a_member
from tests.makers.points import bearer, earned
from tests.makers.shop import Shop, gbp

TEA = "acme.TEA"
DAY_S = 86_400
FACTS = (
    "identity.MemberJoined",
    "members.BirthdayCame",
    "members.OrderCounted",
    "members.TierChanged",
)


@pytest.fixture
def shop(stage: Clock) -> Shop:
    shop = Shop()
    shop.goods(price=10_000, stock=90)
    return shop


def of_the_platform(**changes: Any) -> str:
    body = converted(campaign_body(**changes), CampaignBody)
    return campaigns.create(SYSTEM, campaign_wish_of(body)).id


def happened() -> None:
    for _ in range(2):
        assert deliver(promotions_on_occasion, *FACTS) == {"batchItemFailures": []}


def held(shop: Shop, token: str) -> list[str]:
    """The campaigns of a member's coupons."""
    items = shop.http.get("/api/v1/me/coupons", **bearer(token)).json()["items"]
    assert {one["state"] for one in items} <= {"held"}
    found = [row["coupon"]["S"] for row in rows.of_kind("promotions", "COUPON")]
    assert len(found) >= len(items)
    return [one["title"] for one in items]


def test_who_signs_up_gets_what_is_given_for_it_once(shop: Shop) -> None:
    of_the_platform(title="Hello", trigger={"on": "sign_up"})
    of_the_platform(title="Later", trigger={"on": "tier", "tiers": ["gold"]})
    _, token = a_member()
    happened()
    assert held(shop, token) == ["Hello"]
    (fact,) = [row for row in rows.of_kind("outbox", "FACT") if "CouponIssued" in row["name"]["S"]]
    assert '"cause":"sign_up"' in fact["body"]["S"]


def test_nobody_claims_what_comes_by_itself(shop: Shop) -> None:
    campaign = of_the_platform(trigger={"on": "sign_up"})
    _, token = a_member()
    assert shop.http.get("/api/v1/campaigns").json()["items"] == []
    assert claim(shop, campaign, token).status == 404


def test_an_order_of_so_much_of_the_merchant_gives_one_each_time(shop: Shop) -> None:
    shop.goods("bolt", "NUT", price=10_000)
    trigger = {"on": "spend", "amount": gbp(20_000)}
    made = a_campaign(shop, shop.merchant(), title="Thanks", trigger=trigger, per_member=2)
    assert made["trigger"] == {**trigger, "tiers": []}
    _, token = a_member()
    earned(shop, token, {TEA: 1})
    earned(shop, token, {"bolt.NUT": 3})
    happened()
    assert held(shop, token) == []
    for _ in range(3):
        earned(shop, token, {TEA: 2})
    happened()
    assert held(shop, token) == ["Thanks", "Thanks"]


def test_who_rises_to_a_tier_gets_its_coupon(shop: Shop) -> None:
    of_the_platform(title="Silver", trigger={"on": "tier", "tiers": ["silver"]})
    of_the_platform(title="Gold", trigger={"on": "tier", "tiers": ["gold"]})
    _, token = a_member()
    earned(shop, token, {TEA: 6})
    happened()
    assert held(shop, token) == ["Silver"]


def test_a_birthday_gives_one_a_year_however_often_it_moves(stage: Clock, shop: Shop) -> None:
    now = clock.now()
    of_the_platform(
        title="Many happy returns",
        per_member=9,
        trigger={"on": "birthday"},
        ends_at=clock.iso(clock.later(now, 800 * DAY_S)),
    )
    actor, _ = a_member()
    held_then = []
    for days in (3, 5, 300):
        day = clock.later(clock.now(), days * DAY_S)
        members.change_birthday(actor, month=str(day.month), day=str(day.day))
        for _ in range(2):
            sweep_due()
        stage.forward((days + 1) * DAY_S)
        for _ in range(2):
            sweep_due()
        happened()
        held_then.append(len(rows.of_kind("promotions", "COUPON")))
    assert held_then == [1, 1, 2]


def test_who_is_gone_has_no_birthday(stage: Clock, shop: Shop) -> None:
    of_the_platform(trigger={"on": "birthday"})
    actor, _ = a_member()
    day = clock.later(clock.now(), 3 * DAY_S)
    members.change_birthday(actor, month=str(day.month), day=str(day.day))
    assert members.held_about(actor.id)["birthday"].day == f"{day:%m-%d}"
    members.forget_member(actor.id)
    stage.forward(4 * DAY_S)
    assert sweep_due()["done"] == 0
    assert not rows.of_kind("members", "BIRTHDAY")


def test_when_none_is_left_none_is_given(shop: Shop) -> None:
    of_the_platform(quantity=1, trigger={"on": "sign_up"})
    tokens = [a_member(f"m{number}@b.example")[1] for number in range(3)]
    happened()
    assert sum(len(held(shop, token)) for token in tokens) == 1


@pytest.mark.parametrize(
    ("trigger", "field"),
    [
        ({"on": "sign_up"}, "trigger"),
        ({"on": "tier", "tiers": ["silver"]}, "trigger"),
        ({"on": "spend"}, "trigger.amount"),
        ({"on": "spend", "amount": {"amount": 5, "currency": "EUR"}}, "trigger.amount"),
        (
            {"on": "spend", "amount": {"amount": 5, "currency": "GBP"}, "tiers": ["tin"]},
            "trigger.tiers",
        ),
    ],
)
def test_an_occasion_that_a_merchant_does_not_have_is_refused(
    shop: Shop, trigger: dict[str, Any], field: str
) -> None:
    refused = post_campaign(shop, shop.merchant(), trigger=trigger)
    assert (refused.status, refused.json()["code"]) == (422, "promotions.offer_unsound")
    assert refused.json()["errors"][0]["field"] == field
