"""Points: earned when an order is completed, spent once, given back, ended; and tiers from the same."""

from random import Random
from typing import Any

import pytest

from chalicelib.aws.settings import settings
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.members.service import points
from chalicelib.contexts.privacy import service as privacy
from chalicelib.contexts.settlement.model import PLATFORM
from tests.conftest import Clock
from tests.makers import rows
from tests.makers.offers import an_offer, patch_offer, post_offer
from tests.makers.people import PASSWORD, a_member
from tests.makers.points import (
    bearer,
    completed,
    earned,
    points_of,
    put_points,
    refunded,
    require_books,
    statement,
    succeeded,
    tier_of,
    told,
)
from tests.makers.pump import strike
from tests.makers.racing import at_once
from tests.makers.round_trips import counted
from tests.makers.shop import Shop, gbp

TEA, NUT = "acme.TEA", "bolt.NUT"
DAY_S = 86_400
HALF_AN_HOUR_S = 1_800


@pytest.fixture
def shop(stage: Clock) -> Shop:
    shop = Shop()
    shop.goods(price=10_000, stock=90)
    return shop


@pytest.fixture
def token(shop: Shop) -> str:
    return a_member()[1]


def again() -> str:
    """The member signs in again, long after the first time."""
    return identity.sign_in("ada@shop.example", PASSWORD, address="")[1]


def balance_of(account: str) -> int:
    """What stands in an account of the platform."""
    found = [
        int(row["amount"]["N"])
        for row in rows.of_kind("settlement", "BALANCE")
        if row["pk"]["S"] == f"BALANCE#{PLATFORM}" and row["sk"]["S"].startswith(f"{account}#")
    ]
    return sum(found)


def spending(shop: Shop, token: str, wished: int, lines: dict[str, int]) -> dict[str, str]:
    """A cart that is to be paid for with points."""
    cart = shop.cart(lines)
    assert put_points(shop, cart, token, wished).status == 200
    return cart


class TestEarning:
    def test_a_completed_order_earns_a_share_of_its_goods(self, shop: Shop, token: str) -> None:
        purchase = shop.paid({TEA: 3}, headers=bearer(token))
        told()
        assert points_of(shop, token)["balance"] == 0
        completed(shop, purchase)
        told()
        found = points_of(shop, token)
        assert (found["balance"], found["value"]) == (300, gbp(300))
        assert found["ending"] == [{"month": "2027-03", "points": 300}]
        (line,) = found["items"]
        assert (line["kind"], line["points"]) == ("earned", 300)
        assert line["order_id"] == purchase["orders"][0]["id"]
        assert (balance_of("points"), balance_of("points_cost")) == (-300, 300)

    def test_a_guest_earns_nothing(self, shop: Shop) -> None:
        completed(shop, shop.paid({TEA: 1}))
        told()
        assert rows.of_kind("members", "LOYALTY") == []
        assert {row["expires_at"]["N"] for row in rows.of_kind("members", "TALLY")}

    def test_what_goes_back_is_taken_back_to_the_point(self, shop: Shop, token: str) -> None:
        purchase = earned(shop, token, {TEA: 3})
        refunded(shop, purchase, {TEA: 1})
        told()
        assert statement(shop, token) == [("earned", 300), ("reversed", -100)]
        refunded(shop, purchase, {TEA: 2}, shipping=True)
        told()
        assert points_of(shop, token)["balance"] == 0
        assert balance_of("points") == 0
        require_books()

    @pytest.mark.parametrize("seed", range(4))
    def test_facts_come_to_the_same_in_any_order(self, shop: Shop, token: str, seed: int) -> None:
        purchase = completed(shop, shop.paid({TEA: 3}, headers=bearer(token)))
        refunded(shop, purchase, {TEA: 1})
        told(chance=Random(seed))
        assert points_of(shop, token)["balance"] == 200
        require_books()

    def test_points_end_with_the_twelfth_month_the_oldest_first(
        self, shop: Shop, token: str, stage: Clock
    ) -> None:
        earned(shop, token, {TEA: 3})
        stage.forward(40 * DAY_S)
        token = again()
        earned(shop, token, {TEA: 2})
        cart = spending(shop, token, 250, {TEA: 1})
        shop.capture(shop.checkout(cart, headers=bearer(token)).json())
        told()
        assert points_of(shop, token)["ending"] == [
            {"month": "2027-03", "points": 50},
            {"month": "2027-04", "points": 200},
        ]
        stage.forward(355 * DAY_S)
        strike("members_sweep_due")
        told()
        token = again()
        assert statement(shop, token)[-1] == ("expired", -50)
        assert points_of(shop, token)["balance"] == 200
        strike("members_sweep_due")
        stage.forward(40 * DAY_S)
        strike("members_sweep_due")
        told()
        token = again()
        assert points_of(shop, token)["balance"] == balance_of("points") == 0
        require_books()


