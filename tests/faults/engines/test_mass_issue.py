"""Coupons for everybody, with workers that die all the time: one each, exactly."""

from random import Random

import pytest

from chalicelib.aws import reads
from chalicelib.contexts.promotions import store
from chalicelib.contexts.promotions.model.issues import IssueState, Segment
from chalicelib.contexts.promotions.service import issues
from chalicelib.kernel.actors import SYSTEM
from tests.makers.engines import staged
from tests.makers.issues import Deadly, Killed, listed_members
from tests.makers.offers import a_campaign
from tests.makers.scale import pick, tell
from tests.makers.shop import Shop

SUITE = "engines"
CALLS_A_CHUNK = 7
PAGE = 1_000


@pytest.fixture
def shop(engine, clock):
    with staged(engine, clock):
        shop = Shop()
        shop.goods()
        yield shop


def test_everybody_gets_one_whoever_dies(shop, engine_name):
    count, kills = pick(170, 100_000), pick(5, 50)
    if engine_name != "dynamodb-local":
        count, kills = 85, 2
    members = listed_members(count)
    campaign = a_campaign(shop, shop.merchant(), quantity=count + 600)["id"]
    calls = CALLS_A_CHUNK * max(count // 85, 16)
    queue = Deadly(Random(f"issue {count}"), kills, max(1, calls // (kills + 1)))
    with queue.running():
        issue = begun(queue, campaign)
        while not is_over(queue, issue):
            queue.drain()
            survived(queue, issues.push_issues)
    found = issues.progress_of(SYSTEM, issue)
    held = holders(found.issue, members)
    assert (queue.kills, found.issued, held) == (kills, count, count)
    (left,) = shop.http.get("/api/v1/campaigns").json()["items"]
    assert left["left"] == 600
    if engine_name == "dynamodb-local":
        units = f"{queue.units / count:.2f}"
        tell(SUITE, f"members who got one coupon each, {kills} workers killed", count)
        tell(SUITE, "capacity units a coupon handed out, with those of killed workers", units)


def begun(queue: Deadly, campaign: str) -> str:
    """Start an issue; who died while asking asks again."""
    while True:
        try:
            return issues.start_issue(SYSTEM, campaign, Segment(), key="everybody").id
        except Killed:
            assert queue.kills


def is_over(queue: Deadly, issue: str) -> bool:
    """Whether all is done; who died while looking does not know."""
    try:
        return issues.progress_of(SYSTEM, issue).state is IssueState.DONE
    except Killed:
        assert queue.kills
        return False


def survived(queue: Deadly, call) -> None:
    try:
        call()
    except Killed:
        assert queue.kills


def holders(issue, members) -> int:
    """How many of these members hold the coupon of an issue."""
    keys = [store.coupon_key(one, issues.code_for(issue, one)) for one in members]
    found = 0
    for start in range(0, len(keys), PAGE):
        found += sum(row is not None for row in reads.batch(keys[start : start + PAGE]))
    return found
