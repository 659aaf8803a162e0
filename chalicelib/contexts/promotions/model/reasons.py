"""Why an offer applied, why another did not, and what is missing: worked out only for who asks."""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.contexts.promotions.model.cards import Reached, carded
from chalicelib.contexts.promotions.model.offers import Kind, Lane
from chalicelib.contexts.promotions.model.quotes import ANYBODY, Basket, Moment, Shopper
from chalicelib.contexts.promotions.model.reckoning import parted
from chalicelib.contexts.promotions.model.sheet import Sheet, is_for, is_within, wanted, work
from chalicelib.contexts.promotions.model.shelf import Shelf

IN_SETS = {Kind.BUY_X_GET_Y, Kind.BUNDLE}


class Reason(StrEnum):
    """The first thing that decided about an offer."""

    APPLIED = "applied"
    OTHER_CURRENCY = "other_currency"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    NOT_FOR_YOU = "not_for_you"
    NOTHING_REACHED = "nothing_reached"
    QUOTA_SHORT = "quota_short"
    MEMBER_LIMIT = "member_limit"
    BELOW_THRESHOLD = "below_threshold"
    SET_SHORT = "set_short"
    OUTDONE = "outdone"


class Verdict(Struct, frozen=True):
    """What became of one offer. Where it is below its threshold, `missing_amount` (minor units at
    shown prices) or `missing_units` more would reach it, and it would then take `saves` off if
    nothing outdid it; so it is where `missing_units` would fill its first set. Nobody knows what is
    saved where a part of a set is not in the basket at all: then it is 0. `off` is what it took off.
    """

    offer: str
    titles: dict[str, str]
    reason: Reason
    off: int = 0
    missing_amount: int = 0
    missing_units: int = 0
    saves: int = 0
    kind: Kind = Kind.AMOUNT_OFF


def explain(
    basket: Basket, shelf: Shelf, moment: Moment, shopper: Shopper = ANYBODY
) -> list[Verdict]:
    """Say what became of every offer of the platform and of the basket's merchants, and of every
    coupon put on it, by id.
    """
    sheet = work(basket, shelf, shopper, moment)
    offers = shelf.concerning({line.merchant_id for line in basket.lines})
    found = [*shelf.reached(sheet.lines), *Shelf(shopper.coupons).reached(sheet.lines)]
    reached = {one.offer.id: one for one in found}
    off = _taken(sheet)
    verdicts = []
    for offer in (*offers, *shopper.coupons):
        one = reached.get(offer.id) or Reached(carded(offer), offer, [])
        reason = _reason(sheet, one, off, moment, shopper)
        taken = off.get(offer.id, 0)
        verdict = Verdict(offer.id, offer.titles, reason, off=taken, kind=offer.kind)
        if reason is Reason.BELOW_THRESHOLD:
            verdict = _with_missing(sheet, one, verdict)
        if reason is Reason.SET_SHORT:
            verdict = _with_set(sheet, one, verdict)
        verdicts.append(verdict)
    return sorted(verdicts, key=lambda verdict: verdict.offer)


def _taken(sheet: Sheet) -> dict[str, int]:
    """What each offer took off; a gift takes nothing off and counts as applied."""
    off = {offer.id: 0 for offer in sheet.gifts}
    for made in (*sheet.adjustments, list(sheet.deliveries.values())):
        for one in made:
            off[one.offer] = off.get(one.offer, 0) - one.amount.amount
    return off


def _reason(
    sheet: Sheet, one: Reached, off: dict[str, int], moment: Moment, shopper: Shopper
) -> Reason:
    offer = one.offer
    units = wanted(sheet, one)
    used, uses = moment.used.get(offer.id, 0), shopper.uses.get(offer.id, 0)
    decided = (
        (Reason.APPLIED, offer.id in off),
        (Reason.OTHER_CURRENCY, offer.currency != sheet.currency),
        (Reason.NOT_STARTED, moment.now < offer.starts_at),
        (Reason.ENDED, moment.now >= offer.ends_at),
        (Reason.NOT_FOR_YOU, not is_for(offer.audience, shopper)),
        (Reason.NOTHING_REACHED, not one.places),
        (Reason.QUOTA_SHORT, not is_within(offer.quota, used, units)),
        (Reason.MEMBER_LIMIT, not is_within(offer.per_member, uses, units)),
        (Reason.BELOW_THRESHOLD, not _is_met(sheet, one)),
        (Reason.SET_SHORT, bool(_short(sheet, one))),
    )
    return next((reason for reason, holds in decided if holds), Reason.OUTDONE)


def _is_met(sheet: Sheet, one: Reached) -> bool:
    if one.offer.lane is not Lane.PRODUCT:
        return sheet.is_met(one)
    return _units_missing(sheet, one) == 0


def _units_missing(sheet: Sheet, one: Reached) -> int:
    """What the line that is nearest to a threshold of the product lane lacks."""
    least = one.offer.threshold.quantity if one.offer.threshold else 0
    return max(0, least - max([sheet.quantities[place] for place in one.places], default=0))


def _with_missing(sheet: Sheet, one: Reached, verdict: Verdict) -> Verdict:
    offer, threshold = one.offer, one.offer.threshold
    assert threshold is not None, "what is below a threshold has one"
    price, units = sheet.sum_of(one, sheet.shown), sheet.units_of(one)
    if offer.lane is Lane.PRODUCT:
        missing = _units_missing(sheet, one)
        prices = [line.unit_price.amount * threshold.quantity for line in sheet.lines]
        quantities = [threshold.quantity] * len(prices)
        saves = max(one.card.off_lines(offer, prices, quantities, one.places))
    else:
        missing = max(0, threshold.quantity - units)
        saves = _saves(sheet, one, price=max(price, threshold.amount))
    return replace(
        verdict,
        missing_amount=max(0, threshold.amount - price),
        missing_units=missing,
        saves=saves,
    )


def _saves(sheet: Sheet, one: Reached, *, price: int) -> int:
    """What an offer would take off: by sets from what is there, by money from what it asks for."""
    if one.offer.kind in IN_SETS:
        prices = [sheet.shown[place] for place in one.places]
        return one.card.off_sum(one.offer, prices, sheet.lines, one.places)
    return one.card.off_sum(one.offer, [price], sheet.lines, one.places)


def _short(sheet: Sheet, one: Reached) -> list[tuple[list[int], int]]:
    """The places of each part of a set that is not full, and the units that the part lacks."""
    if one.offer.kind not in IN_SETS:
        return []
    parts = parted(one.offer, sheet.lines, one.places)
    placed = [([one.places[at] for at in mine], asked) for mine, asked in parts]
    lacking = [
        (places, asked - sum(sheet.quantities[at] for at in places)) for places, asked in placed
    ]
    return [(places, units) for places, units in lacking if units > 0]


def _with_set(sheet: Sheet, one: Reached, verdict: Verdict) -> Verdict:
    """Fill the first set up with more of the cheapest that is there of each part."""
    short = _short(sheet, one)
    lines, shown, saves = list(sheet.lines), list(sheet.shown), 0
    for places, units in short:
        if places:
            place = min(places, key=lambda at: shown[at] // lines[at].quantity)
            line = lines[place]
            lines[place] = replace(line, quantity=line.quantity + units)
            shown[place] += shown[place] // line.quantity * units
    if all(places for places, _ in short):
        prices = [shown[place] for place in one.places]
        saves = one.card.off_sum(one.offer, prices, lines, one.places)
    missing = sum(units for _, units in short)
    return replace(verdict, missing_units=missing, saves=saves)
