"""A member's points and tier as JSON."""

from typing import Annotated

import msgspec
from chalice import Blueprint
from msgspec import Meta
from msgspec.structs import asdict

from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.members.model.points import PointsKind
from chalicelib.contexts.members.model.tiers import Tier
from chalicelib.contexts.members.service import points, tiers
from chalicelib.contexts.promotions.service import allowances
from chalicelib.kernel.money import Money
from chalicelib.kernel.paging import PAGE_SIZE, PAGE_SIZE_MAX
from chalicelib.web.endpoint import endpoint
from chalicelib.web.request import Request
from chalicelib.web.session import member_cookie

bp = Blueprint(__name__)


class PointsQuery(msgspec.Struct, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE
    cursor: str = ""


class EndingView(msgspec.Struct):
    """Points that end with a month, `2026-01`."""

    month: str
    points: int


class PointsEntryView(msgspec.Struct):
    """A line of the statement: `points` are negative where they go. `order_id` is null where they moved
    with the whole purchase or with time.
    """

    id: str
    at: str
    kind: PointsKind
    points: int
    purchase_id: str | None
    order_id: str | None


class PointsView(msgspec.Struct):
    """The balance and what it is worth, what ends soonest, and the statement, newest first."""

    balance: int
    value: Money
    ending: list[EndingView]
    items: list[PointsEntryView]
    next_cursor: str | None


class StepView(msgspec.Struct):
    """A step of the ladder, reached with so much spent or so many orders in twelve months;
    `points_percent` is what its orders earn of the usual points, `free_deliveries` how many purchases a
    month are delivered free. Who asks for help is answered by `priority`, the highest first.
    """

    code: str
    title: str
    spend: Money
    orders: int
    points_percent: float
    free_deliveries: int
    priority: int


class FreeDeliveriesView(msgspec.Struct):
    """Purchases that are delivered free in this calendar month (UTC), and when it is over."""

    each_month: int
    left: int
    ends_at: str


class TierView(msgspec.Struct):
    """Where the member stands. `grace_until` is null unless the tier is above what the last twelve
    months earn, `free_deliveries` where the tier brings none.
    """

    tier: StepView
    next: StepView | None
    spend: Money
    orders: int
    since: str | None
    grace_until: str | None
    free_deliveries: FreeDeliveriesView | None
    ladder: list[StepView]


@endpoint(
    bp,
    "GET",
    "/api/v1/me/points",
    summary="The member's points, and the statement of them, newest first",
    tag="members",
    query=PointsQuery,
    answer=PointsView,
    security="member",
)
def my_points(request: Request) -> PointsView:
    actor = identity.caller(request.bearer, member_cookie(request))
    found = points.points_of(actor, limit=request.query.limit, cursor=request.query.cursor)
    return PointsView(
        balance=found.balance,
        value=found.value,
        ending=[EndingView(month, ending) for month, ending in found.ending],
        items=[
            PointsEntryView(
                id=one.id,
                at=one.at,
                kind=one.kind,
                points=one.points,
                purchase_id=one.purchase_id or None,
                order_id=one.order_id or None,
            )
            for one in found.entries.items
        ],
        next_cursor=found.entries.next_cursor,
    )


@endpoint(
    bp,
    "GET",
    "/api/v1/me/tier",
    summary="The member's tier, and the way to the next",
    tag="members",
    answer=TierView,
    security="member",
)
def my_tier(request: Request) -> TierView:
    actor = identity.caller(request.bearer, member_cookie(request))
    found = tiers.tier_of(actor)
    free = allowances.free_deliveries_of(actor, found.tier)
    return TierView(
        tier=_step(found.tier, request.locale),
        next=_step(found.next, request.locale) if found.next else None,
        spend=points.worth(found.year.spend),
        orders=found.year.orders,
        since=found.since or None,
        grace_until=found.grace_until or None,
        free_deliveries=FreeDeliveriesView(**asdict(free)) if free else None,
        ladder=[_step(one, request.locale) for one in found.ladder],
    )


def _step(tier: Tier, locale: str) -> StepView:
    return StepView(
        code=tier.code,
        title=tier.titles[locale],
        spend=points.worth(tier.spend),
        orders=tier.orders,
        points_percent=tier.points_bps / 100,
        free_deliveries=tier.free_shipping,
        priority=tier.priority,
    )
