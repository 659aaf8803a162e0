"""How much an offer takes off: whole minor units, never more than there is."""

from collections.abc import Sequence

from chalicelib.contexts.promotions.model.offers import BPS_ALL, Kind, Offer


def off_line(offer: Offer, price: int, quantity: int) -> int:
    """What an offer for single articles takes off a line that costs `price`."""
    if offer.kind is Kind.FIXED_PRICE:
        return max(0, price - offer.amount * quantity)
    return percent(offer, price)


def off_sum(offer: Offer, prices: Sequence[int], quantities: Sequence[int]) -> int:
    """What an offer for several lines takes off all of them; `prices` are the lines' own."""
    price = sum(prices)
    match offer.kind:
        case Kind.AMOUNT_OFF:
            return min(offer.amount, price)
        case Kind.PERCENT_OFF:
            return percent(offer, price)
        case Kind.BUY_X_GET_Y:
            return free_units(offer, prices, quantities)
        case Kind.FIXED_PRICE | Kind.GIFT | Kind.FREE_SHIPPING:
            return 0


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
    stacks = sorted(
        ((price // units, units) for price, units in zip(prices, quantities, strict=True)),
        reverse=True,
    )
    grouped = sum(quantity for _, quantity in stacks) // group * group
    worth, passed = 0, 0
    for unit, quantity in stacks:
        upto = min(passed + quantity, grouped)
        worth += unit * (_free_among(offer, upto) - _free_among(offer, passed))
        passed = upto
    return worth


def _free_among(offer: Offer, first: int) -> int:
    """How many of the first units are free."""
    group = offer.buy + offer.get
    return first // group * offer.get + max(0, first % group - offer.buy)


def merchants_parts(offer: Offer, parts: Sequence[int]) -> list[int]:
    """What of each part of a discount its merchant pays: together its share of the whole, halves
    rounded up, and of no part more than there is.
    """
    paid, passed, result = 0, 0, []
    for part in parts:
        passed += part
        due = (passed * offer.merchant_bps + BPS_ALL // 2) // BPS_ALL
        result.append(due - paid)
        paid = due
    return result
