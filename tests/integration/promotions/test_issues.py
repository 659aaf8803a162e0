"""Coupons handed out: to everybody or to some, one each, paused and resumed, and never more than there
are.
"""

from random import Random
from typing import Any

import pytest

from chalicelib.aws import transact
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.identity.service import listing
from chalicelib.contexts.identity.store.listing import entered
from chalicelib.contexts.identity.store.listing import left as unlisted
from chalicelib.contexts.promotions.model.issues import (
    CHUNK_MEMBERS,
    HandOut,
    IssueState,
    NoIssue,
    NotToBeIssued,
    Segment,
)
from chalicelib.contexts.promotions.service import campaigns, issues
from chalicelib.kernel import clock
from chalicelib.kernel.actors import SYSTEM
from chalicelib.kernel.errors import Forbidden, Malformed
from tests.conftest import Clock
from tests.makers import rows
from tests.makers.invariants import check
from tests.makers.issues import Deadly, listed_members
from tests.makers.offers import a_campaign, put_coupon
from tests.makers.people import a_member
from tests.makers.points import bearer, earned
from tests.makers.pump import strike
from tests.makers.shop import Shop

DAY_S = 86_400
MANY = 3 * CHUNK_MEMBERS


@pytest.fixture
def shop(stage: Clock) -> Shop:
    shop = Shop()
    shop.goods(price=10_000, stock=90)
    return shop


def campaign(shop: Shop, quantity: int = 1_000, **changes: Any) -> str:
    found: str = a_campaign(shop, shop.merchant(), quantity=quantity, **changes)["id"]
    return found


def safe(seed: int = 1) -> Deadly:
    return Deadly(Random(seed), kills=0, calls_a_kill=1)


def holders() -> list[str]:
    """Who holds a coupon, as often as they hold one."""
    return sorted(
        row["pk"]["S"].removeprefix("MEMBER#") for row in rows.of_kind("promotions", "COUPON")
    )


def left(shop: Shop) -> int:
    (found,) = shop.http.get("/api/v1/campaigns").json()["items"]
    return int(found["left"])


def handed_out(campaign_id: str) -> tuple[str, list[HandOut]]:
    """An issue that is done, and the messages by which its chunks were handed out."""
    with safe().running() as queue:
        issue = issues.start_issue(SYSTEM, campaign_id, Segment())
        queue.drain()
    places = [row["sk"]["S"].split("#") for row in rows.of_kind("promotions", "ISSUE_CHUNK")]
    return issue.id, [HandOut(issue.id, int(shard), first) for _, shard, first in places]


class TestEverybody:
    def test_each_member_gets_one(self, shop: Shop) -> None:
        members = listed_members(MANY)
        with safe().running() as queue:
            issue = issues.start_issue(SYSTEM, campaign(shop), Segment())
            queue.drain()
        found = issues.progress_of(SYSTEM, issue.id)
        assert holders() == sorted(members)
        assert (found.state, found.members, found.issued) == (IssueState.DONE, MANY, MANY)
        assert (found.short, found.skipped, found.chunks_done) == (0, 0, found.chunks)
        assert left(shop) == 1_000 - MANY

    def test_workers_that_die_give_none_twice_and_forget_none(self, shop: Shop) -> None:
        members = listed_members(MANY)
        with Deadly(Random(7), kills=12, calls_a_kill=12).running() as queue:
            for _ in range(20):
                try:
                    issue = issues.start_issue(SYSTEM, _once(shop), Segment(), key="spring")
                except BaseException:  # noqa: BLE001 - whoever asks asks again
                    continue
                queue.drain()
                issues.push_issues()
                queue.drain()
                break
        assert queue.kills == 12
        assert holders() == sorted(members)
        assert issues.progress_of(SYSTEM, issue.id).state is IssueState.DONE
        assert left(shop) == 1_000 - MANY

    def test_there_are_no_more_than_the_campaign_has(self, shop: Shop) -> None:
        listed_members(MANY)
        with safe().running() as queue:
            issue = issues.start_issue(SYSTEM, campaign(shop, 100), Segment())
            queue.drain()
        found = issues.progress_of(SYSTEM, issue.id)
        assert (found.issued, found.short, found.state) == (100, MANY - 100, IssueState.DONE)
        assert len(holders()) == 100
        assert left(shop) == 0

    def test_it_pauses_and_goes_on(self, shop: Shop) -> None:
        members = listed_members(MANY)
        with safe().running() as queue:
            issue = issues.start_issue(SYSTEM, campaign(shop), Segment())
            queue.drain(until=lambda: len(holders()) > 20)
            assert issues.pause_issue(SYSTEM, issue.id).state is IssueState.PAUSED
            before = holders()
            queue.drain()
            assert holders() == before
            assert queue.waiting == []
            assert issues.resume_issue(SYSTEM, issue.id).state is IssueState.RUNNING
            queue.drain()
        assert holders() == sorted(members)
        assert issues.progress_of(SYSTEM, issue.id).state is IssueState.DONE
        assert issues.pause_issue(SYSTEM, issue.id).state is IssueState.DONE

    def test_lost_messages_are_sent_again_by_the_clock(self, shop: Shop) -> None:
        members = listed_members(CHUNK_MEMBERS)
        with safe().running() as queue:
            issues.start_issue(SYSTEM, campaign(shop), Segment())
            queue.waiting = queue.waiting[:3]
            queue.drain()
            assert len(holders()) < len(members)
            strike("promotions_push_issues")
            queue.drain()
        assert holders() == sorted(members)


