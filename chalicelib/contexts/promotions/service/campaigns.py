"""Campaigns: made by their owner, claimed of by members."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from chalicelib.aws import idempotency, outbox, reads, retries, transact
from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.contexts.members.service import tiers
from chalicelib.contexts.promotions import store
from chalicelib.contexts.promotions.facts import CouponIssued
from chalicelib.contexts.promotions.model.board import owner_of, shards_for
from chalicelib.contexts.promotions.model.campaigns import (
    CAMPAIGN,
    Campaign,
    Coupon,
    issued,
    new_code,
)
from chalicelib.contexts.promotions.model.occasions import wrong_with
from chalicelib.contexts.promotions.model.offers import Offer, OfferUnsound
from chalicelib.contexts.promotions.model.refusals import (
    AlreadyClaimed,
    CampaignClosed,
    CampaignExhausted,
    LimitReached,
    NoCampaign,
    OfferChanged,
)
from chalicelib.contexts.promotions.model.wishes import CampaignChange, CampaignWish, changed
from chalicelib.contexts.promotions.service.offers import DRAFT, coupon_offer, maker
from chalicelib.contexts.promotions.store import campaigns as rows
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Busy, FieldError
from chalicelib.kernel.paging import PAGE_SIZE, PAGE_SIZE_MAX, Page
from chalicelib.kernel.shards import choose, home_shard

CLAIMED = "claim"
PAGES_MAX = 4
CODES_MAX = 100_000


def create(
    actor: Actor,
    wish: CampaignWish,
    *,
    key: IdempotencyKey | None = None,
    seal: Callable[[Campaign], idempotency.Answer] | None = None,
) -> Campaign:
    """Make a campaign of the actor's merchant, or of the platform. Open from its start on.

    Refuses `promotions.offer_unsound` and `promotions.code_taken`.
    """
    merchant_id = maker(actor)
    campaign_id = ids.new(CAMPAIGN)
    coupon = coupon_offer(actor, wish, campaign_id)
    _require_one_way(wish, merchant_id, coupon.currency)
    campaign = Campaign(
        id=campaign_id,
        merchant_id=merchant_id,
        titles=coupon.titles,
        coupon=coupon,
        quantity=wish.quantity,
        per_member=wish.per_member,
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        created_at=clock.iso(clock.now()),
        shards=shards_for(wish.quantity),
        valid_days=wish.valid_days,
        code=wish.code,
        has_single_codes=wish.has_single_codes,
        trigger=wish.trigger,
        is_stopped=wish.is_stopped,
    )
    writes = rows.create(owner_of(merchant_id), campaign)
    if key is not None and seal is not None:
        writes.insert(0, key.record(campaign.id, seal(campaign)))
    transact.commit(writes)
    return campaign


def stop(actor: Actor, campaign_id: str, *, is_stopped: bool) -> Campaign:
    """Stop a campaign, or open it again. Coupons that members hold stay good.

    Refuses `promotions.no_such_campaign`.
    """
    return change(actor, campaign_id, CampaignChange(is_stopped=is_stopped))


def change(actor: Actor, campaign_id: str, wish: CampaignChange) -> Campaign:
    """Change a campaign's title and limits, stop it, or open it again. In force at the next call;
    coupons that members hold stay as they are.

    Refuses `promotions.no_such_campaign`, `promotions.offer_unsound` and
    `promotions.quota_below_used`.
    """
    for attempt in range(retries.ROUNDS_MAX):
        former = one(actor, campaign_id)
        made = changed(former, wish)
        if replace(made, version=former.version) == former:
            return former
        quotas = rows.quota_rows(former) if made.quantity != former.quantity else []
        try:
            transact.commit(rows.change(former, made, quotas))
        except OfferChanged:
            retries.pause(attempt)
        else:
            return made
    raise OfferChanged


def drafted(actor: Actor, wish: CampaignWish) -> Offer:
    """Make what the coupons would do that are asked for, and store nothing. Refuses as `create` does
    what is unsound.
    """
    return coupon_offer(actor, wish, DRAFT)


def one(actor: Actor, campaign_id: str) -> Campaign:
    """Read a campaign of the actor's. Refuses `promotions.no_such_campaign`."""
    found = rows.campaign(campaign_id)
    if found is None or found.merchant_id != maker(actor):
        raise NoCampaign
    return found


def campaigns(actor: Actor, *, limit: int = PAGE_SIZE, cursor: str = "") -> Page[Campaign]:
    """List the actor's campaigns, newest first."""
    return rows.owned(owner_of(maker(actor)), limit, cursor)


def listed(actor: Actor, state: str, *, limit: int = PAGE_SIZE, cursor: str = "") -> Page[Campaign]:
    """List the actor's campaigns of one state, newest first; all of them where no state is named.

    A state follows from the time, so pages are looked through as far as `PAGES_MAX` reach; a page
    holds whole pages' finds, perhaps fewer than `limit` with more to come.
    """
    if not state:
        return campaigns(actor, limit=limit, cursor=cursor)
    found: list[Campaign] = []
    now = clock.now()
    for _ in range(PAGES_MAX):
        page = campaigns(actor, limit=PAGE_SIZE_MAX, cursor=cursor)
        found += [one for one in page.items if one.state(now) == state]
        cursor = page.next_cursor or ""
        if len(found) >= limit or not cursor:
            break
    return Page(found, cursor or None)


