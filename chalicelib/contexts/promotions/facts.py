"""What happens to coupons."""

from typing import ClassVar

from msgspec import Struct

from chalicelib.kernel.facts import Fact


class CouponFact(Fact, frozen=True, kw_only=True):
    """Something that happened to one coupon of a member."""

    coupon_id: str
    campaign_id: str
    merchant_id: str
    member_id: str

    @property
    def aggregate(self) -> str:
        return self.coupon_id


class CouponIssued(CouponFact, frozen=True, kw_only=True):
    """A member holds a coupon, good until `expires_at`. `cause` is `claim`, or why it was given."""

    name: ClassVar[str] = "promotions.CouponIssued"
    code: str
    expires_at: str
    cause: str


class CouponRedeemed(CouponFact, frozen=True, kw_only=True):
    """A purchase was placed with a coupon."""

    name: ClassVar[str] = "promotions.CouponRedeemed"
    purchase_id: str


class CouponGiven(Struct, frozen=True):
    """One coupon, and whose it is."""

    member_id: str
    coupon_id: str
    code: str


class CouponsIssued(Fact, frozen=True, kw_only=True):
    """Some members hold a coupon each, good until `expires_at`. `cause` is why they were given."""

    name: ClassVar[str] = "promotions.CouponsIssued"
    issue_id: str
    campaign_id: str
    merchant_id: str
    cause: str
    expires_at: str
    coupons: tuple[CouponGiven, ...]

    @property
    def aggregate(self) -> str:
        return self.issue_id
