"""Single-use codes: made by the thousand, each good for whoever has it, once."""

import re

from chalicelib.aws import retries, secrets, transact
from chalicelib.contexts.promotions.model.campaigns import ANYBODY, Campaign, issued
from chalicelib.contexts.promotions.model.refusals import (
    CampaignClosed,
    CampaignExhausted,
    CodesMade,
    LimitReached,
    NoCampaign,
)
from chalicelib.contexts.promotions.service import campaigns
from chalicelib.contexts.promotions.store import campaigns as campaign_rows
from chalicelib.contexts.promotions.store import codes as rows
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Busy, FieldError, Malformed
from chalicelib.kernel.shards import choose, home_shard

MADE_AT_ONCE_MAX = 5_000
"""What one call makes in a few seconds; who needs more asks again."""
CODES_A_BATCH = 90
"""With their batch and all rows of the quantity they fit into one transaction."""
CODE_LENGTH = 14
KEY = re.compile(r"[0-9A-Za-z_-]{1,64}")


def make(actor: Actor, campaign_id: str, quantity: int, *, key: str) -> Campaign:
    """Make so many codes of a campaign of the actor's. Asked again under the same key, it goes on where
    it stopped and makes no more than that.

    Refuses `promotions.no_such_campaign`, also for one whose coupons have no codes of their own,
    `promotions.campaign_closed` for one that is over, `promotions.campaign_exhausted` where fewer are
    left, and `request.malformed`.
    """
    campaign = _coded(actor, campaign_id)
    if not 1 <= quantity <= MADE_AT_ONCE_MAX:
        detail = f"Between 1 and {MADE_AT_ONCE_MAX} codes are made at once"
        raise Malformed(detail, errors=[FieldError("codes", "out_of_range", detail)])
    if KEY.fullmatch(key) is None:
        raise Malformed("The key is none", errors=[FieldError("key", "invalid", "Not a key")])
    if clock.now() >= campaign.ends_at:
        raise CampaignClosed
    sizes = dict(enumerate(_sizes(quantity)))
    missing = sorted(set(sizes) - rows.made_under(campaign_id, key))
    left = campaign_rows.left_of([campaign])[campaign.id]
    if sum(left) < sum(sizes[number] for number in missing):
        raise CampaignExhausted
    for number in missing:
        left = _made(campaign, key, number, sizes[number], left)
    return campaign


def every(actor: Actor, campaign_id: str) -> list[str]:
    """Read all codes of a campaign of the actor's. Refuses `promotions.no_such_campaign`."""
    return rows.every(_coded(actor, campaign_id).id)


def _coded(actor: Actor, campaign_id: str) -> Campaign:
    campaign = campaigns.one(actor, campaign_id)
    if not campaign.has_single_codes:
        raise NoCampaign
    return campaign


def _sizes(quantity: int) -> list[int]:
    whole, rest = divmod(quantity, CODES_A_BATCH)
    return [CODES_A_BATCH] * whole + [rest] * bool(rest)


def _made(campaign: Campaign, key: str, number: int, size: int, left: list[int]) -> list[int]:
    """Make one batch; returns what is then left in each row, as far as this call knows."""
    starts_at = max(clock.now(), campaign.starts_at)
    home = home_shard(f"{key}#{number}", campaign.shards)
    names = [_named(f"{campaign.id}#{key}#{number}#{place}") for place in range(size)]
    coupons = [issued(campaign, ANYBODY, name, starts_at) for name in names]
    for attempt in range(retries.ROUNDS_MAX):
        parts = choose(size, left, home)
        if parts is None:
            raise CampaignExhausted
        try:
            transact.commit(rows.make(campaign, key, number, coupons, parts))
        except CodesMade:
            return campaign_rows.left_of([campaign])[campaign.id]
        except LimitReached:
            left = campaign_rows.left_of([campaign])[campaign.id]
            retries.pause(attempt)
        else:
            taken = dict(parts)
            return [units - taken.get(shard, 0) for shard, units in enumerate(left)]
    raise Busy


def _named(place: str) -> str:
    """The code of a place: the same whenever it is made, and only we can reckon it."""
    return ids.spelt(int(secrets.sign("coupon codes", place), 16), CODE_LENGTH).upper()
