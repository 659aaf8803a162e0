"""The demo's plan, and the program that brings it in through the shop's own address."""

import asyncio
import csv
import io
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from infra.local.demo import plan as plans
from infra.local.demo import shop as shops
from infra.local.demo.shop import Shop
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
