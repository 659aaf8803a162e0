"""What promotions refuses."""

from chalicelib.kernel.errors import Conflict, NotFound, Refusal, TooManyRequests


class NoOffer(NotFound):
    code, title = "promotions.no_such_offer", "There is no such offer"


class TooManyOffers(Refusal):
    code, status = "promotions.too_many_offers", 422
    title = "So many offers cannot run at once; stop some first"


class OfferChanged(Conflict):
    code, title = "promotions.changed", "The offers were changed meanwhile; look again"


class QuotaBelowUsed(Refusal):
    """More of the offer is used already than the new quota allows."""

    code, status = "promotions.quota_below_used", 409
    title = "More than that is used already"


class LimitReached(Refusal):
    """What is left of an offer's quota, or of what one shopper may have of it, is too little."""

    code, status, title = "promotions.limit_reached", 409, "Nothing is left of this offer"


class CountedMeanwhile(Conflict):
    """More is known of the purchase than was read: read it again."""

    code, title = "promotions.counted_meanwhile", "The purchase was counted meanwhile"


class UsesChanged(Conflict):
    """What the purchase uses was changed since it was read: read it again."""

    code, title = "promotions.uses_changed", "What the purchase uses was changed meanwhile"


class NoCampaign(NotFound):
    code, title = "promotions.no_such_campaign", "There is no such campaign"


class CampaignClosed(Refusal):
    """It has not begun, is over, or was stopped."""

    code, status, title = "promotions.campaign_closed", 409, "These coupons cannot be had now"


class CampaignExhausted(Refusal):
    code, status, title = "promotions.campaign_exhausted", 409, "All coupons are gone"


class AlreadyClaimed(Refusal):
    code, status, title = "promotions.already_claimed", 409, "You have had your coupon of this kind"


class CodeTaken(Refusal):
    code, status, title = "promotions.code_taken", 409, "Another campaign has this code"


class CodesMade(Conflict):
    """This batch of codes was made already: go on to the next."""

    code, title = "promotions.codes_made", "These codes were made already"


class NoCoupon(NotFound):
    """Nobody has such a coupon, or somebody else has: the two look the same from outside."""

    code, title = "promotions.no_such_coupon", "There is no such coupon"


class CouponUsed(Refusal):
    code, status, title = "promotions.coupon_used", 409, "This coupon was used already"


class CouponExpired(Refusal):
    code, status, title = "promotions.coupon_expired", 409, "This coupon's time is over"


class TooManyCoupons(Refusal):
    code, status, title = "promotions.too_many_coupons", 422, "No more coupons fit on this cart"


class CouponsThrottled(TooManyRequests):
    """Codes were guessed."""

    code, title = "promotions.codes_throttled", "Too many codes were wrong; wait a little"

    def __init__(self, wait_s: int) -> None:
        super().__init__()
        self.retry_after_s = wait_s
