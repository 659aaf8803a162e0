"""A merchant's own offers."""

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
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.service import offers
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


def _views(standings: list[Standing], locale: str) -> list[OfferView]:
    used, now = offers.used_of(standings), clock.now()
    return [offer_view(one, used.get(one.offer.id), locale, now) for one in standings]