class TestSome:
    def test_on_a_day_to_those_who_were_members_before(self, shop: Shop, stage: Clock) -> None:
        old = listed_members(5)
        stage.forward(DAY_S)
        since = clock.iso(clock.now())
        young = listed_members(5)
        stage.forward(60)
        festival = clock.iso(clock.later(clock.now(), 7_200))
        with safe().running() as queue:
            issue = issues.start_issue(
                SYSTEM, campaign(shop), Segment(until=since), starts_at=festival
            )
            other = issues.start_issue(SYSTEM, campaign(shop), Segment(since=since))
            queue.drain()
            assert issues.progress_of(SYSTEM, issue.id).state is IssueState.SCHEDULED
            assert issues.progress_of(SYSTEM, other.id).issued == 5
            assert holders() == sorted(young)
            strike("promotions_push_issues")
            assert issues.progress_of(SYSTEM, issue.id).state is IssueState.SCHEDULED
            stage.forward(7_200)
            strike("promotions_push_issues")
            queue.drain()
        assert holders() == sorted([*old, *young])

    def test_to_a_tier(self, shop: Shop, stage: Clock) -> None:
        actor, token = a_member()
        earned(shop, token, {"acme.TEA": 6})
        listed_members(5)
        stage.forward(60)
        with safe().running() as queue:
            segment = Segment(tiers=frozenset({"silver", "gold"}))
            issue = issues.start_issue(SYSTEM, campaign(shop), segment)
            queue.drain()
        found = issues.progress_of(SYSTEM, issue.id)
        assert (found.issued, found.skipped) == (1, 5)
        assert holders() == [actor.id]
        (coupon,) = shop.http.get("/api/v1/me/coupons", **bearer(token)).json()["items"]
        assert coupon["state"] == "held"

    def test_to_those_who_are_named_and_are_members(self, shop: Shop) -> None:
        actor, _ = a_member()
        with safe().running() as queue:
            segment = Segment(members=(actor.id, "acc_00000000000000000000000000"))
            issue = issues.start_issue(SYSTEM, campaign(shop), segment)
            queue.drain()
        assert holders() == [actor.id]
        assert issues.progress_of(SYSTEM, issue.id).state is IssueState.DONE

    def test_what_went_to_who_left_meanwhile_goes_back_once(self, shop: Shop, stage: Clock) -> None:
        leaver, *others = listed_members(4)
        stage.forward(60)
        issue, handed = handed_out(campaign(shop))
        assert left(shop) == 1_000 - 4
        transact.commit([unlisted(leaver)])
        for message in (*handed, *handed):
            issues.hand_out(message)
        found = issues.progress_of(SYSTEM, issue)
        assert (found.issued, found.skipped, found.seen) == (3, 1, found.members)
        assert holders() == sorted(others)
        assert left(shop) == 1_000 - 3
        check({"acme.TEA": 90}, with_journal=False)

    def test_what_who_left_has_used_is_removed_and_counts(self, shop: Shop, stage: Clock) -> None:
        actor, token = a_member()
        stage.forward(60)
        issue, handed = handed_out(campaign(shop))
        (coupon,) = shop.http.get("/api/v1/me/coupons", **bearer(token)).json()["items"]
        cart = shop.cart({"acme.TEA": 1})
        assert put_coupon(shop, cart, coupon["code"], **bearer(token)).status == 200
        assert shop.checkout(cart, headers=bearer(token)).status == 201
        transact.commit([unlisted(actor.id)])
        for message in handed:
            issues.hand_out(message)
        assert holders() == []
        assert issues.progress_of(SYSTEM, issue).issued == 1
        assert left(shop) == 1_000 - 1

    def test_one_that_is_paused_before_its_time_waits_for_it(
        self, shop: Shop, stage: Clock
    ) -> None:
        members = listed_members(5)
        stage.forward(60)
        starts_at = clock.iso(clock.later(clock.now(), 7_200))
        with safe().running() as queue:
            issue = issues.start_issue(SYSTEM, campaign(shop), Segment(), starts_at=starts_at)
            assert issues.pause_issue(SYSTEM, issue.id).state is IssueState.PAUSED
            assert issues.resume_issue(SYSTEM, issue.id).state is IssueState.SCHEDULED
            queue.drain()
            assert holders() == []
            stage.forward(7_200)
            strike("promotions_push_issues")
            queue.drain()
        assert holders() == sorted(members)

    def test_a_campaign_that_is_stopped_keeps_its_members_waiting(self, shop: Shop) -> None:
        members = listed_members(5)
        campaign_id = campaign(shop)
        seller = shop.merchant().actor
        campaigns.stop(seller, campaign_id, is_stopped=True)
        with safe().running() as queue:
            issue = issues.start_issue(SYSTEM, campaign_id, Segment())
            queue.drain()
            assert (holders(), issues.progress_of(SYSTEM, issue.id).chunks_done) == ([], 0)
            campaigns.stop(seller, campaign_id, is_stopped=False)
            strike("promotions_push_issues")
            queue.drain()
        assert holders() == sorted(members)
        assert issues.progress_of(SYSTEM, issue.id).state is IssueState.DONE

    def test_who_is_listed_late_takes_nobodys_place(self, shop: Shop) -> None:
        late, *members = sorted(listed_members(CHUNK_MEMBERS + 1))
        shard = listing.shard_of(late)
        own = [one for one in members if listing.shard_of(one) == shard]
        transact.commit([unlisted(late)])
        with safe().running() as queue:
            issue = issues.start_issue(SYSTEM, campaign(shop), Segment())
            queue.drain(until=lambda: issues.progress_of(SYSTEM, issue.id).shards_planned == 16)
            transact.commit([entered(late)])
            queue.drain()
        assert own
        assert holders() == sorted(members)


