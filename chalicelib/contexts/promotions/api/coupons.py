"""Campaigns and coupons as JSON: what is sent, and what is shown."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from chalicelib.contexts.promotions.api.bodies import (
    TIERS_MAX,
    Lanes,
    Limit,
    Moment,
    Name,
    Names,
    Sum,
    ThresholdBody,
    ThresholdView,
    Title,
    Titles,
    Value,
    check_value,
    threshold_view,
    value_view,
)
from chalicelib.contexts.promotions.model.campaigns import (
    VALID_DAYS_MAX,
    Campaign,
    Coupon,
    CouponState,
)
from chalicelib.contexts.promotions.model.occasions import Occasion, Trigger
from chalicelib.contexts.promotions.model.offers import Kind, Lane, Offer
from chalicelib.contexts.promotions.model.statistics import NOTHING, Figures
from chalicelib.contexts.promotions.model.wishes import (
    LOCALES,
    CampaignChange,
    CampaignWish,
    OfferWish,
)
from chalicelib.kernel import clock
from chalicelib.kernel.money import Money

CODE_TOLD = "^[A-Za-z0-9-]{3,40}$"


class CouponBody(msgspec.Struct, forbid_unknown_fields=True):
    """What the coupons of a campaign do: an offer without times and quota. Without a title of its own
    it has the campaign's.
    """

    kind: Kind
    value: Value = None
    title: Title | UnsetType = UNSET
    threshold: ThresholdBody | None = None
    products: Names = []
    categories: Names = []
    per_member: Limit | None = None
    combines_with: Lanes = []


class TriggerBody(msgspec.Struct, forbid_unknown_fields=True):
    """When coupons are given by themselves: at a sign-up, when an order of at least `amount` is completed,
    when a member rises to one of `tiers`. A merchant's are about its own orders.
    """

    on: Occasion
    amount: Sum | None = None
    tiers: Annotated[list[Name], Meta(max_length=TIERS_MAX)] = []


class CampaignBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new campaign. Its coupons are good up to its end, or for `valid_days` from when they are
    claimed. Where it has a `code`, nobody claims: who knows the code puts it on a cart. Nor where it has
    `single_codes`: each coupon then has a code of its own, made by a call of its own.
    """

    title: Title
    coupon: CouponBody
    quantity: Limit
    per_member: Limit
    starts_at: Moment
    ends_at: Moment
    titles: Titles = {}
    valid_days: Annotated[int, Meta(ge=1, le=VALID_DAYS_MAX)] | None = None
    code: Annotated[str, Meta(pattern=CODE_TOLD)] | None = None
    single_codes: bool = False
    trigger: TriggerBody | None = None
    stopped: bool = False


class CampaignChanges(msgspec.Struct, forbid_unknown_fields=True):
    """What is to change of a campaign; what its coupons do, and when, stays. It is stopped or opened
    again, has more or fewer coupons, or lets each member have more; what is out stays good.
    """

    title: Title | UnsetType = UNSET
    quantity: Limit | UnsetType = UNSET
    per_member: Limit | UnsetType = UNSET
    titles: Titles | UnsetType = UNSET
    stopped: bool | UnsetType = UNSET


class CouponRule(msgspec.Struct):
    """What a coupon does. A `merchant_id` of "" is the platform, whose coupons may name `merchants`."""

    title: str
    kind: Kind
    value: Value
    threshold: ThresholdView | None
    products: list[str]
    categories: list[str]
    combines_with: list[Lane]
    merchant_id: str
    merchants: list[str]


class CampaignView(msgspec.Struct):
    """A campaign of one's own. `orders` are those that were paid for with its coupons, and `cost` is what
    these took off so far, as far as its maker pays for it; both follow sales within minutes.
    """

    id: str
    title: str
    titles: dict[str, str]
    coupon: CouponRule
    quantity: int
    left: int
    per_member: int
    starts_at: str
    ends_at: str
    valid_days: int | None
    code: str | None
    single_codes: bool
    trigger: TriggerBody | None
    stopped: bool
    state: str
    orders: int
    cost: Money
    created_at: str


class CampaignsView(msgspec.Struct):
    items: list[CampaignView]
    next_cursor: str | None


class OpenCampaignView(msgspec.Struct):
    """A campaign that is open to claim."""

    id: str
    title: str
    coupon: CouponRule
    left: int
    per_member: int
    ends_at: str


class OpenCampaignsView(msgspec.Struct):
    items: list[OpenCampaignView]
    next_cursor: str | None


class CouponView(msgspec.Struct):
    """A member's coupon."""

    id: str
    code: str
    title: str
    kind: Kind
    value: Value
    threshold: ThresholdView | None
    products: list[str]
    categories: list[str]
    merchant_id: str
    campaign: str
    issued_at: str
    expires_at: str
    state: CouponState