class TestSpending:
    def test_points_pay_up_to_the_share_that_they_may(self, shop: Shop, token: str) -> None:
        earned(shop, token, {TEA: 9})
        cart = shop.cart({TEA: 1})
        seen = put_points(shop, cart, token, 9_999).json()
        assert seen["points"] == {"wished": 9_999, "spent": 900, "balance": 900}
        assert seen["totals"]["discount"] == gbp(900)
        (adjustment,) = seen["lines"][0]["adjustments"]
        assert (adjustment["offer"], adjustment["funder"]) == ("points", "platform")
        assert "points" not in shop.look(cart)
        assert shop.look(cart)["totals"]["discount"] == gbp(0)
        assert put_points(shop, cart, token, 0).json()["points"]["spent"] == 0

    def test_no_more_than_half_of_a_purchase(self, shop: Shop, token: str) -> None:
        shop.goods(own_code="CUP", price=1_000)
        earned(shop, token, {TEA: 9})
        cart = shop.cart({"acme.CUP": 1})
        assert put_points(shop, cart, token, 900).json()["totals"]["payable"] == gbp(500)

    def test_nobody_pays_with_anothers(self, shop: Shop, token: str) -> None:
        earned(shop, token, {TEA: 9})
        cart = spending(shop, token, 500, {TEA: 1})
        assert put_points(shop, cart, "", 500).status == 401
        stranger = a_member("eve@shop.example")[1]
        earned(shop, stranger, {TEA: 2})
        purchase = shop.checkout(cart, headers=bearer(stranger)).json()
        assert purchase["total"] == gbp(10_400)
        assert points_of(shop, stranger)["balance"] == 200
        guest = shop.checkout(spending(shop, token, 500, {TEA: 1})).json()
        assert guest["total"] == gbp(10_400)
        assert points_of(shop, token)["balance"] == 900

    def test_a_purchase_spends_and_an_expiry_gives_back_once(
        self, shop: Shop, token: str, stage: Clock
    ) -> None:
        earned(shop, token, {TEA: 9})
        cart = spending(shop, token, 500, {TEA: 1})
        purchase = shop.checkout(cart, headers=bearer(token), expected_total=gbp(9_500)).json()
        assert purchase["total"] == gbp(9_500)
        assert points_of(shop, token)["balance"] == 400
        stage.forward(HALF_AN_HOUR_S)
        strike("orders_sweep_due")
        strike("orders_sweep_due")
        told()
        assert statement(shop, token)[1:] == [("spent", -500), ("returned", 500)]
        assert balance_of("promotions") == 0
        shop.capture(purchase)
        told()
        assert shop.seen(purchase)["state"] == "paid"
        assert points_of(shop, token)["balance"] == 400
        require_books()

    def test_late_money_goes_back_where_the_points_are_spent(
        self, shop: Shop, token: str, stage: Clock
    ) -> None:
        earned(shop, token, {TEA: 9})
        purchase = shop.checkout(spending(shop, token, 900, {TEA: 1}), headers=bearer(token)).json()
        stage.forward(HALF_AN_HOUR_S)
        strike("orders_sweep_due")
        shop.checkout(spending(shop, token, 900, {TEA: 1}), headers=bearer(token))
        shop.capture(purchase)
        assert shop.seen(purchase)["state"] == "expired"
        assert points_of(shop, token)["balance"] == 0
        told()
        require_books()

    def test_two_carts_do_not_spend_the_same_points(self, shop: Shop, token: str) -> None:
        earned(shop, token, {TEA: 9})
        carts = [spending(shop, token, 900, {TEA: 1}) for _ in range(2)]
        sent = {"headers": bearer(token), "expected_total": gbp(9_100)}
        one, two = (shop.checkout(cart, **sent) for cart in carts)
        assert (one.status, two.status) == (201, 409)
        assert two.json()["code"] == "orders.price_changed"
        assert two.json()["totals"]["payable"] == gbp(10_400)

    def test_nor_do_four_carts_at_the_same_moment(self, shop: Shop, token: str) -> None:
        earned(shop, token, {TEA: 1})
        carts = [spending(shop, token, 100, {TEA: 1}) for _ in range(4)]
        sent = {"headers": bearer(token), "expected_total": gbp(10_300)}
        replies = at_once(4, lambda number: shop.checkout(carts[number], **sent))
        assert sorted(reply.status for reply in replies) == [201, 409, 409, 409]
        assert points_of(shop, token)["balance"] == 0
        told()
        require_books()

    def test_a_refund_gives_points_back_with_the_units(self, shop: Shop, token: str) -> None:
        earned(shop, token, {TEA: 9})
        cart = spending(shop, token, 500, {TEA: 3})
        reply = shop.checkout(cart, headers=bearer(token))
        purchase = reply.json()
        shop.capture(purchase)
        purchase = completed(shop, shop.seen(purchase))
        told()
        assert statement(shop, token)[1:] == [("spent", -500), ("earned", 368)]
        refunded(shop, purchase, {TEA: 1})
        told()
        assert statement(shop, token)[3:] == [("returned", 166), ("reversed", -123)]
        refunded(shop, purchase, {TEA: 2}, shipping=True)
        told()
        assert points_of(shop, token)["balance"] == 900
        assert balance_of("points") == -900
        assert balance_of("promotions") == 0
        require_books()

    def test_a_paid_purchase_that_is_cancelled_gives_points_back_with_its_money(
        self, shop: Shop, token: str
    ) -> None:
        earned(shop, token, {TEA: 9})
        cart = spending(shop, token, 500, {TEA: 1})
        purchase = shop.checkout(cart, headers=bearer(token)).json()
        shop.capture(purchase)
        path = f"/api/v1/purchases/{purchase['id']}/cancel"
        (refund,) = shop.shopper(purchase, path).json()["payment"]["refunds"]
        told()
        assert points_of(shop, token)["balance"] == 400
        succeeded(shop, purchase, refund)
        told()
        assert points_of(shop, token)["balance"] == 900
        assert balance_of("promotions") == 0
        require_books()

    def test_one_order_cancelled_before_payment_gives_its_own_back(
        self, shop: Shop, token: str
    ) -> None:
        shop.goods("bolt", "NUT", price=10_000)
        earned(shop, token, {TEA: 9})
        cart = spending(shop, token, 900, {TEA: 2, NUT: 1})
        purchase = shop.checkout(cart, headers=bearer(token)).json()
        nut = purchase["orders"][1]
        assert shop.shopper(purchase, f"/api/v1/orders/{nut['id']}/cancel").status == 200
        assert points_of(shop, token)["balance"] == 300
        told()
        require_books()

    def test_it_costs_no_round_trip(self, shop: Shop, token: str) -> None:
        earned(shop, token, {TEA: 9})
        cart = spending(shop, token, 500, {TEA: 1})
        path, headers = f"/api/v1/carts/{cart['id']}", {"x_cart_token": cart["token"]}
        with counted() as calls:
            shop.http.get(path, **headers, **bearer(token))
        assert len(calls) == 2
        with counted() as calls:
            assert shop.checkout(cart, headers=bearer(token)).status == 201
        assert len(calls) == 3


