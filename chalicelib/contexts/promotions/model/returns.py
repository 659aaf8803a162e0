"""What comes back to the shopper when goods go back: from frozen amounts, never priced again."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from chalicelib.contexts.promotions.model.offers import Lane, Offer, OnReturn
from chalicelib.contexts.promotions.model.quotes import Adjustment, Basket, Quote
from chalicelib.contexts.promotions.model.shelf import Shelf
from chalicelib.kernel.money import shared


class Terms(Struct, frozen=True):
    """What an offer that reclaims asked for and gave, frozen with a merchant's order.

    It asked for `amount_min` minor units at shown prices, or `units_min`, of the lines in `shown`:
    what each of these showed in all. `off` is what it took off each line, `off_delivery` what it
    took off delivery.
    """

    offer: str
    amount_min: int
    units_min: int
    shown: dict[str, int]
    off: dict[str, int]
    off_delivery: int = 0


class SoldLine(Struct, frozen=True):
    """A line of a merchant's order: `total` minor units paid for `quantity`, and what went back."""

    sku: str
    quantity: int
    total: int
    refunded: int = 0
    refunded_amount: int = 0


class Return(Struct, frozen=True):
    """What a return pays back by sku, in minor units; lines that get nothing are left out, and a line
    of which nothing goes back now may get what an earlier return held back. `held` is what is held
    back by now, for the offers in `broken`.
    """

    amounts: dict[str, int]
    held: int
    broken: tuple[str, ...]


def terms_of(
    merchant_id: str, basket: Basket, quote: Quote, offers: Iterable[Offer]
) -> tuple[Terms, ...]:
    """Freeze the terms of a merchant's offers that applied and reclaim, coupons among them, in the
    order of their ids. In the product lane each line stands by itself, and has terms of its own.
    """
    by_id = {offer.id: offer for offer in offers}
    adjusted = {line.sku: line.adjustments for line in quote.lines}
    shown = {
        line.sku: line.unit_price.amount * line.quantity
        - sum(
            _off(one)
            for one in adjusted[line.sku]
            if one.offer in by_id and by_id[one.offer].lane is Lane.PRODUCT
        )
        for line in basket.lines
    }
    delivered = [one for one in quote.deliveries if one.merchant_id == merchant_id]
    result: list[Terms] = []
    for _, offer in sorted(by_id.items()):
        if offer.on_return is OnReturn.KEEP or offer.merchant_id != merchant_id:
            continue
        off = {
            sku: sum(_off(one) for one in made if one.offer == offer.id)
            for sku, made in adjusted.items()
        }
        off_delivery = sum(
            _off(one) for each in delivered for one in each.adjustments if one.offer == offer.id
        )
        if any(off.values()) or off_delivery:
            result += _frozen(offer, basket, shown, off, off_delivery)
    return tuple(result)


def plan_return(
    lines: Sequence[SoldLine], terms: Iterable[Terms], back: Mapping[str, int]
) -> Return:
    """Say what the units in `back` (by sku) pay back. `lines` are all those of the order as they stood
    before, `terms` what was frozen with it.

    A unit is worth its line's total divided by its quantity, cents cut off, the last one the rest.
    Where what is kept is below the threshold of terms, what their offer took off what is kept is
    held back, as far as there is something to hold; what was paid back before is never asked for,
    and no other offer is looked at that what is kept might have got instead. Held back is at most what these offers took off. Any returns together pay at most what was paid,
    and exactly that when everything has gone back. The caller sees to it that no more units go back
    than are there.
    """
    kept = {line.sku: line.quantity - line.refunded - back.get(line.sku, 0) for line in lines}
    assert min(kept.values(), default=0) >= 0, "no more goes back than was sold"
    kept_of = {line.sku: (kept[line.sku], line.quantity) for line in lines}
    broken = [one for one in terms if any(kept.values()) and _is_broken(one, kept_of)]
    rooms = [_worth(line, line.quantity - kept[line.sku]) - line.refunded_amount for line in lines]
    assert min(rooms, default=0) >= 0, "no line gave back more than what its units were worth"
    worth = sum(rooms) + sum(line.refunded_amount for line in lines)
    held = min(worth, sum(_undeserved(one, kept_of) for one in broken))
    before = sum(line.refunded_amount for line in lines)
    amount = max(0, worth - held - before)
    parts = shared(amount, rooms) if amount else [0] * len(rooms)
    amounts = {line.sku: part for line, part in zip(lines, parts, strict=True) if part}
    return Return(amounts, worth - before - amount, tuple(sorted({one.offer for one in broken})))


def _frozen(
    offer: Offer, basket: Basket, shown: dict[str, int], off: dict[str, int], off_delivery: int
) -> list[Terms]:
    threshold = offer.threshold
    assert threshold is not None, "who reclaims has a threshold"
    (reached,) = Shelf([offer]).reached(basket.lines)
    skus = [basket.lines[place].sku for place in reached.places]
    groups = [[sku] for sku in skus if off[sku]] if offer.lane is Lane.PRODUCT else [skus]
    return [
        Terms(
            offer=offer.id,
            amount_min=threshold.amount,
            units_min=threshold.quantity,
            shown={sku: shown[sku] for sku in group},
            off={sku: off[sku] for sku in group if off[sku]},
            off_delivery=off_delivery,
        )
        for group in groups
    ]


def _is_broken(terms: Terms, kept_of: Mapping[str, tuple[int, int]]) -> bool:
    units = sum(kept_of[sku][0] for sku in terms.shown)
    amount = sum(_part(price, *kept_of[sku]) for sku, price in terms.shown.items())
    return units < terms.units_min or amount < terms.amount_min


def _undeserved(terms: Terms, kept_of: Mapping[str, tuple[int, int]]) -> int:
    """What an offer took off the units that are kept, and off delivery."""
    return terms.off_delivery + sum(_part(off, *kept_of[sku]) for sku, off in terms.off.items())


def _part(amount: int, kept: int, quantity: int) -> int:
    return amount * kept // quantity


def _worth(line: SoldLine, units: int) -> int:
    """What so many units of a line are worth to who paid for them."""
    return line.total if units == line.quantity else units * (line.total // line.quantity)


def _off(one: Adjustment) -> int:
    return -one.amount.amount
