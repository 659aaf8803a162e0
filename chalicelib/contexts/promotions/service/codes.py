"""Single-use codes: made by the thousand, each good for whoever has it, once."""

import re
from collections.abc import Sequence

from chalicelib.aws import retries, secrets, transact
from chalicelib.aws.transact import Write
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
from chalicelib.contexts.promotions.store.codes import CODES_A_BATCH
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Busy, FieldError, Malformed
from chalicelib.kernel.paging import PAGE_SIZE, Page
from chalicelib.kernel.shards import choose, home_shard

MADE_AT_ONCE_MAX = 5_000
"""What one call makes in a few seconds; who needs more asks again."""
CODE_LENGTH = 14
KEY = re.compile(r"[0-9A-Za-z_-]{1,64}")


def make(
    actor: Actor, campaign_id: str, quantity: int, *, key: str, record: Write | None = None
) -> Campaign:
    """Make so many codes of a campaign of the actor's. Asked again under the same key, it goes on where
    it stopped and makes no more than that. `record` is written with the first codes.

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
    sizes = dict(enumerate(_sizes(quantity)))
    missing = sorted(set(sizes) - rows.made_under(campaign_id, key))
    if missing and clock.now() >= campaign.ends_at:
        raise CampaignClosed
    left = campaign_rows.left_of([campaign])[campaign.id]
    if sum(left) < sum(sizes[number] for number in missing):
        raise CampaignExhausted
    for number in missing:
        beside = [record] if record is not None and number == missing[0] else []
        left = _made(campaign, (key, number), sizes[number], left, beside)
    return campaign


def every(actor: Actor, campaign_id: str) -> list[str]:
    """Read all codes of a campaign of the actor's. Refuses `promotions.no_such_campaign`."""
    return rows.every(_coded(actor, campaign_id).id)


def some(
    actor: Actor, campaign_id: str, key: str = "", *, limit: int = PAGE_SIZE, cursor: str = ""
) -> Page[tuple[str, str]]:
    """A page of a campaign's codes, each with the key that it was made under; of one key where it is
    named. Two round trips, three where many were made one by one.

    Refuses `promotions.no_such_campaign` and `request.bad_cursor`.
    """
    return rows.page(_coded(actor, campaign_id).id, key, limit, cursor)


def _coded(actor: Actor, campaign_id: str) -> Campaign:
    campaign = campaigns.one(actor, campaign_id)
    if not campaign.has_single_codes:
        raise NoCampaign
    return campaign


def _sizes(quantity: int) -> list[int]:
    whole, rest = divmod(quantity, CODES_A_BATCH)
    return [CODES_A_BATCH] * whole + [rest] * bool(rest)


def _made(
    campaign: Campaign,
    batch: tuple[str, int],
    size: int,
    left: list[int],
    beside: Sequence[Write],
) -> list[int]:
    """Make one batch, this key's of this number; returns what is then left in each row, as far as this
    call knows.
    """
    key, number = batch
    starts_at = max(clock.now(), campaign.starts_at)
    home = home_shard(f"{key}#{number}", campaign.shards)
    names = [_named(f"{campaign.id}#{key}#{number}#{place}") for place in range(size)]
    coupons = [issued(campaign, ANYBODY, name, starts_at) for name in names]
    for attempt in range(retries.ROUNDS_MAX):
        parts = choose(size, left, home)
        if parts is None:
            raise CampaignExhausted
        try:
            transact.commit([*beside, *rows.make(campaign, key, number, coupons, parts)])
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