class TestTiers:
    def test_a_year_lifts_a_member_and_earns_more(self, shop: Shop, token: str) -> None:
        assert tier_of(shop, token)["tier"]["code"] == "member"
        earned(shop, token, {TEA: 6})
        found = tier_of(shop, token)
        assert (found["tier"]["code"], found["next"]["code"]) == ("silver", "gold")
        assert (found["spend"], found["orders"]) == (gbp(60_000), 1)
        earned(shop, token, {TEA: 1})
        assert statement(shop, token)[-1] == ("earned", 125)
        require_books()

    def test_what_goes_back_leads_to_grace_and_then_down(
        self, shop: Shop, token: str, stage: Clock
    ) -> None:
        purchase = earned(shop, token, {TEA: 6})
        refunded(shop, purchase, {TEA: 6}, shipping=True)
        told()
        found = tier_of(shop, token)
        assert (found["tier"]["code"], found["spend"], found["orders"]) == ("silver", gbp(0), 0)
        assert found["grace_until"].startswith("2026-05-01")
        stage.forward(61 * DAY_S)
        strike("members_sweep_due")
        token = again()
        assert tier_of(shop, token)["tier"]["code"] == "member"
        changes = rows.of_kind("outbox", "FACT")
        assert sum(row["name"]["S"] == "members.TierChanged" for row in changes) == 2
        require_books()

    def test_a_tier_that_is_earned_again_in_time_stays(
        self, shop: Shop, token: str, stage: Clock
    ) -> None:
        earned(shop, token, {TEA: 6})
        stage.forward(366 * DAY_S)
        strike("members_sweep_due")
        token = again()
        assert tier_of(shop, token)["grace_until"]
        shop.goods(own_code="OIL", price=50_000)
        earned(shop, token, {"acme.OIL": 1})
        found = tier_of(shop, token)
        assert (found["tier"]["code"], found["grace_until"]) == ("silver", None)


