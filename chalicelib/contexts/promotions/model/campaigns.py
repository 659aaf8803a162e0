"""Campaigns: coupons that are there to be had; and coupons, once somebody has them."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.contexts.promotions.model.occasions import Trigger
from chalicelib.contexts.promotions.model.offers import Offer
from chalicelib.kernel import clock, ids
from chalicelib.kernel.clock import later
from chalicelib.kernel.money import Money
from chalicelib.kernel.states import Machine

DAY_S = 86_400
VALID_DAYS_MAX = 3_650
CODE_LENGTH_MIN, CODE_LENGTH_MAX = 3, 40
COUPONS_A_CART_MAX = 5
CODE_RANDOM = 8
STAMP_LENGTH = 10
ANYBODY = "*"
"""Who holds a single-use code: whoever has it."""
CAMPAIGN = "cmp"
"""Begins the id of a campaign."""


class CouponState(StrEnum):
    """How a coupon stands. One that is held and past its time counts as expired."""

    HELD = "held"
    USED = "used"
    EXPIRED = "expired"


COUPON = Machine(
    CouponState,
    {
        CouponState.HELD: {CouponState.USED, CouponState.EXPIRED},
        CouponState.USED: {CouponState.HELD},
        CouponState.EXPIRED: set(),
    },
)
"""A used coupon is held again when its purchase is called off."""


class Campaign(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """So many coupons of one kind, to be had from `starts_at` up to and without `ends_at`.

    `coupon` is what each does. Members claim one and hold it, `valid_days` from then on or, where it is
    None, up to the campaign's end. Where there is a `code`, nobody claims: who knows the code puts
    it on a cart. Where coupons have single codes, nobody claims either: the maker makes the codes and
    hands them out. Where there is a `trigger`, its occasion gives them. `shards` is over how many rows `quantity` lies. A `merchant_id` of "" is the platform.
    """

    id: str
    merchant_id: str
    titles: dict[str, str]
    coupon: Offer
    quantity: int
    per_member: int
    starts_at: datetime
    ends_at: datetime
    created_at: str
    shards: int = 1
    valid_days: int | None = None
    code: str = ""
    has_single_codes: bool = False
    trigger: Trigger | None = None
    is_stopped: bool = False
    version: int = 1

    @property
    def is_claimed(self) -> bool:
        """Whether members come by its coupons by claiming them."""
        return not self.code and not self.has_single_codes and self.trigger is None

    def is_open(self, now: datetime) -> bool:
        """Whether its coupons may be had now, as far as there are any left."""
        return not self.is_stopped and self.starts_at <= now < self.ends_at

    def state(self, now: datetime) -> str:
        """`stopped`, `scheduled`, `live` or `ended`."""
        if now >= self.ends_at:
            return "ended"
        if self.is_stopped:
            return "stopped"
        return "live" if now >= self.starts_at else "scheduled"

    def cost(self, by_merchant: int, by_platform: int) -> Money:
        """What its maker pays of what was taken off, in minor units."""
        return Money(by_merchant if self.merchant_id else by_platform, self.coupon.currency)

    def offer_of(self, coupon_id: str, starts_at: datetime, ends_at: datetime) -> Offer:
        """What one coupon does."""
        return replace(self.coupon, id=coupon_id, starts_at=starts_at, ends_at=ends_at)

    def shared_offer(self) -> Offer:
        """What its code does on a cart: limited as the campaign is."""
        offer = self.offer_of(self.id, self.starts_at, self.ends_at)
        return replace(offer, quota=self.quantity, per_member=self.per_member)

    def expiry(self, issued_at: datetime) -> datetime:
        """Until when a coupon is good that is issued then."""
        if self.valid_days is None:
            return self.ends_at
        return later(issued_at, self.valid_days * DAY_S)


class Coupon(Struct, frozen=True, kw_only=True):
    """A coupon that a member holds, or anybody who knows the code. `offer` is what it does, and from when
    to when.
    """

    code: str
    member_id: str
    campaign_id: str
    offer: Offer
    issued_at: str
    state: CouponState = CouponState.HELD
    purchase_id: str = ""

    @property
    def id(self) -> str:
        return self.offer.id

    def standing(self, now: datetime) -> CouponState:
        """How it stands now."""
        is_over = self.state is CouponState.HELD and now >= self.offer.ends_at
        return CouponState.EXPIRED if is_over else self.state


def issued(campaign: Campaign, member_id: str, code: str, now: datetime) -> Coupon:
    """Make the coupon that a member gets of a campaign."""
    coupon_id = f"cpn_{code}"
    return Coupon(
        code=code,
        member_id=member_id,
        campaign_id=campaign.id,
        offer=campaign.offer_of(coupon_id, now, campaign.expiry(now)),
        issued_at=clock.iso(now),
    )


def is_campaign(offer_id: str) -> bool:
    """Whether what an adjustment names is a campaign, not an offer."""
    return offer_id.startswith(f"{CAMPAIGN}_")


def new_code() -> str:
    """Make a code that sorts by when it was made and that nobody guesses."""
    return ids.ulid()[:STAMP_LENGTH] + ids.code(CODE_RANDOM).upper()
