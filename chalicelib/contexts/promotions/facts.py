"""What happens to coupons."""

from typing import ClassVar

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