class CouponsView(msgspec.Struct):
    items: list[CouponView]
    next_cursor: str | None


def campaign_wish_of(body: CampaignBody) -> CampaignWish:
    """Tell what a checked body wants of a campaign."""
    coupon = body.coupon
    check_value(coupon.value, "coupon.value")
    threshold = coupon.threshold or ThresholdBody()
    amount = threshold.amount
    said = body.title if isinstance(coupon.title, UnsetType) else coupon.title
    limits = [limit for limit in (body.per_member, coupon.per_member) if limit is not None]
    return CampaignWish(
        coupon=OfferWish(
            titles=dict.fromkeys(LOCALES, said) | body.titles,
            kind=coupon.kind,
            value=coupon.value,
            threshold_amount=Money(amount.amount, amount.currency) if amount else None,
            threshold_quantity=threshold.quantity,
            products=coupon.products,
            categories=coupon.categories,
            combines_with=coupon.combines_with,
        ),
        quantity=body.quantity,
        per_member=min(limits),
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        valid_days=body.valid_days,
        code=(body.code or "").upper(),
        has_single_codes=body.single_codes,
        trigger=_trigger_of(body),
        is_stopped=body.stopped,
    )


def _trigger_of(body: CampaignBody) -> Trigger | None:
    told = body.trigger
    if told is None:
        return None
    most = told.amount
    return Trigger(
        told.on,
        most.amount if most else 0,
        most.currency if most else "",
        frozenset(told.tiers),
    )


def _trigger_view(campaign: Campaign) -> TriggerBody | None:
    trigger = campaign.trigger
    if trigger is None:
        return None
    amount = Sum(trigger.amount, trigger.currency) if trigger.amount else None
    return TriggerBody(trigger.on, amount, sorted(trigger.tiers))


def campaign_change_of(body: CampaignChanges) -> CampaignChange:
    """Tell what a checked body wants to change."""
    titles: dict[str, str] | UnsetType = UNSET
    if body.title is not UNSET or body.titles is not UNSET:
        by_language = {} if isinstance(body.titles, UnsetType) else body.titles
        said = "" if isinstance(body.title, UnsetType) else body.title
        titles = dict.fromkeys(LOCALES, said) | by_language
    return CampaignChange(
        titles=titles,
        quantity=body.quantity,
        per_member=body.per_member,
        is_stopped=body.stopped,
    )


def campaign_view(
    campaign: Campaign, left: int, locale: str, now: datetime, found: Figures = NOTHING
) -> CampaignView:
    """Show a campaign to its maker."""
    return CampaignView(
        id=campaign.id,
        title=campaign.titles[locale],
        titles=campaign.titles,
        coupon=_rule(campaign.coupon, locale),
        quantity=campaign.quantity,
        left=left,
        per_member=campaign.per_member,
        starts_at=clock.iso(campaign.starts_at),
        ends_at=clock.iso(campaign.ends_at),
        valid_days=campaign.valid_days,
        code=campaign.code or None,
        single_codes=campaign.has_single_codes,
        trigger=_trigger_view(campaign),
        stopped=campaign.is_stopped,
        state=campaign.state(now),
        orders=found.orders,
        cost=campaign.cost(found.by_merchant, found.by_platform),
        created_at=campaign.created_at,
    )


def open_campaign_view(campaign: Campaign, left: int, locale: str) -> OpenCampaignView:
    """Show a campaign to whoever may claim of it."""
    return OpenCampaignView(
        id=campaign.id,
        title=campaign.titles[locale],
        coupon=_rule(campaign.coupon, locale),
        left=left,
        per_member=campaign.per_member,
        ends_at=clock.iso(campaign.ends_at),
    )


def coupon_view(coupon: Coupon, locale: str, now: datetime) -> CouponView:
    """Show a coupon to its member."""
    offer = coupon.offer
    return CouponView(
        id=coupon.id,
        code=coupon.code,
        title=offer.titles[locale],
        kind=offer.kind,
        value=value_view(offer),
        threshold=threshold_view(offer.threshold, offer.currency),
        products=sorted(offer.products),
        categories=sorted(offer.categories),
        merchant_id=offer.merchant_id,
        campaign=coupon.campaign_id,
        issued_at=coupon.issued_at,
        expires_at=clock.iso(offer.ends_at),
        state=coupon.standing(now),
    )


def _rule(offer: Offer, locale: str) -> CouponRule:
    return CouponRule(
        title=offer.titles[locale],
        kind=offer.kind,
        value=value_view(offer),
        threshold=threshold_view(offer.threshold, offer.currency),
        products=sorted(offer.products),
        categories=sorted(offer.categories),
        combines_with=sorted(offer.combines_with),
        merchant_id=offer.merchant_id,
        merchants=sorted(offer.merchants),
    )
