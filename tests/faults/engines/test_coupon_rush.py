"""Coupons and quotas that everybody wants at once: exactly as many as there are, and none twice."""

import pytest

from tests.makers import invariants
from tests.makers.engines import staged
from tests.makers.engines.market import Market, count
from tests.makers.offers import a_campaign, an_offer, claim, claimed, put_coupon
from tests.makers.people import a_member
from tests.makers.scale import pick, tell
from tests.makers.shop import gbp

SUITE = "engines"
MEMBERS, QUOTA, BUYERS, CARTS = 8, 20, 80, 5


@pytest.fixture
def market(engine, crowd, clock):
    with staged(engine, clock) as world:
        yield Market(world, crowd)


def test_a_rush_on_coupons_takes_exactly_what_there_is(market, engine_name):
    coupons, claims = pick((40, 160), (1_000, 5_000))
    market.goods("TEA", 1)
    made = a_campaign(market.shop, market.shop.merchant(), quantity=coupons, per_member=claims)
    tokens = [a_member(f"m{number}@b.example")[1] for number in range(MEMBERS)]
    answers = market.race(
        [claim(market.pen, made["id"], tokens[number % MEMBERS]) for number in range(claims)]
    )
    assert count(answers) == {
        (201, ""): coupons,
        (409, "promotions.campaign_exhausted"): claims - coupons,
    }
    codes = {answer.value["code"] for answer in answers if answer.status == 201}
    assert len(codes) == coupons
    (left,) = market.shop.http.get("/api/v1/campaigns").json()["items"]
    assert left["left"] == 0
    invariants.check(market.counted, with_journal=False)
    tell(SUITE, f"claims for {coupons} coupons on {engine_name}, exactly {coupons} given", claims)


def test_one_claim_each_however_often_it_is_asked_for(market):
    market.goods("TEA", 1)
    made = a_campaign(market.shop, market.shop.merchant(), quantity=40, per_member=1)
    tokens = [a_member(f"m{number}@b.example")[1] for number in range(2)]
    answers = market.race([claim(market.pen, made["id"], tokens[n % 2]) for n in range(16)])
    assert count(answers) == {(201, ""): 2, (409, "promotions.already_claimed"): 14}
    invariants.check(market.counted, with_journal=False)


def test_a_coupon_in_five_checkouts_is_used_once(market):
    sku = market.goods("TEA", 50)
    made = a_campaign(market.shop, market.shop.merchant())
    _, token = a_member()
    code = claimed(market.shop, made["id"], token)["code"]
    carts = market.carts(sku, CARTS)
    for cart in carts:
        headers = {"authorization": f"Bearer {token}"}
        assert put_coupon(market.shop, cart, code, **headers).status == 200
    answers = market.race([market.pen.checkout(cart) for cart in carts])
    assert count(answers) == {(201, ""): 1, (409, "promotions.coupon_used"): CARTS - 1}
    invariants.check(market.counted, with_journal=False)


def test_a_quota_is_sold_to_the_last_unit_and_nobody_pays_more_unasked(market):
    sku = market.goods("TEA", 500)
    an_offer(market.shop, market.shop.merchant(), quota=QUOTA)
    seen = gbp(900 + 400)
    answers = market.race(
        [market.pen.checkout(cart, expected_total=seen) for cart in market.carts(sku, BUYERS)]
    )
    assert count(answers) == {
        (201, ""): QUOTA,
        (409, "orders.price_changed"): BUYERS - QUOTA,
    }
    assert market.shop.stock(sku) == (500 - QUOTA, QUOTA)
    invariants.check(market.counted, with_journal=False)
