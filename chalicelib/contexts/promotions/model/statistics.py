"""What offers brought and cost, counted from what was paid and what went back.

A purchase is counted by what is known of it, in whatever order that came: its figures follow from all
of it, and each piece of news adds the difference.
"""

from collections.abc import Iterable, Mapping
from operator import add, sub

from msgspec import Struct
from msgspec.structs import astuple, replace

from chalicelib.contexts.promotions.model.campaigns import is_campaign
from chalicelib.contexts.promotions.model.quotes import is_made
from chalicelib.contexts.promotions.model.uses import Uses

DAY = "DAY#"
TOTAL = "TOTAL"


class Off(Struct, frozen=True):
    """What one offer took off, a positive amount of minor units, and who pays for it."""

    offer_id: str
    amount: int
    by_merchant: int
    by_platform: int


class SoldLine(Struct, frozen=True):
    """A line that was paid for, or with a sku of "" the delivery of an order. `total` is minor units."""

    order_id: str
    merchant_id: str
    sku: str
    quantity: int
    total: int
    offs: tuple[Off, ...]


class Returned(Struct, frozen=True):
    """Units that go back with one refund."""

    refund_id: str
    order_id: str
    sku: str
    quantity: int


class Counted(Struct, frozen=True):
    """What is known of a purchase. `day` is that of its payment, "" before; lines without offers are
    left out.
    """

    purchase_id: str
    day: str = ""
    currency: str = ""
    lines: tuple[SoldLine, ...] = ()
    returned: tuple[Returned, ...] = ()
    version: int = 0

    def with_sale(self, day: str, currency: str, lines: Iterable[SoldLine]) -> "Counted":
        """Know what was paid for."""
        kept = tuple(line for line in lines if line.offs)
        return replace(self, day=day, currency=currency, lines=kept, version=self.version + 1)

    def with_returned(self, returned: Iterable[Returned]) -> "Counted":
        """Know what goes back; a refund that is known counts once."""
        known = {one.refund_id for one in self.returned}
        fresh = [one for one in returned if one.refund_id not in known]
        every = sorted(
            (*self.returned, *fresh), key=lambda one: (one.order_id, one.sku, one.refund_id)
        )
        return replace(self, returned=tuple(every), version=self.version + 1)

    @property
    def sellers(self) -> dict[str, str]:
        """The merchants whose lines are counted, with their codes."""
        return {line.merchant_id: line.sku.partition(".")[0] for line in self.lines if line.sku}


class Figures(Struct, frozen=True):
    """What an offer brought and cost: orders and units that have it, what was paid for those units,
    what it took off, and who pays for that, in minor units.
    """

    orders: int = 0
    units: int = 0
    sales: int = 0
    off: int = 0
    by_merchant: int = 0
    by_platform: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*map(add, astuple(self), astuple(other)))

    def __sub__(self, other: "Figures") -> "Figures":
        return Figures(*map(sub, astuple(self), astuple(other)))

    def __bool__(self) -> bool:
        return any(astuple(self))


NOTHING = Figures()


def of_campaigns(lines: Iterable[SoldLine], uses: Uses | None) -> tuple[SoldLine, ...]:
    """Name what a held coupon took off by its campaign: figures are a campaign's, not a coupon's."""
    campaigns = (
        {one.offer_id: one.campaign_id for one in uses.items if one.campaign_id} if uses else {}
    )
    return tuple(
        replace(
            line,
            offs=tuple(
                replace(off, offer_id=campaigns.get(off.offer_id, off.offer_id))
                for off in line.offs
            ),
        )
        for line in lines
    )


def figures(counted: Counted) -> dict[str, Figures]:
    """What a purchase adds to each of its offers: the kept share of every line, rounded down.

    An offer of which nothing was kept is there, too, with nothing.
    """
    found: dict[str, Figures] = {}
    orders: dict[str, set[str]] = {}
    for line in counted.lines:
        back = sum(
            one.quantity
            for one in counted.returned
            if (one.order_id, one.sku) == (line.order_id, line.sku)
        )
        kept = max(0, line.quantity - back)
        for off in line.offs:
            if not is_made(off.offer_id):
                continue
            made = Figures(
                0,
                kept if line.sku else 0,
                line.total * kept // line.quantity if line.sku else 0,
                off.amount * kept // line.quantity,
                off.by_merchant * kept // line.quantity,
                off.by_platform * kept // line.quantity,
            )
            found[off.offer_id] = found.get(off.offer_id, NOTHING) + made
            orders.setdefault(off.offer_id, set()).update([line.order_id] if kept else [])
    return {offer_id: replace(one, orders=len(orders[offer_id])) for offer_id, one in found.items()}


def places(offer_id: str, day: str) -> list[str]:
    """Under which names an offer's figures of a day are kept: a campaign's altogether, too, for lists
    that show many.
    """
    return [f"{DAY}{day}", TOTAL] if is_campaign(offer_id) else [f"{DAY}{day}"]


def change(before: Mapping[str, Figures], after: Mapping[str, Figures]) -> dict[str, Figures]:
    """What news adds to each offer. Those that it changes nothing of are left out; those that nobody
    knew of are not, so that figures of nothing are the same in whatever order it became known.
    """
    moved = {one: made - before.get(one, NOTHING) for one, made in after.items()}
    return {offer_id: one for offer_id, one in moved.items() if one or offer_id not in before}
