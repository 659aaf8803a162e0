"""What is to be said of a verdict: which message, with the amounts that the verdict has. The words are
the pages'.
"""

from enum import StrEnum

from chalicelib.contexts.promotions.model.offers import Kind
from chalicelib.contexts.promotions.model.reasons import Reason, Verdict


class Message(StrEnum):
    """One sentence for shoppers."""

    SAVED = "saved"
    GIFT_GIVEN = "gift_given"
    DELIVERY_FREED = "delivery_freed"
    OTHER_CURRENCY = "other_currency"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    NOT_FOR_YOU = "not_for_you"
    NOTHING_REACHED = "nothing_reached"
    QUOTA_SHORT = "quota_short"
    MEMBER_LIMIT = "member_limit"
    OUTDONE = "outdone"
    AMOUNT_SAVES = "amount_saves"
    AMOUNT_GIVES_GIFT = "amount_gives_gift"
    AMOUNT_FREES_DELIVERY = "amount_frees_delivery"
    AMOUNT_REACHES = "amount_reaches"
    UNITS_SAVE = "units_save"
    UNITS_GIVE_GIFT = "units_give_gift"
    UNITS_FREE_DELIVERY = "units_free_delivery"
    UNITS_REACH = "units_reach"


_APPLIED = {Kind.GIFT: Message.GIFT_GIVEN, Kind.FREE_SHIPPING: Message.DELIVERY_FREED}
_AMOUNTS = {
    Kind.GIFT: Message.AMOUNT_GIVES_GIFT,
    Kind.FREE_SHIPPING: Message.AMOUNT_FREES_DELIVERY,
}
_UNITS = {Kind.GIFT: Message.UNITS_GIVE_GIFT, Kind.FREE_SHIPPING: Message.UNITS_FREE_DELIVERY}
_MISSING = {Reason.BELOW_THRESHOLD, Reason.SET_SHORT}


def message_of(verdict: Verdict) -> Message:
    """Choose what to say. A message about an amount goes with `missing_amount`, one about units with
    `missing_units`, and those that save with `saves` (or `off`, where the offer applied).
    """
    if verdict.reason is Reason.APPLIED:
        return _APPLIED.get(verdict.kind, Message.SAVED)
    if verdict.reason not in _MISSING:
        return Message(verdict.reason)
    if verdict.missing_amount:
        other = Message.AMOUNT_SAVES if verdict.saves else Message.AMOUNT_REACHES
        return _AMOUNTS.get(verdict.kind, other)
    other = Message.UNITS_SAVE if verdict.saves else Message.UNITS_REACH
    return _UNITS.get(verdict.kind, other)