class TestAudience:
    def discount(self, shop: Shop, cart: dict[str, str], token: str = "") -> int:
        headers = bearer(token) if token else {}
        path = f"/api/v1/carts/{cart['id']}"
        seen = shop.http.get(path, x_cart_token=cart["token"], **headers).json()
        return int(seen["totals"]["discount"]["amount"])

    def test_a_price_for_a_tier_is_for_those_who_have_it(self, shop: Shop, token: str) -> None:
        made = an_offer(shop, shop.merchant(), audience={"tiers": ["silver", "gold"]})
        assert made["audience"]["tiers"] == ["gold", "silver"]
        cart = shop.cart({TEA: 1})
        assert self.discount(shop, cart) == self.discount(shop, cart, token) == 0
        earned(shop, token, {TEA: 6})
        assert self.discount(shop, cart) == 0
        assert self.discount(shop, cart, token) == 1_000
        guest = shop.checkout(shop.cart({TEA: 1})).json()
        member = shop.checkout(cart, headers=bearer(token)).json()
        assert (guest["total"], member["total"]) == (gbp(10_400), gbp(9_000))
        patched = patch_offer(shop, shop.merchant(), made["id"], audience=None).json()
        assert patched["audience"] is None
        assert self.discount(shop, shop.cart({TEA: 1})) == 1_000

    def test_a_first_order_is_the_first_that_was_paid_for(self, shop: Shop, token: str) -> None:
        an_offer(shop, shop.merchant(), audience={"first_order": True})
        cart = shop.cart({TEA: 1})
        assert (self.discount(shop, cart), self.discount(shop, cart, token)) == (0, 1_000)
        shop.paid({TEA: 1}, headers=bearer(token))
        told()
        assert self.discount(shop, cart, token) == 0

    def test_a_tier_that_is_not_on_the_ladder_is_refused(self, shop: Shop) -> None:
        refused = post_offer(shop, shop.merchant(), audience={"tiers": ["tin"]})
        assert (refused.status, refused.json()["code"]) == (422, "promotions.offer_unsound")
        (error,) = refused.json()["errors"]
        assert error["field"] == "audience.tiers"


class TestPrivacy:
    def test_who_is_erased_leaves_no_points_and_no_debt(
        self, shop: Shop, token: str, stage: Clock
    ) -> None:
        actor = identity.member(token)
        purchase = earned(shop, token, {TEA: 6})
        assert points.held_about(actor.id)["loyalty"].balance == 600
        privacy.erase(actor, "ERASE")
        stage.forward(60)
        points.forget_points(actor.id)
        points.forget_points(actor.id)
        told()
        assert balance_of("points") == 0
        for kind in ("LOYALTY", "LOT", "SPEND", "ENTRY"):
            assert rows.of_kind("members", kind) == []
        refunded(shop, purchase, {TEA: 1})
        told()
        assert rows.of_kind("members", "LOYALTY") == []
        (tally,) = rows.of_kind("members", "TALLY")
        assert actor.id not in repr(tally)


def test_a_shop_may_have_a_ladder_of_its_own(
    shop: Shop, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ladder = """[{"code": "all", "titles": {"en": "All", "zh-CN": "\u5168"}, "spend": 0, "orders": 0},
        {"code": "vip", "titles": {"en": "VIP", "zh-CN": "\u8d35\u5bbe"}, "spend": 1, "orders": 1}]"""
    monkeypatch.setenv("SOUK_TIERS", ladder)
    settings.cache_clear()
    try:
        earned(shop, token, {TEA: 1})
        found: Any = tier_of(shop, token)
        assert (found["tier"]["code"], found["next"]) == ("vip", None)
    finally:
        monkeypatch.undo()
        settings.cache_clear()
