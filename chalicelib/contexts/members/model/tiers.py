"""Tiers: the ladder, what a member's year earns on it, and when a tier is lost.

A year is this month and the eleven before it. A tier is reached the moment that a year earns it.
Where the year earns less, the tier stays through a time of grace; at its end it becomes what the
year earns then.
"""

import itertools
from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.contexts.members.model.points import (
    BPS_ALL,
    Loyalty,
    month_end,
    month_later,
    month_of,
)
from chalicelib.kernel import clock

YEAR_MONTHS = 12
GRACE_S = 60 * 86_400
PRIORITIES = 10
BASE = "member"
"""The tier of everybody who has an account."""


class Tier(Struct, frozen=True, forbid_unknown_fields=True):
    """A step: reached with `spend` in minor units of the shop's currency, or with `orders`, in a year.
    `points_bps` multiplies what orders earn: 15,000 is half as much again. So many purchases a
    calendar month have `free_shipping`. Who asks for help is answered by `priority`, the highest first.
    """

    code: str
    titles: dict[str, str]
    spend: int
    orders: int
    points_bps: int = BPS_ALL
    free_shipping: int = 0
    priority: int = 0


class Year(Struct, frozen=True):
    """What a member bought in a year, net of what went back, and in how many orders."""

    spend: int = 0
    orders: int = 0


LADDER = (
    Tier(BASE, {"en": "Member", "zh-CN": "普通会员"}, 0, 0),
    Tier("silver", {"en": "Silver", "zh-CN": "银卡会员"}, 50_000, 6, 12_500, free_shipping=1),
    Tier(
        "gold",
        {"en": "Gold", "zh-CN": "金卡会员"},
        200_000,
        18,
        15_000,
        free_shipping=3,
        priority=1,
    ),
    Tier(
        "platinum",
        {"en": "Platinum", "zh-CN": "白金会员"},
        600_000,
        40,
        20_000,
        free_shipping=8,
        priority=2,
    ),
)
"""The ladder where a shop says nothing else. The first step is everybody's."""
TIER_CODES = frozenset(tier.code for tier in LADDER)


def ladder_of(text: str) -> tuple[Tier, ...]:
    """Read a shop's own ladder (JSON, a list of tiers); "" is the usual one. Raises ValueError for one
    that does not climb.
    """
    if not text:
        return LADDER
    ladder = msgspec.json.decode(text, type=tuple[Tier, ...])
    codes = [tier.code for tier in ladder]
    climbs = all(
        low.spend < high.spend and low.orders < high.orders
        for low, high in itertools.pairwise(ladder)
    )
    if not ladder or ladder[0].spend or ladder[0].orders or not climbs:
        raise ValueError("a ladder starts at nothing, and every step asks for more")
    if any(tier.free_shipping < 0 or not 0 <= tier.priority < PRIORITIES for tier in ladder):
        raise ValueError(f"no benefit is below nothing, and priorities are below {PRIORITIES}")
    if len(set(codes)) < len(codes) or any(set(tier.titles) != {"en", "zh-CN"} for tier in ladder):
        raise ValueError("every tier has a code of its own and a title in both languages")
    return ladder


def year_of(months: Mapping[str, Year], now: datetime) -> Year:
    """Sum up the year that ends now."""
    first = first_month(now)
    counted = [one for month, one in months.items() if first <= month <= month_of(now)]
    return Year(sum(one.spend for one in counted), sum(one.orders for one in counted))


def first_month(now: datetime) -> str:
    """The first month of the year that ends now."""
    return month_later(month_of(now), 1 - YEAR_MONTHS)


def earned(ladder: tuple[Tier, ...], year: Year) -> int:
    """The highest step that a year reaches, by what was spent or by how often."""
    reached = [
        step
        for step, tier in enumerate(ladder)
        if year.spend >= tier.spend or (tier.orders and year.orders >= tier.orders)
    ]
    return max(reached, default=0)


def step_of(ladder: tuple[Tier, ...], code: str) -> int:
    """Where a tier stands; one that is not on the ladder any more is the first."""
    codes = [tier.code for tier in ladder]
    return codes.index(code) if code in codes else 0


def reviewed(loyalty: Loyalty, ladder: tuple[Tier, ...], year: Year, now: datetime) -> Loyalty:
    """How a member stands by what the year earns: up at once, down after the time of grace."""
    step, due, at = step_of(ladder, loyalty.tier), earned(ladder, year), clock.iso(now)
    if due > step or (due < step and loyalty.grace_until and loyalty.grace_until <= at):
        return replace(loyalty, tier=ladder[due].code, since=at, grace_until="")
    if due == step:
        return replace(loyalty, grace_until="")
    grace_until = loyalty.grace_until or clock.iso(clock.later(now, GRACE_S))
    return replace(loyalty, grace_until=grace_until)


def review_due(loyalty: Loyalty, ladder: tuple[Tier, ...], now: datetime) -> str:
    """When to look at a member again though nothing happens; "" for never."""
    if not step_of(ladder, loyalty.tier):
        return ""
    next_month = clock.iso(month_end(month_of(now)))
    return min(loyalty.grace_until, next_month) if loyalty.grace_until else next_month
