"""What promotions refuses."""

from chalicelib.kernel.errors import Conflict, NotFound, Refusal


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


class UsesChanged(Conflict):
    """What the purchase uses was changed since it was read: read it again."""

    code, title = "promotions.uses_changed", "What the purchase uses was changed meanwhile"
