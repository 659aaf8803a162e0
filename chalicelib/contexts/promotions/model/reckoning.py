"""How much an offer takes off: whole minor units, never more than there is."""

from collections.abc import Iterable, Sequence

from chalicelib.contexts.promotions.model.offers import BPS_ALL, Kind, Offer


def off_lines(
    offer: Offer, prices: Sequence[int], quantities: Sequence[int], places: Iterable[int]
) -> list[int]:
    """What an offer for single articles takes off each of the lines at these places."""
    amount, cap = offer.amount, offer.cap
    if offer.kind is Kind.FIXED_PRICE:
        left = [prices[place] - amount * quantities[place] for place in places]
        return [max(0, off) for off in left]
    bps = offer.percent_bps
    offs = [(prices[place] * bps + BPS_ALL // 2) // BPS_ALL for place in places]
    return offs if cap is None else [min(off, cap) for off in offs]


def off_sum(
    offer: Offer, prices: Sequence[int], quantities: Sequence[int], places: Sequence[int]
) -> int:
    """What an offer takes off all the lines at these places; `prices` are of these alone."""
    kind = offer.kind
    if kind is Kind.BUY_X_GET_Y:
        return free_units(offer, prices, [quantities[place] for place in places])
    price = sum(prices)
    if kind is Kind.PERCENT_OFF:
        return percent(offer, price)
    return min(offer.amount, price) if kind is Kind.AMOUNT_OFF else 0


def percent(offer: Offer, price: int) -> int:
    """A percentage, halves rounded up, up to the cap."""
    off = (price * offer.percent_bps + BPS_ALL // 2) // BPS_ALL
    return off if offer.cap is None else min(off, offer.cap)


def free_units(offer: Offer, prices: Sequence[int], quantities: Sequence[int]) -> int:
    """What the free units are worth: dearest first, the last `get` of each `buy + get` are free.

    So a cheap unit more never makes a dearer one cost again. A unit is worth its line's price
    divided by its quantity, cents cut off.
    """
    group = offer.buy + offer.get
    grouped = sum(quantities) // group * group
    if not grouped:
        return 0
    stacks = [(price // units, units) for price, units in zip(prices, quantities, strict=True)]
    stacks.sort(reverse=True)
    worth = passed = free = 0
    for unit, quantity in stacks:
        passed = min(passed + quantity, grouped)
        free_by_now = _free_among(offer, passed)
        worth += unit * (free_by_now - free)
        free = free_by_now
    return worth


def _free_among(offer: Offer, first: int) -> int:
    """How many of the first units are free."""
    group = offer.buy + offer.get
    return first // group * offer.get + max(0, first % group - offer.buy)


def merchants_parts(offer: Offer, parts: Sequence[int]) -> Sequence[int]:
    """What of each part of a discount its merchant pays: together its share of the whole, halves
    rounded up, and of no part more than there is.
    """
    if offer.merchant_bps == BPS_ALL:
        return parts
    if len(parts) == 1:
        return ((parts[0] * offer.merchant_bps + BPS_ALL // 2) // BPS_ALL,)
    paid, passed, result = 0, 0, []
    for part in parts:
        passed += part
        due = (passed * offer.merchant_bps + BPS_ALL // 2) // BPS_ALL
        result.append(due - paid)
        paid = due
    return result
