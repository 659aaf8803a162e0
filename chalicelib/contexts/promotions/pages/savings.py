"""What offers took off, what comes along, and what is missing for more, as shoppers read it."""

from collections.abc import Collection, Iterable

from msgspec import Struct

from chalicelib.contexts.promotions.model.deals import Deal
from chalicelib.contexts.promotions.model.offers import Lane
from chalicelib.contexts.promotions.model.quotes import Adjustment
from chalicelib.contexts.promotions.model.reasons import Reason, Verdict
from chalicelib.contexts.promotions.pages.reasons import sentence
from chalicelib.kernel.money import Money, total
from chalicelib.web.i18n import PriceView, Words

HINTS_MAX = 2
"""So many rows say what is missing, the nearest first: more would be a price list."""


class SavingView(Struct, frozen=True):
    """An offer, and the negative amount that it took off."""

    label: str
    amount: PriceView


class HintView(Struct, frozen=True):
    """An offer that is almost met, and what is missing."""

    label: str
    text: str


def titled(titles: dict[str, str], words: Words) -> str:
    """An offer's title in this language."""
    return titles.get(words.locale) or next(iter(titles.values()), "")


def saving_views(adjustments: Iterable[Adjustment], words: Words) -> list[SavingView]:
    """Say what each offer took off, in the order in which they took turns."""
    return [SavingView(titled(one.titles, words), words.money(one.amount)) for one in adjustments]


def before(after: Money, adjustments: Collection[Adjustment], words: Words) -> PriceView | None:
    """What something would cost without its offers; None where none took anything off."""
    off = total((one.amount for one in adjustments), after.currency)
    return words.money(after - off) if off else None


def hint_views(
    verdicts: Iterable[Verdict], deal: Deal, merchant_id: str, currency: str, words: Words
) -> list[HintView]:
    """Say what is missing for more of this merchant's offers ("" is the platform), the nearest first.

    What saves no more than the offers of its lane do already is not worth anybody's while.
    """
    known = {one.offer.id: one.offer for one in deal.standings.values()}
    own = [
        (one, known[one.offer])
        for one in verdicts
        if one.offer in known and known[one.offer].merchant_id == merchant_id
    ]
    taken: dict[Lane, int] = {}
    for verdict, offer in own:
        taken[offer.lane] = taken.get(offer.lane, 0) + verdict.off
    near = [
        verdict
        for verdict, offer in own
        if verdict.reason in {Reason.BELOW_THRESHOLD, Reason.SET_SHORT}
        and (
            verdict.saves > taken[offer.lane]
            or offer.lane in offer.combines_with
            or _gives(verdict)
        )
    ]
    near.sort(key=lambda one: (one.missing_amount, one.missing_units, one.offer))
    return [
        HintView(titled(one.titles, words), sentence(words, one, currency))
        for one in near[:HINTS_MAX]
    ]


def _gives(verdict: Verdict) -> bool:
    """Whether it gives what is not counted as money: a gift, free delivery, an unknown set."""
    return verdict.saves == 0
