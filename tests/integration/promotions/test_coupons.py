"""Campaigns and coupons: claimed to the last one and no further, spent once, given back once."""

import itertools
from typing import Any

import pytest

from chalicelib.aws import transact
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.promotions.model.campaigns import Campaign
from chalicelib.contexts.promotions.model.issues import NotToBeIssued, Segment
from chalicelib.contexts.promotions.model.refusals import (
    CampaignClosed,
    CampaignExhausted,
    NoCampaign,
)
from chalicelib.contexts.promotions.service import campaigns, codes, deals, issues
from chalicelib.contexts.promotions.store import campaigns as rows
from chalicelib.kernel import clock
from chalicelib.kernel.actors import SYSTEM
from tests.conftest import Clock
from tests.makers.offers import (
    a_campaign,
    an_offer,
    claim,
    claimed,
    post_campaign,
    put_coupon,
)
from tests.makers.people import a_member
from tests.makers.pump import strike
from tests.makers.round_trips import counted
from tests.makers.shop import Shop, gbp

TEA, NUT = "acme.TEA", "bolt.NUT"
DAY_S = 86_400


@pytest.fixture
def shop(stage: Clock) -> Shop:
    shop = Shop()
    shop.goods(stock=50)
    return shop


@pytest.fixture
def token(shop: Shop) -> str:
    return a_member()[1]


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def held(shop: Shop, token: str) -> list[Any]:
    items: list[Any] = shop.http.get("/api/v1/me/coupons", **bearer(token)).json()["items"]
    return items


