"""Free deliveries that come with a tier: so many purchases in a calendar month (UTC), whoever sells.

They are an offer of the platform's that nobody writes: made for the member who looks, with the tier's
number as the limit for each member. Its id names the month alone, so what was had of a month counts
on when the tier changes.
"""

from datetime import UTC, datetime

from chalicelib.contexts.members.model.tiers import Tier
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.offers import Audience, Kind, Lane, Offer
from chalicelib.contexts.promotions.model.quotes import ALLOWANCES
from chalicelib.kernel import clock

TITLES = {"en": "{tier}: free delivery", "zh-CN": "{tier}免运费"}
DECEMBER = 12


def allowance_id(now: datetime) -> str:
    """Name the free deliveries of this month, as if they were an offer."""
    return f"{ALLOWANCES}{now:%Y-%m}"


def month_ends(now: datetime) -> datetime:
    """When this month's are over."""
    year, month = divmod(now.year * DECEMBER + now.month, DECEMBER)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def allowance(tier: Tier, currency: str, now: datetime) -> Standing | None:
    """Make the offer by which a member of this tier has deliveries free this month."""
    if not tier.free_shipping:
        return None
    begins = datetime(now.year, now.month, 1, tzinfo=UTC)
    offer = Offer(
        id=allowance_id(now),
        titles={key: said.format(tier=tier.titles[key]) for key, said in TITLES.items()},
        lane=Lane.SHIPPING,
        kind=Kind.FREE_SHIPPING,
        currency=currency,
        starts_at=begins,
        ends_at=month_ends(now),
        per_member=tier.free_shipping,
        audience=Audience(tiers=frozenset({tier.code})),
    )
    return Standing(offer, clock.iso(begins))
