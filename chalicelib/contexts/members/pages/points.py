"""A member's points with their statement, and the tier with the way to the next."""

from chalice import Blueprint
from msgspec import Struct

from chalicelib.aws.settings import settings
from chalicelib.contexts.identity.pages import member
from chalicelib.contexts.members.model.points import BPS_ALL, PointsEntry, PointsKind, month_end
from chalicelib.contexts.members.model.tiers import Tier
from chalicelib.contexts.members.service import points, tiers
from chalicelib.contexts.members.service.tiers import TierView
from chalicelib.contexts.promotions.service import allowances
from chalicelib.contexts.promotions.service.allowances import FreeDeliveries
from chalicelib.kernel import clock
from chalicelib.kernel.paging import PAGE_SIZE
from chalicelib.web.i18n import N_, PriceView, TimeView, Words
from chalicelib.web.page import Html, page, with_query
from chalicelib.web.session import Visit

bp = Blueprint(__name__)
POINTS = "/account/points"
KINDS = {
    PointsKind.EARNED: N_("Earned by an order"),
    PointsKind.REVERSED: N_("Taken back with a refund"),
    PointsKind.SPENT: N_("Spent on a purchase"),
    PointsKind.RETURNED: N_("Given back"),
    PointsKind.EXPIRED: N_("Ended"),
}
assert set(KINDS) == set(PointsKind), "every kind has its words"


class EntryView(Struct, frozen=True):
    """A line of the statement; `href` leads to the purchase."""

    at: TimeView
    label: str
    points: str
    is_in: bool
    href: str


class EndingView(Struct, frozen=True):
    points: str
    at: TimeView


class PointsPageView(Struct, frozen=True):
    """`rule` says how points are earned and what they pay; it is "" where the shop gives none."""

    balance: str
    value: PriceView
    ending: list[EndingView]
    entries: list[EntryView]
    rule: str
    next_href: str


class StepView(Struct, frozen=True, kw_only=True):
    """A step of the ladder and what it brings."""

    title: str
    needs: str
    benefits: list[str]
    is_current: bool
    is_reached: bool


class WayView(Struct, frozen=True):
    """How far it is to the next step, by money and by orders: values for a bar, and the words."""

    title: str
    spend: int
    spend_needed: int
    spend_text: str
    orders: int
    orders_needed: int
    orders_text: str


class TierPageView(Struct, frozen=True):
    """`grace` says until when a tier stays that the year does not earn any more, `deliveries` what is
    left of this month's free ones.
    """

    title: str
    since: TimeView | None
    grace: str
    deliveries: str
    way: WayView | None
    steps: list[StepView]


@page(bp, "GET", "/account/points")
def show_points(visit: Visit) -> Html:
    words, actor = visit.words, member(visit).actor
    found = points.points_of(actor, limit=PAGE_SIZE, cursor=visit.query_text.get("cursor", ""))
    query = {"cursor": found.entries.next_cursor}
    view = PointsPageView(
        balance=words.count("%(num)s point", "%(num)s points", found.balance),
        value=words.money(found.value),
        ending=[
            EndingView(
                words.count("%(num)s point", "%(num)s points", ending),
                words.day(clock.iso(clock.later(month_end(month), -1))),
            )
            for month, ending in found.ending
        ],
        entries=[_entry(one, words) for one in found.entries.items],
        rule=_rule(words),
        next_href=with_query(POINTS, query) if found.entries.next_cursor else "",
    )
    return Html("pages/members/points.html", view)


@page(bp, "GET", "/account/tier")
def show_tier(visit: Visit) -> Html:
    words = visit.words
    actor = member(visit).actor
    found = tiers.tier_of(actor)
    view = TierPageView(
        title=found.tier.titles[words.locale],
        since=words.day(found.since) if found.since else None,
        grace=_grace(found, words),
        deliveries=_deliveries(allowances.free_deliveries_of(actor, found.tier), words),
        way=_way(found, found.next, words) if found.next else None,
        steps=[_step(place, one, found, words) for place, one in enumerate(found.ladder)],
    )
    return Html("pages/members/tier.html", view)


def _entry(entry: PointsEntry, words: Words) -> EntryView:
    sign = "+" if entry.points > 0 else "−"
    return EntryView(
        at=words.moment(entry.at),
        label=words.say(KINDS[entry.kind]),
        points=f"{sign}{abs(entry.points):,}",
        is_in=entry.points > 0,
        href=f"/orders/{entry.purchase_id}" if entry.purchase_id else "",
    )


def _rule(words: Words) -> str:
    own = settings()
    if not own.points_earn_bps:
        return ""
    said = N_(
        "Completed orders earn %(points)s points for every %(amount)s of goods. Points pay up to "
        "%(percent)s of a purchase."
    )
    hundred = points.worth(BPS_ALL)
    return words.say(said) % {
        "points": f"{own.points_earn_bps:,}",
        "amount": words.money(hundred).text,
        "percent": _percent(own.points_spend_bps),
    }


def _grace(found: TierView, words: Words) -> str:
    if not found.grace_until:
        return ""
    said = N_("Your last twelve months earn less than this tier. It is yours until %(day)s.")
    return words.say(said) % {"day": words.day(found.grace_until).text}


def _deliveries(free: FreeDeliveries | None, words: Words) -> str:
    if free is None:
        return ""
    said = words.say(N_("Free deliveries left this month: %(left)s of %(number)s."))
    return said % {"left": free.left, "number": free.each_month}


def _way(found: TierView, following: Tier, words: Words) -> WayView:
    year = found.year
    left, more = max(0, following.spend - year.spend), max(0, following.orders - year.orders)
    return WayView(
        title=following.titles[words.locale],
        spend=min(year.spend, following.spend),
        spend_needed=following.spend,
        spend_text=words.say(N_("%(amount)s more"))
        % {"amount": words.money(points.worth(left)).text},
        orders=min(year.orders, following.orders),
        orders_needed=following.orders,
        orders_text=words.count("%(num)s more order", "%(num)s more orders", more),
    )


def _step(place: int, tier: Tier, found: TierView, words: Words) -> StepView:
    needs = words.say(N_("for everybody with an account"))
    if place:
        amount = words.money(points.worth(tier.spend)).text
        said = words.plural(
            "%(amount)s or %(num)s order in twelve months",
            "%(amount)s or %(num)s orders in twelve months",
            tier.orders,
        )
        needs = said % {"amount": amount, "num": tier.orders}
    return StepView(
        title=tier.titles[words.locale],
        needs=needs,
        benefits=_benefits(tier, words),
        is_current=place == found.step,
        is_reached=place <= found.step,
    )


def _benefits(tier: Tier, words: Words) -> list[str]:
    said = words.say(N_("%(percent)s of the usual points"))
    found = [said % {"percent": _percent(tier.points_bps)}]
    if tier.free_shipping:
        found.append(
            words.count(
                "%(num)s free delivery a month",
                "%(num)s free deliveries a month",
                tier.free_shipping,
            )
        )
    if tier.priority:
        found.append(words.say(N_("Questions are answered before others'")))
    return found


def _percent(bps: int) -> str:
    return f"{bps / 100:g}%"