class TestCampaigns:
    def test_one_is_listed_while_it_is_open(self, shop: Shop, stage: Clock) -> None:
        seller = shop.merchant()
        made = a_campaign(shop, seller, threshold={"amount": gbp(2_000)})
        later = clock.iso(clock.later(clock.now(), 3_600))
        a_campaign(shop, seller, starts_at=later)
        (shown,) = shop.http.get("/api/v1/campaigns").json()["items"]
        assert (shown["id"], shown["title"], shown["left"]) == (made["id"], "Welcome", 10)
        assert shown["coupon"]["value"] == gbp(300)
        assert shown["coupon"]["threshold"] == {"amount": gbp(2_000)}
        stage.forward(3_600)
        assert len(shop.http.get("/api/v1/campaigns").json()["items"]) == 2
        stage.forward(DAY_S)
        assert shop.http.get("/api/v1/campaigns").json()["items"] == []

    def test_it_is_changed_as_far_as_nothing_was_promised(self, shop: Shop, token: str) -> None:
        made = a_campaign(shop, shop.merchant(), quantity=600, per_member=2)
        assert claim(shop, made["id"], token).status == 201
        headers = shop.merchant().authorization
        path = f"/api/v1/merchant/campaigns/{made['id']}"
        told = {"title": "Hello", "quantity": 1_003, "per_member": 3}
        kept = {**made, **told, "titles": {"en": "Hello", "zh-CN": "Hello"}, "left": 1_002}
        kept["coupon"] = {**made["coupon"], "title": "Hello"}
        assert shop.http.patch(path, told, **headers).json() == kept
        assert shop.http.patch(path, {}, **headers).json() == kept
        reply = shop.http.patch(path, {"per_member": 2}, **headers)
        assert (reply.status, reply.json()["errors"][0]["field"]) == (422, "per_member")
        assert shop.http.patch(path, {"quantity": 1}, **headers).json()["left"] == 0
        assert claim(shop, made["id"], token).json()["code"] == "promotions.campaign_exhausted"
        assert shop.http.patch(path, {"quantity": 2}, **headers).json()["left"] == 1
        assert claim(shop, made["id"], token).status == 201
        reply = shop.http.patch(path, {"quantity": 1}, **headers)
        assert (reply.status, reply.json()["code"]) == (409, "promotions.quota_below_used")

    def test_a_claim_while_the_quantity_changes_is_not_lost(
        self, shop: Shop, token: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = a_campaign(shop, shop.merchant())
        read = rows.quota_rows

        def and_then_claimed(campaign: Campaign) -> Any:
            found = read(campaign)
            assert claim(shop, made["id"], token).status == 201
            return found

        monkeypatch.setattr(rows, "quota_rows", and_then_claimed)
        path = f"/api/v1/merchant/campaigns/{made['id']}"
        reply = shop.http.patch(path, {"quantity": 20}, **shop.merchant().authorization)
        assert (reply.json()["quantity"], reply.json()["left"]) == (20, 19)

    def test_a_code_follows_its_campaign(self, shop: Shop) -> None:
        made = a_campaign(shop, shop.merchant(), code="SAVE3", quantity=2)
        path = f"/api/v1/merchant/campaigns/{made['id']}"
        headers = shop.merchant().authorization
        assert shop.http.patch(path, {"quantity": 5}, **headers).json()["left"] == 5
        found = deals.find_coupon("SAVE3", [""])
        assert found is not None
        assert found.offer is not None
        assert found.offer.quota == 5

    def test_a_merchant_sees_its_own_and_stops_them(self, shop: Shop, token: str) -> None:
        made = a_campaign(shop, shop.merchant())
        headers = shop.merchant().authorization
        (own,) = shop.http.get("/api/v1/merchant/campaigns", **headers).json()["items"]
        assert own == made
        path = f"/api/v1/merchant/campaigns/{made['id']}"
        assert shop.http.patch(path, {"stopped": True}, **headers).json()["state"] == "stopped"
        assert claim(shop, made["id"], token).json()["code"] == "promotions.campaign_closed"
        assert shop.http.patch(path, {"stopped": False}, **headers).json()["state"] == "live"
        assert claim(shop, made["id"], token).status == 201
        other = shop.merchant("bolt").authorization
        assert shop.http.get(path, **other).status == 404
        assert shop.http.patch(path, {"stopped": True}, **other).status == 404

    @pytest.mark.parametrize(
        ("kind", "value", "status"),
        [
            ("fixed_price", gbp(100), 422),
            ("buy_x_get_y", {"buy": 1, "get": 1}, 422),
            ("percent_off", {"percent": 101}, 400),
            ("amount_off", {"amount": 5, "currency": "EUR"}, 422),
            ("moon", None, 400),
        ],
    )
    def test_what_a_coupon_cannot_do_is_refused(
        self, shop: Shop, kind: str, value: Any, status: int
    ) -> None:
        assert post_campaign(shop, shop.merchant(), kind, value).status == status

    def test_a_key_makes_one(self, shop: Shop) -> None:
        headers = {"idempotency_key": "once"}
        one, two = (post_campaign(shop, shop.merchant(), headers=headers) for _ in range(2))
        assert (one.status, one.text) == (201, two.text)


class TestClaiming:
    def test_a_member_holds_what_was_claimed(self, shop: Shop, token: str) -> None:
        made = a_campaign(shop, shop.merchant())
        coupon = claimed(shop, made["id"], token)
        assert (coupon["kind"], coupon["value"], coupon["state"]) == (
            "amount_off",
            gbp(300),
            "held",
        )
        assert coupon["expires_at"] == made["ends_at"]
        assert held(shop, token) == [coupon]
        assert shop.http.get("/api/v1/campaigns").json()["items"][0]["left"] == 9

    def test_once_each_and_no_more_than_there_are(self, shop: Shop, token: str) -> None:
        made = a_campaign(shop, shop.merchant(), quantity=2, per_member=1)
        assert claim(shop, made["id"], token).status == 201
        again = claim(shop, made["id"], token)
        assert (again.status, again.json()["code"]) == (409, "promotions.already_claimed")
        others = [a_member(f"m{n}@b.example")[1] for n in range(2)]
        replies = [claim(shop, made["id"], other) for other in others]
        assert [reply.status for reply in replies] == [201, 409]
        assert replies[1].json()["code"] == "promotions.campaign_exhausted"

    def test_many_rows_are_emptied_to_the_last(self, shop: Shop) -> None:
        made = a_campaign(shop, shop.merchant(), quantity=500, per_member=500)
        _, token = a_member()
        for _ in range(70):
            assert claim(shop, made["id"], token).status == 201
        shown = shop.http.get("/api/v1/campaigns").json()["items"][0]
        assert shown["left"] == 430

    def test_a_repeat_gets_the_same_coupon(self, shop: Shop, token: str) -> None:
        made = a_campaign(shop, shop.merchant())
        one, two = (claim(shop, made["id"], token, key="same") for _ in range(2))
        assert (one.status, one.text) == (201, two.text)
        assert len(held(shop, token)) == 1

    def test_it_takes_a_key_and_a_member(self, shop: Shop, token: str) -> None:
        made = a_campaign(shop, shop.merchant())
        path = f"/api/v1/campaigns/{made['id']}/claim"
        reply = shop.http.post(path, **bearer(token))
        assert (reply.status, reply.json()["code"]) == (400, "idempotency.key_missing")
        assert shop.http.post(path, idempotency_key="k").status == 401
        assert claim(shop, "cmp_nothing", token).status == 404

    def test_a_claim_costs_three_round_trips_and_its_key(self, shop: Shop, token: str) -> None:
        made = a_campaign(shop, shop.merchant())
        with counted() as calls:
            assert claim(shop, made["id"], token).status == 201
        assert len(calls) == 4

    def test_validity_counts_from_the_claim_where_it_is_said(
        self, shop: Shop, stage: Clock, token: str
    ) -> None:
        made = a_campaign(shop, shop.merchant(), valid_days=3)
        coupon = claimed(shop, made["id"], token)
        assert coupon["expires_at"] == clock.iso(clock.later(clock.now(), 3 * DAY_S))
        stage.forward(3 * DAY_S)
        assert held(shop, token)[0]["state"] == "expired"


class TestSpending:
    def test_it_comes_off_the_cart_and_is_used_by_the_purchase(
        self, shop: Shop, token: str
    ) -> None:
        coupon = claimed(shop, a_campaign(shop, shop.merchant())["id"], token)
        cart = shop.cart({TEA: 2})
        seen = put_coupon(shop, cart, coupon["code"], **bearer(token))
        assert seen.status == 200, seen.text
        assert seen.json()["totals"]["discount"] == gbp(300)
        (shown,) = seen.json()["coupons"]
        assert (shown["code"], shown["id"], shown["applied"]) == (
            coupon["code"],
            coupon["id"],
            True,
        )
        purchase = shop.checkout(cart, headers=bearer(token)).json()
        (line,) = purchase["orders"][0]["lines"]
        assert [(one["offer"], one["amount"]) for one in line["adjustments"]] == [
            (coupon["id"], gbp(-300))
        ]
        assert held(shop, token)[0]["state"] == "used"

    def test_a_second_use_is_refused_on_a_cart_and_at_checkout(
        self, shop: Shop, token: str
    ) -> None:
        coupon = claimed(shop, a_campaign(shop, shop.merchant())["id"], token)
        first, second = shop.cart({TEA: 1}), shop.cart({TEA: 1})
        for cart in (first, second):
            assert put_coupon(shop, cart, coupon["code"], **bearer(token)).status == 200
        assert shop.checkout(first).status == 201
        reply = shop.checkout(second)
        assert (reply.status, reply.json()["code"]) == (409, "promotions.coupon_used")
        assert shop.look(second)["coupons"][0]["state"] == "used"
        third = put_coupon(shop, shop.cart({TEA: 1}), coupon["code"], **bearer(token))
        assert (third.status, third.json()["code"]) == (409, "promotions.coupon_used")
        path = f"/api/v1/carts/{second['id']}/coupons/{coupon['code']}"
        off = shop.http.delete(path, x_cart_token=second["token"])
        assert (off.status, off.json()["coupons"]) == (200, [])
        assert shop.checkout(second).status == 201

    def test_it_comes_back_once_when_the_purchase_is_called_off(
        self, shop: Shop, stage: Clock, token: str
    ) -> None:
        campaign = a_campaign(shop, shop.merchant(), valid_days=9)
        coupon = claimed(shop, campaign["id"], token)
        cart = shop.cart({TEA: 1})
        put_coupon(shop, cart, coupon["code"], **bearer(token))
        purchase = shop.checkout(cart).json()
        stage.forward(3_600)
        strike("orders_sweep_due")
        assert held(shop, token)[0]["state"] == "held"
        cart = shop.cart({TEA: 1})
        put_coupon(shop, cart, coupon["code"], **bearer(token))
        again = shop.checkout(cart).json()
        assert shop.capture(purchase).status == 200
        assert shop.seen(purchase)["state"] == "expired"
        assert shop.capture(again).status == 200
        for _ in range(2):
            shop.shopper(again, f"/api/v1/purchases/{again['id']}/cancel")
        assert held(shop, token)[0]["state"] == "held"

    def test_another_members_code_is_nobodys(self, shop: Shop, token: str) -> None:
        coupon = claimed(shop, a_campaign(shop, shop.merchant())["id"], token)
        _, other = a_member("eve@b.example")
        cart = shop.cart({TEA: 1})
        for headers in (bearer(other), {}):
            reply = put_coupon(shop, cart, coupon["code"], **headers)
            assert (reply.status, reply.json()["code"]) == (404, "promotions.no_such_coupon")

    def test_one_that_expires_at_the_second_of_checkout_is_not_taken(
        self, shop: Shop, stage: Clock, token: str
    ) -> None:
        coupon = claimed(shop, a_campaign(shop, shop.merchant(), valid_days=1)["id"], token)
        cart = shop.cart({TEA: 1})
        put_coupon(shop, cart, coupon["code"], **bearer(token))
        stage.forward(DAY_S)
        reply = shop.checkout(cart)
        assert (reply.status, reply.json()["code"]) == (409, "promotions.coupon_expired")
        late = put_coupon(shop, shop.cart({TEA: 1}), coupon["code"], **bearer(token))
        assert (late.status, late.json()["code"]) == (409, "promotions.coupon_expired")

    def test_what_does_not_reach_its_threshold_stays_held(self, shop: Shop, token: str) -> None:
        made = a_campaign(shop, shop.merchant(), threshold={"amount": gbp(5_000)})
        coupon = claimed(shop, made["id"], token)
        cart = shop.cart({TEA: 1})
        seen = put_coupon(shop, cart, coupon["code"], **bearer(token)).json()
        assert [one["applied"] for one in seen["coupons"]] == [False]
        assert shop.checkout(cart).json()["orders"][0]["totals"]["discount"] == gbp(0)
        assert held(shop, token)[0]["state"] == "held"

    def test_a_coupon_stacks_on_offers_and_free_delivery_on_both(
        self, shop: Shop, token: str
    ) -> None:
        an_offer(shop, shop.merchant())
        money = claimed(shop, a_campaign(shop, shop.merchant())["id"], token)
        parcel = claimed(
            shop, a_campaign(shop, shop.merchant(), "free_shipping", None)["id"], token
        )
        cart = shop.cart({TEA: 2})
        for coupon in (money, parcel):
            assert put_coupon(shop, cart, coupon["code"], **bearer(token)).status == 200
        totals = shop.quote(cart).json()["totals"]
        assert (totals["discount"], totals["shipping"]) == (gbp(500), gbp(0))
        assert shop.checkout(cart).json()["total"] == gbp(1_500)
        assert {one["state"] for one in held(shop, token)} == {"used"}


class TestCodes:
    def test_anybody_uses_a_shared_code_within_its_limits(self, shop: Shop) -> None:
        made = a_campaign(shop, shop.merchant(), code="spring-26", quantity=2, per_member=1)
        assert made["code"] == "SPRING-26"

        def discount(email: str) -> int:
            cart = shop.cart({TEA: 1})
            reply = put_coupon(shop, cart, "Spring-26")
            assert reply.status == 200, reply.text
            placed = shop.checkout(cart, email=email).json()
            amount: int = placed["orders"][0]["totals"]["discount"]["amount"]
            return amount

        assert [discount(one) for one in ("a@b.example", "a@b.example")] == [300, 0]
        assert [discount(one) for one in ("b@b.example", "c@b.example")] == [300, 0]
        assert shop.http.get("/api/v1/campaigns").json()["items"] == []

    def test_a_code_belongs_to_one_campaign(self, shop: Shop) -> None:
        a_campaign(shop, shop.merchant(), code="SPRING")
        reply = post_campaign(shop, shop.merchant("bolt"), code="spring")
        assert (reply.status, reply.json()["code"]) == (409, "promotions.code_taken")

    def test_guessing_is_slowed_down(self, shop: Shop) -> None:
        a_campaign(shop, shop.merchant(), code="SPRING")
        cart = shop.cart({TEA: 1})
        replies = [put_coupon(shop, cart, f"GUESS{n}") for n in range(12)]
        assert {replies[0].status, replies[-1].status} == {404, 429}
        assert replies[-1].json()["code"] == "promotions.codes_throttled"
        assert put_coupon(shop, cart, "SPRING").status == 429

    def test_a_code_that_is_stopped_is_worth_nothing(self, shop: Shop) -> None:
        made = a_campaign(shop, shop.merchant(), code="SPRING")
        cart = shop.cart({TEA: 1})
        assert put_coupon(shop, cart, "SPRING").status == 200
        path = f"/api/v1/merchant/campaigns/{made['id']}"
        shop.http.patch(path, {"stopped": True}, **shop.merchant().authorization)
        assert shop.look(cart)["totals"]["discount"] == gbp(0)
        assert put_coupon(shop, shop.cart({TEA: 1}), "SPRING").status == 404


def test_what_a_member_who_is_gone_used_keeps_nobody_from_cancelling(
    shop: Shop, token: str
) -> None:
    coupon = claimed(shop, a_campaign(shop, shop.merchant())["id"], token)
    cart = shop.cart({TEA: 1})
    put_coupon(shop, cart, coupon["code"], **bearer(token))
    purchase = shop.checkout(cart).json()
    campaigns.forget_member(identity.member(token).id)
    assert held(shop, token) == []
    reply = shop.shopper(purchase, f"/api/v1/purchases/{purchase['id']}/cancel")
    assert (reply.status, reply.json()["state"]) == (200, "cancelled")


class TestSingleCodes:
    @pytest.fixture
    def campaign(self, shop: Shop) -> Any:
        return a_campaign(shop, shop.merchant(), single_codes=True, quantity=600)

    def test_they_are_made_once_under_a_key_and_go_on_where_they_stopped(
        self, shop: Shop, campaign: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        actor = shop.merchant().actor
        commit, calls = transact.commit, itertools.count()

        def dies_at_the_third(writes: Any) -> None:
            if next(calls) == 2:
                raise ConnectionError
            commit(writes)

        with monkeypatch.context() as dying:
            dying.setattr(transact, "commit", dies_at_the_third)
            with pytest.raises(ConnectionError):
                codes.make(actor, campaign["id"], 200, key="first")
        assert len(codes.every(actor, campaign["id"])) == 2 * codes.CODES_A_BATCH
        for _ in range(2):
            codes.make(actor, campaign["id"], 200, key="first")
            made = codes.every(actor, campaign["id"])
            assert len(set(made)) == len(made) == 200
            assert left(shop, campaign) == 400
        codes.make(actor, campaign["id"], 400, key="second")
        assert len(set(codes.every(actor, campaign["id"]))) == 600
        with pytest.raises(CampaignExhausted):
            codes.make(actor, campaign["id"], 1, key="third")
        assert left(shop, campaign) == 0

    def test_each_is_good_once_for_whoever_has_it(
        self, shop: Shop, campaign: Any, token: str
    ) -> None:
        actor = shop.merchant().actor
        codes.make(actor, campaign["id"], 2, key="first")
        code, other = codes.every(actor, campaign["id"])
        carts = [shop.cart({TEA: 1}) for _ in range(3)]
        for cart in carts[:2]:
            seen = put_coupon(shop, cart, code.lower()).json()
            assert seen["totals"]["discount"] == gbp(300)
        purchase = shop.checkout(carts[0]).json()
        assert put_coupon(shop, carts[2], code).json()["code"] == "promotions.coupon_used"
        reply = shop.checkout(carts[1])
        assert reply.status == 409, reply.text
        assert put_coupon(shop, carts[2], other, **bearer(token)).status == 200
        assert shop.checkout(carts[2], headers=bearer(token)).status == 201
        assert shop.shopper(purchase, f"/api/v1/purchases/{purchase['id']}/cancel").status == 200
        assert put_coupon(shop, shop.cart({TEA: 1}), code).status == 200

    def test_nobody_claims_them_and_others_make_none(
        self, shop: Shop, campaign: Any, token: str
    ) -> None:
        assert shop.http.get("/api/v1/campaigns").json()["items"] == []
        assert claim(shop, campaign["id"], token).status == 404
        with pytest.raises(NotToBeIssued):
            issues.start_issue(SYSTEM, campaign["id"], Segment())
        claimed_ = a_campaign(shop, shop.merchant())
        for actor, wanted in (
            (shop.merchant("bolt").actor, campaign["id"]),
            (shop.merchant().actor, claimed_["id"]),
        ):
            with pytest.raises(NoCampaign):
                codes.make(actor, wanted, 1, key="first")
            with pytest.raises(NoCampaign):
                codes.every(actor, wanted)

    def test_they_are_not_good_before_the_start_nor_made_after_the_end(
        self, shop: Shop, stage: Clock
    ) -> None:
        later = clock.iso(clock.later(clock.now(), 3_600))
        made = a_campaign(shop, shop.merchant(), single_codes=True, starts_at=later)
        actor = shop.merchant().actor
        codes.make(actor, made["id"], 1, key="first")
        (code,) = codes.every(actor, made["id"])
        cart = shop.cart({TEA: 1})
        assert put_coupon(shop, cart, code).json()["code"] == "promotions.coupon_expired"
        stage.forward(3_600)
        assert put_coupon(shop, cart, code).status == 200
        stage.forward(DAY_S)
        with pytest.raises(CampaignClosed):
            codes.make(actor, made["id"], 1, key="second")

    def test_what_contradicts_itself_is_refused(self, shop: Shop) -> None:
        for changes, field in (
            ({"code": "ALL"}, "code"),
            ({"valid_days": 3}, "valid_days"),
            ({"quantity": 100_001}, "quantity"),
        ):
            reply = post_campaign(shop, shop.merchant(), single_codes=True, **changes)
            assert reply.status == 422
            assert [one["field"] for one in reply.json()["errors"]] == [field]


def left(shop: Shop, campaign: Any) -> int:
    path = f"/api/v1/merchant/campaigns/{campaign['id']}"
    number: int = shop.http.get(path, **shop.merchant().authorization).json()["left"]
    return number
