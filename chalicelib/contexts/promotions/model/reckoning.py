"""How much an offer takes off: whole minor units, never more than there is."""

from collections.abc import Callable, Sequence

from chalicelib.contexts.promotions.model.offers import BPS_ALL, Kind, Offer

OffLines = Callable[[Offer, Sequence[int], Sequence[int], Sequence[int]], list[int]]
"""What an offer for single articles takes off each of the lines at these places."""
OffSum = Callable[[Offer, Sequence[int], Sequence[int], Sequence[int]], int]
"""What an offer takes off all the lines at these places; its prices are of these alone."""


def above_price(
    offer: Offer, prices: Sequence[int], quantities: Sequence[int], places: Sequence[int]
) -> list[int]:
    """What lines cost above a price for each unit."""
    amount = offer.amount
    left = [prices[place] - amount * quantities[place] for place in places]
    return left if not left or min(left) >= 0 else [max(0, off) for off in left]


def part_of_each(
    offer: Offer, prices: Sequence[int], _quantities: Sequence[int], places: Sequence[int]
) -> list[int]:
    """A percentage of each line, halves rounded up, each up to the cap."""
    bps, cap = offer.percent_bps, offer.cap
    offs = [(prices[place] * bps + BPS_ALL // 2) // BPS_ALL for place in places]
    return offs if cap is None else [min(off, cap) for off in offs]


def an_amount(
    offer: Offer, prices: Sequence[int], _quantities: Sequence[int], _places: Sequence[int]
) -> int:
    """An amount, or what there is if that is less."""
    return min(offer.amount, sum(prices))


def part_of_all(
    offer: Offer, prices: Sequence[int], _quantities: Sequence[int], _places: Sequence[int]
) -> int:
    """A percentage of the whole, halves rounded up, up to the cap."""
    off = (sum(prices) * offer.percent_bps + BPS_ALL // 2) // BPS_ALL
    return off if offer.cap is None else min(off, offer.cap)


def free_units(
    offer: Offer, prices: Sequence[int], quantities: Sequence[int], places: Sequence[int]
) -> int:
    """What the free units are worth: dearest first, the last `get` of each `buy + get` are free.

    So a cheap unit more never makes a dearer one cost again. A unit is worth its line's price
    divided by its quantity, cents cut off.
    """
    units = [quantities[place] for place in places]
    group = offer.buy + offer.get
    grouped = sum(units) // group * group
    if not grouped:
        return 0
    stacks = [(price // many, many) for price, many in zip(prices, units, strict=True)]
    stacks.sort(reverse=True)
    worth = passed = free = 0
    for unit, many in stacks:
        passed = min(passed + many, grouped)
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


def nothing_off_lines(_offer: Offer, *_lines: Sequence[int]) -> list[int]:
    """What an offer that is not about single articles takes off each of them."""
    return []


def nothing(_offer: Offer, *_lines: Sequence[int]) -> int:
    """What an offer that is not about sums takes off them."""
    return 0


OFF_LINES: dict[Kind, OffLines] = {
    **dict.fromkeys(Kind, nothing_off_lines),
    Kind.FIXED_PRICE: above_price,
    Kind.PERCENT_OFF: part_of_each,
}
OFF_SUM: dict[Kind, OffSum] = {
    Kind.AMOUNT_OFF: an_amount,
    Kind.PERCENT_OFF: part_of_all,
    Kind.BUY_X_GET_Y: free_units,
    Kind.FIXED_PRICE: nothing,
    Kind.GIFT: nothing,
    Kind.FREE_SHIPPING: nothing,
}
assert set(OFF_SUM) == set(Kind), "every kind says what it takes off"
