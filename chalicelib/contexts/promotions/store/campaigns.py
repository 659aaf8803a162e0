"""Campaigns and coupons: the writes by which they are made, claimed, used and given back."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from chalicelib.aws import reads, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.promotions.model.campaigns import Campaign, Coupon, CouponState
from chalicelib.contexts.promotions.model.occasions import Occasion
from chalicelib.contexts.promotions.model.refusals import (
    AlreadyClaimed,
    CodeTaken,
    CouponExpired,
    CouponUsed,
    LimitReached,
    OfferChanged,
    QuotaBelowUsed,
)
from chalicelib.contexts.promotions.store.rows import (
    CampaignItem,
    CampaignNameItem,
    ClaimsItem,
    CodeItem,
    CouponItem,
    QuotaItem,
    campaign_key,
    campaigns_of,
    claims_key,
    code_key,
    coupon_key,
    coupon_of,
    coupons_of,
    quota_key,
)
from chalicelib.kernel import clock
from chalicelib.kernel.errors import Refusal
from chalicelib.kernel.paging import Page
from chalicelib.kernel.shards import even_shares

OPEN = "CAMPAIGNS"
OCCASIONS = "OCCASIONS"
LAST = "~"


def campaign(campaign_id: str) -> Campaign | None:
    """Read a campaign. One round trip."""
    place = campaign_key(campaign_id)
    row = reads.get(CampaignItem, place.pk, place.sk)
    return row.campaign if row else None


def create(owner: str, made: Campaign) -> list[Write]:
    """Contribute a campaign with its quantity. Refuses `promotions.code_taken`."""
    place = campaign_key(made.id)
    writes = [
        transact.create(CampaignItem(place.pk, place.sk, campaign=made, version=made.version)),
        _named(campaigns_of(owner), f"CAMPAIGN#{made.id}", made.id),
    ]
    writes += [
        transact.create(_quota_row(made.id, shard, left=left, used=0))
        for shard, left in enumerate(even_shares(made.quantity, made.shards))
    ]
    if made.has_single_codes:
        return writes
    if made.trigger is not None:
        pk = f"{OCCASIONS}#{made.trigger.on}"
        return [*writes, _named(pk, f"{clock.iso(made.ends_at)}#{made.id}", made.id)]
    if not made.code:
        return [*writes, _named(OPEN, f"{clock.iso(made.ends_at)}#{made.id}", made.id)]
    code = code_key(made.code)
    row = CodeItem(code.pk, code.sk, campaign=made)
    return [*writes, transact.create(row, refuse=lambda _old: CodeTaken())]


def quota_rows(campaign: Campaign) -> list[QuotaItem]:
    """Read all rows of a campaign's quantity. One round trip."""
    keys = [quota_key(campaign.id, shard) for shard in range(campaign.shards)]
    return [row for row in reads.batch(keys) if row is not None]


def change(former: Campaign, made: Campaign, quotas: Sequence[QuotaItem]) -> list[Write]:
    """Contribute another form of a campaign, of the same times and code. `quotas` are all rows of its
    quantity as read, none where the quantity stays.

    Refuses `promotions.quota_below_used`, and `promotions.changed` where it is another by now.
    """
    place = campaign_key(made.id)
    row = CampaignItem(place.pk, place.sk, campaign=made, version=made.version)
    as_read = CampaignItem.version == former.version
    writes = [transact.put(row, as_read, refuse=lambda _old: OfferChanged())]
    if made.code:
        code = code_key(made.code)
        writes.append(transact.put(CodeItem(code.pk, code.sk, campaign=made), CodeItem.pk.exists()))
    return [*writes, *_requantified(made, quotas)]


def owned(owner: str, limit: int, cursor: str) -> Page[Campaign]:
    """A page of an owner's campaigns, newest first. Two round trips."""
    pk = campaigns_of(owner)
    page = reads.page(CampaignNameItem, pk, scope=pk, limit=limit, cursor=cursor, forward=False)
    return Page(many([row.campaign_id for row in page.items]), page.next_cursor)


def claimable(now: datetime, limit: int, cursor: str) -> Page[Campaign]:
    """A page of campaigns that have not ended, those that end first before the others. Two round
    trips.
    """
    page = reads.page(
        CampaignNameItem,
        OPEN,
        scope=OPEN,
        limit=limit,
        cursor=cursor,
        between=(clock.iso(now), LAST),
    )
    return Page(many([row.campaign_id for row in page.items]), page.next_cursor)


def occasional(occasion: Occasion, now: datetime) -> list[Campaign]:
    """The campaigns for an occasion that have not ended. Two round trips, one where there are none."""
    pk = f"{OCCASIONS}#{occasion}"
    rows = reads.query(CampaignNameItem, pk, between=(clock.iso(now), LAST))
    return many([row.campaign_id for row in rows.items])


