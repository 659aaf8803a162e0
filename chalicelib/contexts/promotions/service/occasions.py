"""Coupons that members get on an occasion: once for each, however often it is told."""

from collections.abc import Callable

from chalicelib.aws import outbox, retries, transact
from chalicelib.aws.observe import logger
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.promotions.model.campaigns import Campaign, issued
from chalicelib.contexts.promotions.model.occasions import Occasion
from chalicelib.contexts.promotions.model.refusals import AlreadyClaimed, LimitReached
from chalicelib.contexts.promotions.service.campaigns import coupon_issued
from chalicelib.contexts.promotions.service.deriving import derived_code
from chalicelib.contexts.promotions.store import campaigns as rows
from chalicelib.kernel import clock
from chalicelib.kernel.errors import Busy, NotFound
from chalicelib.kernel.shards import choose, home_shard


def meet(
    occasion: Occasion, member_id: str, cause: str, at: str, fits: Callable[[Campaign], bool]
) -> int:
    """Give a member the coupons of all campaigns for an occasion that fit; returns how many there
    were. `cause` names this one occasion, `at` is when it was (RFC 3339).
    """
    given = 0
    for campaign in rows.occasional(occasion, clock.now()):
        if campaign.is_open(clock.now()) and fits(campaign):
            given += _give(campaign, member_id, cause, at)
    return given


def _give(campaign: Campaign, member_id: str, cause: str, at: str) -> bool:
    code = derived_code(f"{campaign.id} {cause}", at)
    coupon = issued(campaign, member_id, code, clock.now())
    trigger = campaign.trigger
    assert trigger is not None, "only such campaigns are found"
    shard = home_shard(member_id, campaign.shards)
    beside = [
        identity.still_open(member_id),
        outbox.write(coupon_issued(campaign, coupon, trigger.on)),
    ]
    for attempt in range(retries.ROUNDS_MAX):
        try:
            transact.commit([*rows.claim(campaign, coupon, shard), *beside])
        except LimitReached:
            found = choose(1, rows.left_of([campaign])[campaign.id], shard)
            if found is None:
                logger().info("no coupons left", extra={"campaign": campaign.id})
                return False
            ((shard, _),) = found
            retries.pause(attempt)
        except (AlreadyClaimed, NotFound, transact.ConditionFailed):
            return False  # given before, had as many as one may have, or gone
        else:
            return True
    raise Busy