class TestRefusals:
    def test_only_the_platform_hands_out_and_no_other_merchant_pauses(self, shop: Shop) -> None:
        seller, campaign_id = shop.merchant().actor, campaign(shop)
        with pytest.raises(Forbidden):
            issues.start_issue(seller, campaign_id, Segment())
        issue = issues.start_issue(SYSTEM, campaign_id, Segment())
        assert issues.pause_issue(seller, issue.id).state is IssueState.PAUSED
        for move in (issues.pause_issue, issues.resume_issue):
            with pytest.raises(NoIssue):
                move(shop.merchant("bolt").actor, issue.id)

    def test_not_what_has_a_code_or_is_over(self, shop: Shop, stage: Clock) -> None:
        coded = campaign(shop, code="SPRING")
        with pytest.raises(NotToBeIssued):
            issues.start_issue(SYSTEM, coded, Segment())
        over = campaign(shop)
        stage.forward(2 * DAY_S)
        with pytest.raises(NotToBeIssued):
            issues.start_issue(SYSTEM, over, Segment())

    def test_a_segment_that_cannot_be_read(self, shop: Shop) -> None:
        segment = Segment(since="soon", tiers=frozenset({"tin"}), members=("acc_1",) * 501)
        with pytest.raises(Malformed) as refused:
            issues.start_issue(SYSTEM, campaign(shop), segment)
        assert [one.field for one in refused.value.errors] == ["tiers", "members", "since"]

    def test_another_merchant_sees_nothing_of_it(self, shop: Shop) -> None:
        issue = issues.start_issue(SYSTEM, campaign(shop), Segment())
        assert issues.progress_of(shop.merchant().actor, issue.id).issue == issue
        with pytest.raises(NoIssue):
            issues.progress_of(shop.merchant("bolt").actor, issue.id)


def test_a_member_is_listed_until_the_account_is_closed(stage: Clock) -> None:
    actor, _ = a_member()
    shard = listing.shard_of(actor.id)
    assert listing.members_between(shard, "acc_", "acc_~", 5) == [actor.id]
    transact.commit(identity.closing(actor.id))
    assert listing.members_between(shard, "acc_", "acc_~", 5) == []


_made: dict[int, str] = {}


def _once(shop: Shop) -> str:
    """One campaign for all attempts."""
    found = _made.get(id(shop))
    if found is None:
        found = _made[id(shop)] = campaign(shop)
    return found