def many(campaign_ids: Sequence[str]) -> list[Campaign]:
    """Read campaigns, in the order asked for."""
    rows = reads.batch([campaign_key(one) for one in campaign_ids]) if campaign_ids else []
    return [row.campaign for row in rows if row is not None]


def left_of(campaigns: Iterable[Campaign]) -> dict[str, list[int]]:
    """Read what is left of campaigns, row by row. One round trip a hundred rows."""
    wanted = list(campaigns)
    keys = [quota_key(one.id, shard) for one in wanted for shard in range(one.shards)]
    rows = iter(reads.batch(keys)) if keys else iter(())
    return {
        one.id: [int(row.left) if (row := next(rows)) is not None else 0 for _ in range(one.shards)]
        for one in wanted
    }


def coupons(member_id: str, limit: int, cursor: str) -> Page[Coupon]:
    """A page of a member's coupons, newest first. One round trip."""
    pk = coupons_of(member_id)
    page = reads.page(
        CouponItem,
        pk,
        scope=pk,
        limit=limit,
        cursor=cursor,
        begins_with="COUPON#",
        forward=False,
    )
    found = (coupon_of(row) for row in page.items)
    return Page([one for one in found if one is not None], page.next_cursor)


def claim(campaign: Campaign, coupon: Coupon, shard: int) -> list[Write]:
    """Contribute that a member claims a coupon. Refuses `promotions.already_claimed`, and
    `promotions.limit_reached` where nothing is left in this row of the quantity.
    """
    place = claims_key(coupon.member_id, campaign.id)
    fits: Any = ClaimsItem.claimed < campaign.per_member
    counted = transact.update(
        ClaimsItem(place.pk, place.sk),
        [ClaimsItem.claimed.add(1), ClaimsItem.kind.set(ClaimsItem)],
        ClaimsItem.pk.does_not_exist() | fits,
        refuse=lambda _old: AlreadyClaimed(),
    )
    quota = quota_key(campaign.id, shard)
    taken = transact.update(
        QuotaItem(quota.pk, quota.sk),
        [QuotaItem.left.add(-1), QuotaItem.used.add(1)],
        QuotaItem.left >= 1,
        refuse=lambda _old: LimitReached(),
    )
    return [counted, taken, hold(coupon)]


def hold(coupon: Coupon) -> Write:
    """Contribute that a member holds a new coupon."""
    place = coupon_key(coupon.member_id, coupon.code)
    row = CouponItem(
        place.pk,
        place.sk,
        coupon=coupon,
        state=CouponState.HELD,
        ends_at=clock.iso(coupon.offer.ends_at),
    )
    return transact.create(row)


def spend(member_id: str, code: str, purchase_id: str) -> Write:
    """Contribute that a purchase uses a coupon. Refuses `promotions.coupon_used` and
    `promotions.coupon_expired`.
    """
    place = coupon_key(member_id, code)
    is_good = (CouponItem.state == CouponState.HELD) & (CouponItem.ends_at > clock.iso(clock.now()))

    def refuse(old: Any) -> Refusal:
        return CouponUsed() if old is None or old.state == CouponState.USED else CouponExpired()

    return transact.update(
        CouponItem(place.pk, place.sk),
        [CouponItem.state.set(CouponState.USED), CouponItem.purchase_id.set(purchase_id)],
        is_good,
        refuse=refuse,
    )


def unspend(member_id: str, code: str, purchase_id: str) -> Write:
    """Contribute that a purchase gives a coupon back: once, for it must be the one that used it."""
    place = coupon_key(member_id, code)
    is_its_own = (CouponItem.state == CouponState.USED) & (CouponItem.purchase_id == purchase_id)
    return transact.update(
        CouponItem(place.pk, place.sk),
        [CouponItem.state.set(CouponState.HELD), CouponItem.purchase_id.set("")],
        is_its_own,
    )


def _named(pk: str, sk: str, campaign_id: str) -> Write:
    return transact.create(CampaignNameItem(pk, sk, campaign_id=campaign_id))


def _requantified(made: Campaign, quotas: Sequence[QuotaItem]) -> list[Write]:
    """Give every row its share of what is left. Rows change by differences, so what is claimed
    meanwhile is not lost.
    """
    if not quotas:
        return []
    used = sum(int(row.used) for row in quotas)
    if made.quantity < used:
        raise QuotaBelowUsed(f"{used} are used already")
    writes = []
    for row, share in zip(quotas, even_shares(made.quantity - used, len(quotas)), strict=True):
        more = share - int(row.left)
        write = transact.update(
            QuotaItem(row.pk, row.sk),
            [QuotaItem.left.add(more)],
            QuotaItem.left >= max(0, -more),
            refuse=lambda _old: OfferChanged(),
        )
        writes.append(write)
    return writes


def _quota_row(campaign_id: str, shard: int, *, left: int, used: int) -> QuotaItem:
    place = quota_key(campaign_id, shard)
    return QuotaItem(place.pk, place.sk, left=left, used=used)
