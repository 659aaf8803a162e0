"""Single-use codes and issues by API key: what the console's people may do, programs may."""

from typing import Any

import pytest

from chalicelib.aws import transact
from chalicelib.contexts.promotions.model.issues import Segment
from chalicelib.contexts.promotions.service import codes, issues
from chalicelib.kernel.actors import SYSTEM
from tests.conftest import Clock
from tests.makers.http import Reply
from tests.makers.issues import listed_members
from tests.makers.offers import a_campaign
from tests.makers.people import a_member
from tests.makers.round_trips import counted
from tests.makers.shop import Shop

DAY_S = 86_400


@pytest.fixture
def shop(stage: Clock) -> Shop:
    return Shop()


@pytest.fixture
def coded(shop: Shop) -> str:
    found: str = a_campaign(shop, shop.merchant(), single_codes=True, quantity=300)["id"]
    return found


def make(shop: Shop, campaign: str, count: Any, key: str = "first", by: str = "acme") -> Reply:
    headers = {**shop.merchant(by).authorization, "idempotency_key": key}
    return shop.http.post(
        f"/api/v1/merchant/campaigns/{campaign}/codes", {"count": count}, **headers
    )


def look(shop: Shop, path: str, by: str = "acme") -> Reply:
    return shop.http.get(f"/api/v1/merchant/campaigns/{path}", **shop.merchant(by).authorization)


def all_of(shop: Shop, path: str) -> list[Any]:
    """Every item of a list, page by page."""
    found, cursor = [], ""
    while True:
        page = look(shop, path + cursor).json()
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def left(shop: Shop, campaign: str) -> int:
    found: int = look(shop, campaign).json()["left"]
    return found


class TestCodes:
    def test_they_are_made_once_under_a_key_and_listed_by_batch(
        self, shop: Shop, coded: str
    ) -> None:
        first = make(shop, coded, 200)
        again = make(shop, coded, 200)
        assert (first.status, again.status, again.text) == (201, 201, first.text)
        assert make(shop, coded, 201).json()["code"] == "idempotency.key_reused"
        other = make(shop, coded, 3, "second").json()
        assert first.json() == {"batch": first.json()["batch"], "count": 200}
        found = all_of(shop, f"{coded}/codes?limit=70")
        assert [one["code"] for one in found] == codes.every(shop.merchant().actor, coded)
        assert len({one["code"] for one in found}) == 203
        where = first.headers["location"].partition("/campaigns/")[2]
        assert all_of(shop, where) == found[:200]
        assert [one["batch"] for one in found[200:]] == 3 * [other["batch"]]
        assert left(shop, coded) == 97

    def test_a_page_of_codes_that_were_made_one_by_one_is_full(
        self, shop: Shop, coded: str
    ) -> None:
        for number in range(8):
            assert make(shop, coded, 1, f"one-{number}").status == 201
        with counted() as trips:
            page = look(shop, f"{coded}/codes?limit=6").json()
        assert (len(page["items"]), bool(page["next_cursor"])) == (6, True)
        assert len(trips) <= 4
        assert len(all_of(shop, f"{coded}/codes?limit=3")) == 8

    def test_a_call_that_died_goes_on_under_its_key(
        self, shop: Shop, coded: str, monkeypatch: pytest.MonkeyPatch, stage: Clock
    ) -> None:
        commit, calls = transact.commit, iter(range(9))

        def dies_at_the_second(writes: Any) -> None:
            if next(calls) == 1:
                raise ConnectionError
            commit(writes)

        with monkeypatch.context() as dying:
            dying.setattr(transact, "commit", dies_at_the_second)
            assert make(shop, coded, 150).status == 500
        assert left(shop, coded) == 210
        reply = make(shop, coded, 150)
        assert (reply.status, left(shop, coded)) == (201, 150)
        assert len(all_of(shop, f"{coded}/codes?batch={reply.json()['batch']}")) == 150
        stage.forward(2 * DAY_S)
        assert make(shop, coded, 1, "late").json()["code"] == "promotions.campaign_closed"

    def test_what_cannot_be_made_is_refused_and_makes_nothing(self, shop: Shop, coded: str) -> None:
        plain = a_campaign(shop, shop.merchant())["id"]
        for reply, told in (
            (make(shop, coded, 301), "promotions.campaign_exhausted"),
            (make(shop, coded, 0, "none"), "request.malformed"),
            (make(shop, coded, codes.MADE_AT_ONCE_MAX + 1, "many"), "request.malformed"),
            (make(shop, plain, 1), "promotions.no_such_campaign"),
            (make(shop, coded, 1, by="bolt"), "promotions.no_such_campaign"),
            (look(shop, f"{coded}/codes", by="bolt"), "promotions.no_such_campaign"),
            (look(shop, f"{plain}/codes"), "promotions.no_such_campaign"),
            (look(shop, f"{coded}/codes?batch=a%23b"), "request.malformed"),
        ):
            assert reply.json()["code"] == told
        assert all_of(shop, f"{coded}/codes?limit=5") == []
        assert make(shop, coded, 300).status == 201


class TestIssues:
    def test_a_merchant_sees_and_pauses_what_is_handed_out_of_its_own(
        self, shop: Shop, stage: Clock
    ) -> None:
        listed_members(2)
        actor, _ = a_member()
        campaigns = [a_campaign(shop, shop.merchant())["id"] for _ in range(2)]
        made = [
            issues.start_issue(SYSTEM, campaigns[0], Segment(members=(actor.id,) * times)).id
            for times in (1, 0)
        ]
        (newest, named) = look(shop, f"{campaigns[0]}/issues?limit=5").json()["items"]
        assert [newest["id"], named["id"]] == made[::-1]
        assert (named["state"], named["members"], named["issued"]) == ("running", 1, 0)
        assert actor.id not in look(shop, f"{campaigns[0]}/issues").text
        for campaign, is_paused, state in (
            (campaigns[0], True, "paused"),
            (campaigns[0], True, "paused"),
            (campaigns[0], False, "running"),
        ):
            assert change(shop, campaign, made[0], paused=is_paused).json()["state"] == state
        assert change(shop, campaigns[1], made[0], paused=True).status == 404
        assert change(shop, campaigns[0], made[0], paused=True, by="bolt").status == 404
        assert look(shop, f"{campaigns[0]}/issues", by="bolt").status == 404
        assert issues.progress_of(SYSTEM, made[0]).state == "running"

    def test_a_page_of_issues_is_read_in_few_round_trips(self, shop: Shop) -> None:
        campaign = a_campaign(shop, shop.merchant())["id"]
        for _ in range(5):
            issues.start_issue(SYSTEM, campaign, Segment())
        with counted() as trips:
            page = look(shop, f"{campaign}/issues?limit=4").json()
        assert (len(page["items"]), bool(page["next_cursor"])) == (4, True)
        assert len(trips) <= 4


def change(shop: Shop, campaign: str, issue: str, *, paused: bool, by: str = "acme") -> Reply:
    path = f"/api/v1/merchant/campaigns/{campaign}/issues/{issue}"
    return shop.http.patch(path, {"paused": paused}, **shop.merchant(by).authorization)
