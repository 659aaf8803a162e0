"""A merchant's own offers and campaigns."""

from typing import Annotated

import msgspec
from chalice import Blueprint
from msgspec import Meta

from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.promotions.api.bodies import (
    OfferBody,
    OfferChanges,
    OffersView,
    OfferView,
    offer_view,
    wish_of,
)
from chalicelib.contexts.promotions.api.coupons import (
    CampaignBody,
    CampaignChanges,
    CampaignsView,
    CampaignView,
    campaign_change_of,
    campaign_view,
    campaign_wish_of,
)
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.campaigns import Campaign
from chalicelib.contexts.promotions.service import campaigns, offers, statistics
from chalicelib.kernel import clock
from chalicelib.kernel.paging import PAGE_SIZE, PAGE_SIZE_MAX
from chalicelib.web.endpoint import Answer, Keys, created, endpoint, once, sealed
from chalicelib.web.request import Request

bp = Blueprint(__name__)


class PageQuery(msgspec.Struct, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE
    cursor: str = ""


@endpoint(
    bp,
    "GET",
    "/api/v1/merchant/offers",
    summary="This merchant's offers, newest first",
    tag="merchant",
    query=PageQuery,
    answer=OffersView,
    security="merchant",
)
def list_offers(request: Request) -> OffersView:
    actor = identity.merchant(request.bearer)
    page = offers.offers(actor, limit=request.query.limit, cursor=request.query.cursor)
    return OffersView(_views(page.items, request.locale), page.next_cursor)


@endpoint(
    bp,
    "POST",
    "/api/v1/merchant/offers",
    summary="Make an offer",
    tag="merchant",
    body=OfferBody,
    answer=OfferView,
    status=201,
    security="merchant",
    keys=Keys.ACCEPTED,
)
def make_offer(request: Request) -> Answer:
    actor = identity.merchant(request.bearer)
    wish = wish_of(request.body)

    def answer(standing: Standing) -> Answer:
        used = 0 if standing.offer.quota is not None else None
        view = offer_view(standing, used, request.locale, clock.now())
        return created(view, f"/api/v1/merchant/offers/{standing.offer.id}")

    def perform(key: IdempotencyKey | None) -> Answer:
        return answer(offers.create(actor, wish, key=key, seal=lambda one: sealed(answer(one))))

    return once(request, request.bearer, perform)


@endpoint(
    bp,
    "GET",
    "/api/v1/merchant/offers/{offer}",
    summary="One of this merchant's offers",
    tag="merchant",
    answer=OfferView,
    security="merchant",
)
def get_offer(request: Request, offer: str) -> OfferView:
    actor = identity.merchant(request.bearer)
    return _views([offers.one(actor, offer)], request.locale)[0]


@endpoint(
    bp,
    "PATCH",
    "/api/v1/merchant/offers/{offer}",
    summary="Change an offer, stop it, or let it run again",
    tag="merchant",
    body=OfferChanges,
    answer=OfferView,
    security="merchant",
)
def change_offer(request: Request, offer: str) -> OfferView:
    actor = identity.merchant(request.bearer)
    return _views([offers.change(actor, offer, wish_of(request.body))], request.locale)[0]


@endpoint(
    bp,
    "GET",
    "/api/v1/merchant/campaigns",
    summary="This merchant's campaigns, newest first",
    tag="merchant",
    query=PageQuery,
    answer=CampaignsView,
    security="merchant",
)
def list_campaigns(request: Request) -> CampaignsView:
    actor = identity.merchant(request.bearer)
    page = campaigns.campaigns(actor, limit=request.query.limit, cursor=request.query.cursor)
    return CampaignsView(_campaign_views(page.items, request.locale), page.next_cursor)


@endpoint(
    bp,
    "POST",
    "/api/v1/merchant/campaigns",
    summary="Make a campaign: so many coupons to be had",
    tag="merchant",
    body=CampaignBody,
    answer=CampaignView,
    status=201,
    security="merchant",
    keys=Keys.ACCEPTED,
)
def make_campaign(request: Request) -> Answer:
    actor = identity.merchant(request.bearer)
    wish = campaign_wish_of(request.body)

    def answer(campaign: Campaign) -> Answer:
        view = campaign_view(campaign, campaign.quantity, request.locale, clock.now())
        return created(view, f"/api/v1/merchant/campaigns/{campaign.id}")

    def perform(key: IdempotencyKey | None) -> Answer:
        return answer(campaigns.create(actor, wish, key=key, seal=lambda one: sealed(answer(one))))

    answered: Answer = once(request, request.bearer, perform)
    return answered


@endpoint(
    bp,
    "GET",
    "/api/v1/merchant/campaigns/{campaign}",
    summary="One of this merchant's campaigns",
    tag="merchant",
    answer=CampaignView,
    security="merchant",
)
def get_campaign(request: Request, campaign: str) -> CampaignView:
    actor = identity.merchant(request.bearer)
    return _campaign_views([campaigns.one(actor, campaign)], request.locale)[0]


@endpoint(
    bp,
    "PATCH",
    "/api/v1/merchant/campaigns/{campaign}",
    summary="Change a campaign, stop it, or open it again",
    tag="merchant",
    body=CampaignChanges,
    answer=CampaignView,
    security="merchant",
)
def change_campaign(request: Request, campaign: str) -> CampaignView:
    actor = identity.merchant(request.bearer)
    changed = campaigns.change(actor, campaign, campaign_change_of(request.body))
    return _campaign_views([changed], request.locale)[0]


def _campaign_views(found: list[Campaign], locale: str) -> list[CampaignView]:
    left, now = campaigns.left_of(found), clock.now()
    figures = statistics.totals(found)
    return [campaign_view(one, left[one.id], locale, now, figures[one.id]) for one in found]


def _views(standings: list[Standing], locale: str) -> list[OfferView]:
    used, now = offers.used_of(standings), clock.now()
    return [offer_view(one, used.get(one.offer.id), locale, now) for one in standings]
