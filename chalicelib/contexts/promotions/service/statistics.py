"""Counting what offers bring and cost, and stopping those that have used their budget up."""

from collections.abc import Callable, Collection, Mapping

from msgspec.structs import replace

from chalicelib.aws import reads, retries, transact
from chalicelib.aws.worker import AlreadyHandled, done
from chalicelib.contexts.promotions import store
from chalicelib.contexts.promotions.model import statistics as model
from chalicelib.contexts.promotions.model.board import EVERYWHERE, Standing, owner_of
from chalicelib.contexts.promotions.model.campaigns import Campaign
from chalicelib.contexts.promotions.model.refusals import CountedMeanwhile, OfferChanged
from chalicelib.contexts.promotions.model.statistics import NOTHING, Counted, Figures, SoldLine
from chalicelib.contexts.promotions.store import statistics as rows
from chalicelib.kernel import clock
from chalicelib.kernel.errors import Busy
from chalicelib.kernel.facts import Fact

CONSUMER = "promotions_statistics"
COUPON = "cpn_"
"""Begins the id of a coupon that somebody holds."""


def note(fact: Fact, purchase_id: str, learn: Callable[[Counted], Counted]) -> None:
    """Count what a fact says of a purchase, once; then stop what has used its budget up.

    The last is looked at each time the fact is told, for whoever counted it may have died before.
    """
    for attempt in range(retries.ROUNDS_MAX):
        seen = rows.counted(purchase_id)
        made = learn(seen)
        moved = model.change(model.figures(seen), model.figures(made))
        marker = done(store.PromotionsDoneItem, CONSUMER, fact)
        try:
            transact.commit([marker, *rows.count(seen, made, moved)])
        except AlreadyHandled:
            stop_spent(seen)
            raise
        except CountedMeanwhile:
            retries.pause(attempt)
        else:
            stop_spent(made)
            return
    raise Busy


def of_campaigns(purchase_id: str, lines: Collection[SoldLine]) -> tuple[SoldLine, ...]:
    """Name what held coupons took off by their campaigns. One round trip where there are any."""
    offers = {off.offer_id for line in lines for off in line.offs}
    if not any(offer_id.startswith(COUPON) for offer_id in offers):
        return tuple(lines)
    place = store.uses_key(purchase_id)
    return model.of_campaigns(lines, store.uses_of(reads.get(store.UsesItem, place.pk, place.sk)))


def stop_spent(counted: Counted) -> None:
    """Stop the offers of a purchase that have a budget and took off that much. Whoever makes an offer
    may let it run again; the next sale then stops it, unless the budget is larger by then.
    """
    codes = {**counted.sellers, "": EVERYWHERE}
    offers = model.figures(counted)
    for standing in _budgeted(offers, codes):
        spent = performance(standing.offer.id)[0].off
        if standing.budget is not None and spent >= standing.budget:
            _stop(standing, codes[standing.offer.merchant_id])


def performance(offer_id: str) -> tuple[Figures, Mapping[str, Figures]]:
    """What an offer brought and cost, altogether and by day."""
    days = rows.tallies(offer_id)
    return sum(days.values(), NOTHING), days


def totals(campaigns: Collection[Campaign]) -> Mapping[str, Figures]:
    """What campaigns brought and cost altogether. One round trip."""
    return rows.totals([one.id for one in campaigns])


def _budgeted(offers: Collection[str], codes: Mapping[str, str]) -> list[Standing]:
    """Those of these offers that run and have a budget: a purchase's are its merchants' or the
    platform's. One round trip.
    """
    keys = [store.offer_key(owner_of(merchant), offer) for offer in offers for merchant in codes]
    found = [row.standing for row in (reads.batch(keys) if keys else ()) if row is not None]
    return [one for one in found if one.budget is not None and not one.is_stopped]


def _stop(seen: Standing, code: str) -> None:
    owner = owner_of(seen.offer.merchant_id)
    for attempt in range(retries.ROUNDS_MAX):
        former = store.standing(owner, seen.offer.id)
        if former is None or former.is_stopped:
            return
        made = replace(former, is_stopped=True, version=former.version + 1)
        try:
            transact.commit(store.change(store.board(code), former, made, [], clock.now()))
        except OfferChanged:
            retries.pause(attempt)
        else:
            return
    raise Busy
