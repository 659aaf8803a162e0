"""The demo's plan, and the program that brings it in through the shop's own address."""

import asyncio
import csv
import io
import json
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from chalicelib.contexts.promotions.api.bodies import OfferBody, wish_of
from chalicelib.contexts.promotions.api.coupons import CampaignBody, campaign_wish_of
from infra.local.demo import plan as plans
from infra.local.demo import shop as shops
from infra.local.demo.load import OFFERS, _offer
from infra.local.demo.shop import Answer, Shop
from infra.local.door.server import Response
from infra.local.problems import LocalProblem

ROOT = Path(__file__).resolve().parents[3]
SHOP_URL = "http://127.0.0.1:8123"
PRODUCTS_LEAST = 60


@pytest.fixture(scope="module")
def plan():
    return plans.read()


def rows(plan):
    for merchant in plan.merchants:
        for catalogue in merchant.catalogues:
            for part in merchant.csv(catalogue, SHOP_URL):
                yield from csv.DictReader(io.StringIO(part.decode()))


def test_merchants_have_an_address_each_and_one_currency(plan):
    assert len(plan.merchants) >= 3
    assert len({one.email for one in plan.merchants}) == len(plan.merchants)
    assert len({one.currency for one in plan.merchants}) == 1
    assert all({"en", "zh-CN"} <= set(one.names) for one in plan.merchants)


def test_every_merchant_delivers_at_home_and_nowhere_is_excluded(plan):
    for merchant in plan.merchants:
        kinds = [method["kind"] for method in merchant.delivery_methods]
        assert "home" in kinds
        assert not any("countries" in method for method in merchant.delivery_methods)


def test_there_are_products_enough(plan):
    assert len({row["Handle"] for row in rows(plan)}) >= PRODUCTS_LEAST


def test_the_newest_products_are_of_several_merchants(plan):
    for merchant in plan.merchants:
        for catalogue in merchant.catalogues:
            older, newest = (
                {row["Handle"] for row in csv.DictReader(io.StringIO(part.decode()))}
                for part in merchant.csv(catalogue, SHOP_URL)
            )
            assert len(newest) == plans.NEWEST
            assert older
            assert not older & newest


def test_offers_are_sound_in_both_languages_and_name_what_is_there(plan):
    made = [(merchant, body) for merchant in plan.merchants for body in merchant.offers]
    assert {body["kind"] for _, body in made} == {"percent_off", "amount_off", "gift"}
    known = {one["id"] for one in plan.categories["categories"]}
    for merchant, described in made:
        assert set(described["titles"]) == {"en", "zh-CN"}
        times = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2027-01-01T00:00:00Z"}
        told = {"title": described["titles"]["en"], **described, **times}
        wish = wish_of(msgspec.convert(told, OfferBody))
        assert set(wish.categories) <= known
        if described["kind"] == "gift":
            text = merchant.catalogues[0].read_text(encoding="utf-8")
            sold = {row["Variant SKU"] for row in csv.DictReader(io.StringIO(text))}
            assert described["value"]["sku"].removeprefix(f"{merchant.code}.") in sold


def test_campaigns_are_sound(plan):
    made = [body for merchant in plan.merchants for body in merchant.campaigns]
    assert len(made) == 2
    for described in made:
        assert set(described["titles"]) == {"en", "zh-CN"}
        times = {"starts_at": "2026-01-01T00:00:00Z", "ends_at": "2027-01-01T00:00:00Z"}
        told = {"title": described["titles"]["en"], **described, **times}
        wish = campaign_wish_of(msgspec.convert(told, CampaignBody))
        assert wish.coupon.titles == described["titles"]


def test_offers_are_made_once(plan):
    class Heard(Shop):
        def __init__(self):
            self.made = []

        def call(self, method, path, body=None, *, token="", **_):
            if method == "POST":
                self.made.append(body)
            return Answer(200, {"items": self.made})

    shop = Heard()
    (kiln,) = (one for one in plan.merchants if one.code == "kiln-and-fern")
    _offer(shop, OFFERS, kiln.offers, "key")
    _offer(shop, OFFERS, kiln.offers, "key")
    assert [one["title"] for one in shop.made] == ["£5 off from £30"]
    assert shop.made[0]["starts_at"] < shop.made[0]["ends_at"]


def test_pictures_are_files_of_the_shop(plan):
    pictures = {row["Image Src"] for row in rows(plan) if row["Image Src"]}
    assert len(pictures) >= PRODUCTS_LEAST
    for picture in pictures:
        assert picture.startswith(f"{SHOP_URL}/static/demo/")
        assert (ROOT / urlsplit(picture).path.removeprefix("/")).is_file()


def test_a_busy_shop_is_asked_again(run, upstream, monkeypatch):
    slept = []
    monkeypatch.setattr(shops.time, "sleep", slept.append)
    json_type = (b"Content-Type", b"application/json")
    upstream.answers = [
        Response(429, [(b"Retry-After", b"7")]),
        Response(503, []),
        Response(201, [json_type], b'{"id": "x"}'),
    ]

    async def scenario():
        port = await upstream.server.start(0)
        call = asyncio.to_thread(Shop(port).call, "POST", "/api/v1/members", {"a": 1}, token="t")
        answer = await call
        await upstream.server.stop()
        return answer

    answer = run(scenario)
    assert (answer.status, answer.body) == (201, {"id": "x"})
    assert slept == [7.0, 1.0]
    assert [json.loads(request.body) for request in upstream.requests] == [{"a": 1}] * 3
    assert upstream.requests[0].header(b"authorization") == b"Bearer t"


def test_a_refusal_is_quoted(run, upstream):
    upstream.answers = [Response(422, [(b"Content-Type", b"application/json")], b'{"code":"no"}')]

    async def scenario():
        port = await upstream.server.start(0)
        try:
            await asyncio.to_thread(Shop(port).call, "GET", "/api/v1/products")
        finally:
            await upstream.server.stop()

    with pytest.raises(LocalProblem, match=r"GET /api/v1/products was answered with 422.*no"):
        run(scenario)
