"""How much an offer takes off: whole minor units, never more than there is."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

from chalicelib.contexts.promotions.model.lines import Line
from chalicelib.contexts.promotions.model.offers import BPS_ALL, Kind, Offer

OffLines = Callable[[Offer, Sequence[int], Sequence[int], Sequence[int]], list[int]]
"""What an offer for single articles takes off each of the lines at these places."""
OffSum = Callable[[Offer, Sequence[int], Sequence[Line], Sequence[int]], int]
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
    offer: Offer, prices: Sequence[int], _lines: Sequence[Line], _places: Sequence[int]
) -> int:
    """An amount, or what there is if that is less."""
    return min(offer.amount, sum(prices))


def part_of_all(
    offer: Offer, prices: Sequence[int], _lines: Sequence[Line], _places: Sequence[int]
) -> int:
    """A percentage of the whole, halves rounded up, up to the cap."""
    return _percent(offer, sum(prices))


def free_units(
    offer: Offer, prices: Sequence[int], lines: Sequence[Line], places: Sequence[int]
) -> int:
    """What the free units are worth: dearest first, the last `get` of each `buy + get` are free.

    So a cheap unit more never makes a dearer one cost again. A unit is worth its line's price
    divided by its quantity, cents cut off.
    """
    units = [lines[place].quantity for place in places]
    group = offer.buy + offer.get
    grouped = sum(units) // group * group
    if not grouped:
        return 0
    stacks = [(price // many, many) for price, many in zip(prices, units, strict=True)]
    stacks.sort(reverse=True)
    worth = passed = free = 0
    for unit, many in stacks:
        passed = min(passed + many, grouped)
        full, more = divmod(passed, group)
        free_by_now = full * offer.get + max(0, more - offer.buy)
        worth += unit * (free_by_now - free)
        free = free_by_now
    return worth


def off_sets(
    offer: Offer, prices: Sequence[int], lines: Sequence[Line], places: Sequence[int]
) -> int:
    """What full sets of a bundle cost less: each part takes its dearest units first, and a set that
    costs no more than the bundle's price is left alone. So a unit more never makes another dearer.
    """
    parts = parted(offer, lines, places)
    units = [lines[place].quantity for place in places]
    sets = min([sum([units[at] for at in mine]) // asked for mine, asked in parts])
    if not sets:
        return 0
    worths = [(price // many, many) for price, many in zip(prices, units, strict=True)]
    stacks = [(sorted([worths[at] for at in mine], reverse=True), asked) for mine, asked in parts]
    worth = _worth(stacks, sets)
    if offer.percent_bps:
        return _percent(offer, worth)
    if sets > 1 and worth - _worth(stacks, sets - 1) <= offer.amount:
        sets = _gaining(stacks, sets, offer.amount)
        worth = _worth(stacks, sets)
    return max(0, worth - sets * offer.amount)


def parted(
    offer: Offer, lines: Sequence[Line], places: Sequence[int]
) -> list[tuple[Sequence[int], int]]:
    """Which of the lines at these places each part of a set is for, counted from nought, and the
    units that a set takes of them.

    A line is for its variant's part, else for its product's, else for that of anything else; one
    that a bundle is about has one.
    """
    bundle = offer.bundle
    if len(bundle) < 2:
        asked = bundle[0].quantity if bundle else offer.buy + offer.get
        return [(range(len(places)), asked)]
    numbers = {(part.sku, part.product_id): number for number, part in enumerate(bundle)}
    mine: list[list[int]] = [[] for _ in bundle]
    for at, place in enumerate(places):
        line = lines[place]
        names = (line.sku, ""), ("", line.product_id), ("", "")
        mine[next(numbers[name] for name in names if name in numbers)].append(at)
    return [(found, part.quantity) for found, part in zip(mine, bundle, strict=True)]


def _worth(stacks: Iterable[tuple[Sequence[tuple[int, int]], int]], sets: int) -> int:
    """What the units of so many sets are worth; stacks go with the units that a set takes of them."""
    worth = 0
    for stack, asked in stacks:
        left = sets * asked
        for unit, many in stack:
            taken = min(many, left)
            worth += unit * taken
            left -= taken
    return worth


def _gaining(stacks: Sequence[tuple[Sequence[tuple[int, int]], int]], sets: int, price: int) -> int:
    """How many sets are worth more than the price: each is worth at most what the one before is."""
    return bisect_left(
        range(1, sets + 1),
        1,
        key=lambda number: _worth(stacks, number) - _worth(stacks, number - 1) <= price,
    )


def _percent(offer: Offer, price: int) -> int:
    off = (price * offer.percent_bps + BPS_ALL // 2) // BPS_ALL
    return off if offer.cap is None else min(off, offer.cap)


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


def nothing(
    _offer: Offer, _prices: Sequence[int], _lines: Sequence[Line], _places: Sequence[int]
) -> int:
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
    Kind.BUNDLE: off_sets,
    Kind.FIXED_PRICE: nothing,
    Kind.GIFT: nothing,
    Kind.FREE_SHIPPING: nothing,
}
assert set(OFF_SUM) == set(Kind), "every kind says what it takes off"