def claimable(*, limit: int = PAGE_SIZE, cursor: str = "") -> Page[Campaign]:
    """List the campaigns that anybody may claim of now, those that end first before the others."""
    now = clock.now()
    page = rows.claimable(now, limit, cursor)
    return Page([one for one in page.items if one.is_open(now)], page.next_cursor)


def open_at(merchant_id: str, *, limit: int = PAGE_SIZE) -> list[Campaign]:
    """The campaigns that a merchant's shoppers may claim of now, the merchant's before the platform's;
    of each those among its newest. Four round trips.
    """
    now = clock.now()
    newest = [
        one for owner in (merchant_id, "") for one in rows.owned(owner_of(owner), limit, "").items
    ]
    return [one for one in newest if one.is_claimed and one.is_open(now)]


def left_of(campaigns: Iterable[Campaign]) -> dict[str, int]:
    """Count what is left of campaigns. One round trip."""
    return {key: sum(parts) for key, parts in rows.left_of(campaigns).items()}


def coupons(actor: Actor, *, limit: int = PAGE_SIZE, cursor: str = "") -> Page[Coupon]:
    """List a member's coupons, newest first, used and expired ones too."""
    return rows.coupons(actor.as_member(), limit, cursor)


def claim(
    actor: Actor,
    campaign_id: str,
    *,
    key: IdempotencyKey | None = None,
    seal: Callable[[Coupon], idempotency.Answer] | None = None,
) -> Coupon:
    """Give a member a coupon of a campaign, as long as there are any. Two round trips.

    Refuses `promotions.no_such_campaign`, `promotions.campaign_closed`, `promotions.already_claimed`
    and `promotions.campaign_exhausted`.
    """
    member_id, now = actor.as_member(), clock.now()
    campaign, claimed = _looked_up(campaign_id, member_id)
    if not campaign.is_open(now):
        raise CampaignClosed
    if claimed >= campaign.per_member:
        raise AlreadyClaimed
    shard = home_shard(member_id, campaign.shards)
    coupon = issued(campaign, member_id, new_code(), now)
    beside = [outbox.write(coupon_issued(campaign, coupon, CLAIMED))]
    if key is not None and seal is not None:
        beside.append(key.record(coupon.id, seal(coupon)))
    for attempt in range(retries.ROUNDS_MAX):
        try:
            transact.commit([*rows.claim(campaign, coupon, shard), *beside])
        except LimitReached:
            found = choose(1, rows.left_of([campaign])[campaign.id], shard)
            if found is None:
                raise CampaignExhausted from None
            ((shard, _),) = found
            if attempt:
                retries.pause(attempt)
        else:
            return coupon
    raise Busy


def held_about(member_id: str) -> list[Coupon]:
    """Read a member's coupons, for the member's copy of what is held."""
    place = store.coupons_of(member_id)
    found = reads.query_all(store.CouponItem, place, begins_with="COUPON#")
    return [coupon for row in found if (coupon := store.coupon_of(row)) is not None]


def forget_member(member_id: str) -> None:
    """Remove a member's coupons and claims; what is gone stays so."""
    for row in list(reads.query_all(store.PromotionsItem, store.coupons_of(member_id))):
        transact.commit([transact.delete(row)])


def _require_one_way(wish: CampaignWish, merchant_id: str, currency: str) -> None:
    """Refuse `promotions.offer_unsound` a code for all beside codes for each, more of these than can be
    read at once, and an occasion that is none or goes with codes.
    """
    errors = []
    if wish.trigger is not None:
        known = frozenset(tier.code for tier in tiers.ladder())
        errors += wrong_with(wish.trigger, merchant_id, known, currency)
    if wish.trigger is not None and (wish.code or wish.has_single_codes):
        errors.append(
            FieldError("trigger", "invalid", "Coupons with codes are not given by themselves")
        )
    if wish.has_single_codes and wish.code:
        errors.append(FieldError("code", "invalid", "Each coupon has a code of its own"))
    if wish.has_single_codes and wish.valid_days:
        errors.append(FieldError("valid_days", "invalid", "Nobody claims these coupons"))
    if wish.has_single_codes and wish.quantity > CODES_MAX:
        detail = f"A campaign has at most {CODES_MAX} single codes"
        errors.append(FieldError("quantity", "out_of_range", detail))
    if errors:
        raise OfferUnsound(errors=errors)


def _looked_up(campaign_id: str, member_id: str) -> tuple[Campaign, int]:
    """Read a campaign that can be claimed of, and how many this member claimed."""
    keys = [store.campaign_key(campaign_id), store.claims_key(member_id, campaign_id)]
    row, claims = reads.batch(keys)
    if row is None or not row.campaign.is_claimed:
        raise NoCampaign
    return row.campaign, int(claims.claimed) if claims is not None else 0


def coupon_issued(campaign: Campaign, coupon: Coupon, cause: str) -> CouponIssued:
    """The fact that a member holds a coupon, and why."""
    return CouponIssued(
        id=ids.ulid(),
        occurred_at=coupon.issued_at,
        coupon_id=coupon.id,
        campaign_id=campaign.id,
        merchant_id=campaign.merchant_id,
        member_id=coupon.member_id,
        code=coupon.code,
        expires_at=clock.iso(coupon.offer.ends_at),
        cause=cause,
    )
