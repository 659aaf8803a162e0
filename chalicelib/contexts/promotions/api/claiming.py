"""Campaigns and coupons as members and anybody see them."""

from typing import Annotated

import msgspec
from chalice import Blueprint
from msgspec import Meta

from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.promotions.api.coupons import (
    CouponsView,
    CouponView,
    OpenCampaignsView,
    coupon_view,
    open_campaign_view,
)
from chalicelib.contexts.promotions.model.campaigns import Coupon
from chalicelib.contexts.promotions.service import campaigns
from chalicelib.kernel import clock
from chalicelib.kernel.paging import PAGE_SIZE, PAGE_SIZE_MAX
from chalicelib.web.endpoint import Answer, Keys, created, endpoint, once, sealed
from chalicelib.web.request import Request
from chalicelib.web.session import member_cookie

bp = Blueprint(__name__)


class NewClaim(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing is needed to claim a coupon."""


class PageQuery(msgspec.Struct, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE
    cursor: str = ""


@endpoint(
    bp,
    "GET",
    "/api/v1/campaigns",
    summary="Campaigns that are open to claim",
    tag="shopping",
    query=PageQuery,
    answer=OpenCampaignsView,
)
def list_campaigns(request: Request) -> OpenCampaignsView:
    page = campaigns.claimable(limit=request.query.limit, cursor=request.query.cursor)
    left = campaigns.left_of(page.items)
    views = [open_campaign_view(one, left[one.id], request.locale) for one in page.items]
    return OpenCampaignsView(views, page.next_cursor)


@endpoint(
    bp,
    "POST",
    "/api/v1/campaigns/{campaign}/claim",
    summary="Claim a coupon",
    tag="members",
    body=NewClaim,
    body_optional=True,
    answer=CouponView,
    status=201,
    security="member",
    keys=Keys.REQUIRED,
)
def claim(request: Request, campaign: str) -> Answer:
    actor = identity.caller(request.bearer, member_cookie(request))

    def answer(coupon: Coupon) -> Answer:
        return created(coupon_view(coupon, request.locale, clock.now()))

    def perform(key: IdempotencyKey | None) -> Answer:
        return answer(
            campaigns.claim(actor, campaign, key=key, seal=lambda one: sealed(answer(one)))
        )

    answered: Answer = once(request, actor.id, perform)
    return answered


@endpoint(
    bp,
    "GET",
    "/api/v1/me/coupons",
    summary="The member's coupons, newest first",
    tag="members",
    query=PageQuery,
    answer=CouponsView,
    security="member",
)
def my_coupons(request: Request) -> CouponsView:
    actor = identity.caller(request.bearer, member_cookie(request))
    page = campaigns.coupons(actor, limit=request.query.limit, cursor=request.query.cursor)
    now = clock.now()
    views = [coupon_view(one, request.locale, now) for one in page.items]
    return CouponsView(views, page.next_cursor)
