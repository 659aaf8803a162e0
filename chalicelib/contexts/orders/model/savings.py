"""What offers took off orders altogether, and what came on top, as shoppers are told."""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.contexts.orders.model.values import Order
from chalicelib.kernel.money import Money, total


class Saved(Struct, frozen=True):
    """What one offer, coupon, or the points took off: a positive amount. `titles` are by language."""

    titles: dict[str, str]
    amount: Money


class Sums(Struct, frozen=True):
    """What orders cost beside their goods: `tax` came on top, `tax_included` is in the prices."""

    shipping: Money
    tax: Money
    tax_included: Money


def sums_of(orders: Sequence[Order]) -> Sums:
    """Sum what these orders, at least one, cost beside their goods."""
    currency = orders[0].currency
    return Sums(
        total((one.totals.shipping for one in orders), currency),
        total((one.totals.tax for one in orders), currency),
        total((one.tax_included for one in orders), currency),
    )


def saved(orders: Iterable[Order]) -> tuple[Saved, ...]:
    """Sum what each offer took off these orders, those that took it off first before the others; a
    gift is what its article costs.
    """
    sums: dict[str, Saved] = {}
    for order in orders:
        every = [one for line in order.lines for one in line.adjustments]
        for one in (*every, *order.delivery_adjustments):
            so_far = sums.get(one.offer)
            if so_far is None:
                sums[one.offer] = Saved(one.titles, -one.amount)
            else:
                sums[one.offer] = replace(so_far, amount=so_far.amount - one.amount)
    return tuple(one for one in sums.values() if one.amount.amount)
