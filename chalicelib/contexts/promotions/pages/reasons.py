"""Why an offer applied or not, and what is missing, in a sentence."""

from collections.abc import Mapping

from chalicelib.contexts.promotions.model.reasons import Verdict
from chalicelib.contexts.promotions.model.telling import Message, message_of
from chalicelib.kernel.money import Money
from chalicelib.web.i18n import N_, Words

SENTENCES: Mapping[Message, str] = {
    Message.SAVED: N_("You save %(saves)s"),
    Message.GIFT_GIVEN: N_("A gift comes along"),
    Message.DELIVERY_FREED: N_("Delivery is free"),
    Message.OTHER_CURRENCY: N_("This offer is in another currency"),
    Message.NOT_STARTED: N_("This offer has not started yet"),
    Message.ENDED: N_("This offer has ended"),
    Message.NOT_FOR_YOU: N_("This offer is for other shoppers"),
    Message.NOTHING_REACHED: N_("Nothing in your cart is part of this offer"),
    Message.QUOTA_SHORT: N_("Not enough is left of this offer"),
    Message.MEMBER_LIMIT: N_("You have used this offer as often as one may"),
    Message.OUTDONE: N_("Something else saves you more"),
    Message.AMOUNT_SAVES: N_("%(amount)s more saves %(saves)s"),
    Message.AMOUNT_GIVES_GIFT: N_("%(amount)s more, and a gift comes along"),
    Message.AMOUNT_FREES_DELIVERY: N_("%(amount)s more, and delivery is free"),
    Message.AMOUNT_REACHES: N_("%(amount)s more for this offer"),
    Message.UNITS_SAVE: N_("%(units)s more to save %(saves)s"),
    Message.UNITS_GIVE_GIFT: N_("%(units)s more, and a gift comes along"),
    Message.UNITS_FREE_DELIVERY: N_("%(units)s more, and delivery is free"),
    Message.UNITS_REACH: N_("%(units)s more for this offer"),
}
assert set(SENTENCES) == set(Message), "every message has its words"


def sentence(words: Words, verdict: Verdict, currency: str) -> str:
    """Say what became of an offer; `currency` is the basket's."""
    saves = verdict.off or verdict.saves
    return words.say(SENTENCES[message_of(verdict)]) % {
        "amount": words.money(Money(verdict.missing_amount, currency)).text,
        "units": verdict.missing_units,
        "saves": words.money(Money(saves, currency)).text,
    }
